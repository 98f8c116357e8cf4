"""Tests of the package as a whole: its names, imports, files and build."""
