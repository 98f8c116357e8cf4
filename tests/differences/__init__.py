"""Tests of the wanted differences: each runs both mappers and asserts what either does."""
