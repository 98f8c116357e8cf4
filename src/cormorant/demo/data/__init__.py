"""The sign-ups and edits that the story reads, and the script that made them."""
