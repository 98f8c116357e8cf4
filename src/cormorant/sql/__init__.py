"""Expressions, statements, plans, and the one place that touches a DBAPI cursor."""
