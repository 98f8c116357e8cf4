"""Tests of the CodeCrafters story."""
