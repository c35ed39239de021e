"""What may fail while the engine writes. Each module is a subject; its drills are functions that take a `Bench`."""

import importlib

SUBJECTS = ("catalog_file", "conflicts", "connections", "data_files", "interrupts", "objects", "statements")


def load():
    """All drills: (subject, function), in order."""
    return [
        (subject, drill)
        for subject in SUBJECTS
        for drill in vars(importlib.import_module(f"drills.{subject}")).values()
        if hasattr(drill, "backends")
    ]
