"""Look at an application from the terminal: which listeners it has."""
