"""Tests of what stays in memory."""
