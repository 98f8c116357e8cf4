"""What a second day with the package brought to light, under both ORMs where both can do it."""
