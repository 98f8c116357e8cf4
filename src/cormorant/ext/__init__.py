"""Extensions under the names that they have in `sqlalchemy.ext`."""
