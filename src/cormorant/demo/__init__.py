"""The CodeCrafters story: sign-ups become users, and listeners do all the work."""
