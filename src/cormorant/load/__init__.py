"""Rows to objects: loading, refreshing, following relationships."""
