"""The lakes, by subject. Importing a module registers its cases."""

from . import catalog, deletes, evolution, files, inlined, maintenance, partitions, types, vectors  # noqa: F401
