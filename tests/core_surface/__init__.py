"""Tests of the private names of Core that the package relies on."""
