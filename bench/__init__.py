"""Speed of cormorant beside the bare driver and `sqlalchemy.orm`: `python -m bench`."""
