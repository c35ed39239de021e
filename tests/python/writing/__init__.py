"""Statements that change lakes, by subject."""

from . import alter, deletes, inserts, merges, objects, partitions, transactions, types, updates  # noqa: F401
