"""The reasons why a line of input is refused, and how a database's refusal is read."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

CELLS = "wrong number of cells"
NO_NAME = "no name"
LONG_NAME = "name is too long"
BAD_EMAIL = "not an e-mail address"
SHORT_PASSWORD = "password is too short"
TITLE = "project title is empty or too long"
TAKEN = "e-mail is already taken"
TWICE = "project title is there twice"
TAG = "tag is empty or too long"
MANY_TAGS = "project has too many tags"
PLAN = "unknown plan"
NOT_PREMIUM = "not a premium user"
COMMENT = "comment is empty or too long"
NO_PROJECT = "there is no such project"
NO_COMMENT = "there is no such comment"
NOBODY = "nobody has this e-mail"
FIELD = "unknown field"
BATCH = "good, but its batch was bad"
OTHER = "refused by the database"

# SQLite names the columns of a broken constraint, the others name the constraint.
CONSTRAINTS = {
    "codecrafters_users.email": TAKEN,
    "uq_codecrafters_users_email": TAKEN,
    "codecrafters_projects.title": TWICE,
    "uq_codecrafters_projects_owner_id": TWICE,
}


class Refused(ValueError):
    """A line that a listener or the story does not accept; the text is one of the reasons."""


def reason_of(error: Refused | IntegrityError) -> str:
    """Say why a line was refused, without any value of it."""
    if isinstance(error, Refused):
        return str(error)
    told = str(error.orig)
    found = (reason for mark, reason in CONSTRAINTS.items() if mark in told)
    return next(found, OTHER)
