"""Golden texts of errors."""
