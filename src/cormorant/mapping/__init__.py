"""Declare classes and their tables: declarations become mappers."""
