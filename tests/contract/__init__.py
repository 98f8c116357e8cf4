"""Scenarios that run under `sqlalchemy.orm` and under cormorant and must come out the same."""
