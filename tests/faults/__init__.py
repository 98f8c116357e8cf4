"""Tests of faults: the driver and the listeners fail at every step."""
