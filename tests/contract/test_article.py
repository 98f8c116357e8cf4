"""Every listing of the article runs with its import line changed and prints the same."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import URL

from .clock import ticking
from .databases import fresh_database, place_of, rows_seen
from .oracle import subject_name

LISTINGS = Path(__file__).parent / "article"
ORACLE = "sqlalchemy.orm"
ARTICLE_URL = "postgresql://user:password@localhost/codecrafters_db"
# The article prints the mixin's class without the columns that it says stay as they were.
ELIDED = """class User(Base, TimestampMixin):
    # ... (remove the explicit created_at/updated_at columns)
    ...
"""
USER_OF_MODELS = "class User(Base):"
STORIES = {
    "the gatekeeper": ["models", "hash_password", "create_user"],
    "the welcoming committee": ["models", "hash_password", "welcome", "create_user"],
    "the timekeeper": [
        "models",
        "hash_password",
        "welcome",
        "timekeeper",
        "create_user",
        "update_user",
    ],
    "the e-mail log": [
        "models",
        "hash_password",
        "welcome",
        "timekeeper",
        "create_user",
        "email_log",
        "update_user",
    ],
    "every timestamp in one listener": [
        "models with timestamps",
        "hash_password",
        "create_user",
        "update_user",
    ],
}


def listing(name: str) -> str:
    """Return the text of a listing; the mixin's one with the columns it leaves out."""
    if name != "models with timestamps":
        return (LISTINGS / f"{name}.py").read_text()
    head, body = listing("models").split(f"# Our main character: The User model\n{USER_OF_MODELS}")
    columns, functions = body.split("    created_at", 1)
    functions = functions[functions.index("    def __repr__") :]
    written = f"class User(Base, TimestampMixin):{columns}{functions}"
    mixin = listing("timestamps")
    assert ELIDED in mixin
    return head + mixin.replace(ELIDED, written)


def adapted(text: str, package: str, url: URL) -> str:
    """Return a listing with the import lines of `package`, our URL and no clock of its own."""
    text = text.replace("from sqlalchemy.orm import", f"from {package} import")
    if package != ORACLE:
        text = text.replace("from sqlalchemy import event", f"from {package} import event")
    text = text.replace(ARTICLE_URL, url.render_as_string(hide_password=False))
    return text.replace("import datetime\n", "")


@contextlib.contextmanager
def models_module() -> Iterator[dict[str, Any]]:
    """Yield the namespace of an importable module `models` in which the listings run."""
    module = ModuleType("models")
    vars(module)["datetime"] = ticking()
    sys.modules["models"] = module
    try:
        yield vars(module)
    finally:
        del sys.modules["models"]


def run(package: str, names: list[str], url: URL) -> tuple[str, dict[str, Any]]:
    """Run listings one after another; return what they print and the names they leave."""
    printed = io.StringIO()
    with models_module() as namespace, contextlib.redirect_stdout(printed):
        for name in names:
            if name == "create_user":
                namespace["Base"].metadata.create_all(namespace["engine"])
            code = compile(adapted(listing(name), package, url), f"{name}.py", "exec")
            exec(code, namespace)
        namespace["db"].close()
        namespace["engine"].dispose()
    return printed.getvalue(), namespace


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
@pytest.mark.parametrize("story", STORIES)
def test_a_story_prints_and_stores_the_same(
    story: str, database: str, request: pytest.FixtureRequest
) -> None:
    told = []
    for package in (ORACLE, subject_name()):
        with fresh_database(place_of(database, request)) as engine:
            printed, _ = run(package, STORIES[story], engine.url)
            told.append((printed, rows_seen(engine)))
    assert told[1] == told[0]


def test_the_first_story_prints_what_the_article_shows() -> None:
    with fresh_database(None) as engine:
        printed, _ = run(subject_name(), STORIES["the gatekeeper"], engine.url)
    assert printed.splitlines() == [
        "Creating a new user...",
        "EVENT: 'before_insert' on <User(id=None, username='ada_lovelace')>",
        "--> HASHING password for user...",
        "User created: <User(id=1, username='ada_lovelace')>",
        "Password in DB: hashed_supersecret123",
    ]


def refusal(package: str) -> Exception:
    """Declare the article's PremiumUser; return the error that it meets."""
    with fresh_database(None) as engine, models_module() as namespace:
        exec(adapted(listing("models"), package, engine.url), namespace)
        try:
            exec(listing("premium_user"), namespace)
            namespace["User"].__mapper__.registry.configure()
        except Exception as problem:
            return problem
        finally:
            namespace["engine"].dispose()
    raise AssertionError("a joined subclass without a foreign key was accepted")


def test_a_joined_subclass_without_a_foreign_key_is_refused_with_both_tables_and_the_cure() -> (
    None
):
    oracle, subject = refusal(ORACLE), refusal(subject_name())
    names = {base.__name__ for base in type(subject).__mro__}
    assert type(oracle).__name__ in names
    for word in ("'users'", "'premium_users'", "foreign key"):
        assert word in str(subject)


def test_the_listing_on_propagate_is_no_python() -> None:
    with pytest.raises(SyntaxError):
        compile((LISTINGS / "propagate.txt").read_text(), "propagate.py", "exec")


def test_every_listing_has_its_test() -> None:
    told = {name for names in STORIES.values() for name in names}
    stored = {path.stem for path in LISTINGS.glob("*.py")}
    assert stored == (told | {"timestamps", "premium_user"}) - {"models with timestamps"}
