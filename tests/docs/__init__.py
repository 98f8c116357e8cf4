"""Tests of the manual: its examples run, and what it refers to is there."""
