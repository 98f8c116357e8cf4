"""Tests of the flush."""
