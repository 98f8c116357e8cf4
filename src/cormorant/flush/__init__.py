"""Objects to rows: what changed, in which order it is written, and the writing."""
