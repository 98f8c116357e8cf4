"""Tests of expressions, statements, plans and the wire."""
