"""The tests of cormorant; run against an installed wheel, compiled or pure."""
