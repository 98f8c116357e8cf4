"""Reading CSV files, the good, the odd and the unreadable; and the shipped ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cormorant.demo import refused, sheets
from cormorant.demo.data import generate
from cormorant.demo.refused import Refused
from cormorant.demo.trouble import CannotRun

Writer = Callable[[str, str], Path]


def test_columns_are_found_by_name_in_any_order_and_case(write: Writer) -> None:
    file = write("edits.csv", "\ufeffValue, FIELD ,note,email\nx,name,hm,a@example.com\n")
    (line,) = sheets.read(file, sheets.EDIT_COLUMNS)
    assert (line.number, line.values()) == (2, ("a@example.com", "name", "x"))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("email,plan\na,b\n", ("a", "b")),
        ("plan,email\nb,a\n", ("a", "b")),
        ("email\na\n", ("a", "")),
    ],
)
def test_an_optional_column_may_be_missing(
    write: Writer, text: str, values: tuple[str, ...]
) -> None:
    (line,) = sheets.read(write("signups.csv", text), ["email"], optional=["plan"])
    assert (line.values(), line.key(1)) == (values, values[1])


def test_an_optional_column_there_twice_is_refused(write: Writer) -> None:
    with pytest.raises(CannotRun, match=r"wrong or missing: plan\."):
        sheets.read(write("signups.csv", "email,plan,plan\n"), ["email"], optional=["plan"])


def test_numbers_are_those_of_the_file_with_empty_and_broken_lines(write: Writer) -> None:
    file = write("edits.csv", 'email,field,value\n\na,b,c\n"x\ny",b,c\nz,b,c\n')
    assert [line.number for line in sheets.read(file, sheets.EDIT_COLUMNS)] == [3, 5, 6]


@pytest.mark.parametrize("text", ["a,b", "a,b,c,d"])
def test_a_line_of_another_width_is_refused_by_itself(write: Writer, text: str) -> None:
    (line,) = sheets.read(write("edits.csv", f"email,field,value\n{text}\n"), sheets.EDIT_COLUMNS)
    assert line.key(0) == ""
    with pytest.raises(Refused, match=refused.CELLS):
        line.values()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "wrong or missing: email, field, value."),
        ("email,value\n", "wrong or missing: field."),
        ("email,field,value,email\n", "wrong or missing: email."),
        ('email,field,value\n"a,b,c\n', "as CSV: unexpected end of data."),
    ],
)
def test_a_file_that_is_not_the_wanted_one_is_one_clear_line(
    write: Writer, text: str, told: str
) -> None:
    with pytest.raises(CannotRun) as caught:
        sheets.read(write("edits.csv", text), sheets.EDIT_COLUMNS)
    assert str(caught.value).endswith(told)
    assert "edits.csv" in str(caught.value)


def test_bytes_that_are_not_utf_8_are_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes("email,field,value\nzoë,name,x\n".encode("latin-1"))
    with pytest.raises(CannotRun, match="it is not UTF-8 text"):
        sheets.read(file, sheets.EDIT_COLUMNS)


def test_a_file_that_is_none_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"Cannot read '.*none\.csv': No such file"):
        sheets.read(tmp_path / "none.csv", sheets.EDIT_COLUMNS)


def test_the_shipped_files_are_what_their_script_makes() -> None:
    signups, edits = generate.lines()
    assert sheets.shipped("signups.csv").read_text(encoding="utf-8") == generate.as_csv(
        generate.SIGNUP_COLUMNS, signups
    )
    assert sheets.shipped("edits.csv").read_text(encoding="utf-8") == generate.as_csv(
        generate.EDIT_COLUMNS, edits
    )


def test_the_script_writes_both_files(tmp_path: Path) -> None:
    generate.write(tmp_path)
    assert {
        file.name: file.read_bytes() == sheets.shipped(file.name).read_bytes()
        for file in tmp_path.iterdir()
    } == {"signups.csv": True, "edits.csv": True}


def test_every_address_of_the_shipped_files_is_in_a_reserved_domain() -> None:
    signups = sheets.read(sheets.shipped("signups.csv"), sheets.SIGNUP_COLUMNS)
    valid = {line.key(1).rpartition("@")[2] for line in signups if "." in line.key(1)}
    assert len(signups) == 2_000
    reserved = ("example.com", "example.org", "example.net")
    assert [domain for domain in valid if not domain.endswith(reserved)] == []
