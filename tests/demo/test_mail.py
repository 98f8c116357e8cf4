"""The sender and the embedded server, over real sockets."""

from __future__ import annotations

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SMTPSession

from cormorant.demo import letters
from cormorant.demo.letters import GOODBYE, PREMIUM, WELCOME, Letter
from cormorant.demo.mail import Mailroom, Post


class FullMailroom(Mailroom):
    """A server that takes no letter."""

    async def handle_DATA(  # the name that aiosmtpd calls
        self, server: SMTP, session: SMTPSession, envelope: Envelope
    ) -> str:
        return "452 mailbox full"


def test_a_letter_is_addressed_and_links_the_page() -> None:
    message = letters.welcome("zoe@example.com", "Zoë", "zoe").message()
    assert (message["To"], message["Subject"]) == (
        "zoe@example.com",
        "Welcome to CodeCrafters, Zoë!",
    )
    assert "https://codecrafters.example/zoe" in message.get_content()


def test_who_pays_is_thanked_for_the_plan() -> None:
    letter = letters.premium_welcome("zoe@example.com", "Zoë", "zoe", "yearly")
    assert (letter.kind, letter.subject) == (PREMIUM, "Welcome to CodeCrafters Premium, Zoë!")
    assert "https://codecrafters.example/zoe" in letter.text
    assert "Thank you for paying yearly" in letter.text


def test_who_leaves_is_told_what_was_deleted() -> None:
    letter = letters.goodbye("zoe@example.com", "Zoë")
    assert (letter.kind, letter.address, letter.subject) == (
        GOODBYE,
        "zoe@example.com",
        "Goodbye, Zoë",
    )
    assert "your projects, your comments and the answers to them" in letter.text


def letter_to(address: str) -> Letter:
    """Write a welcome to this address."""
    return letters.welcome(address, "Zoë 山田", "zoë-山田")


def test_letters_arrive_and_are_told() -> None:
    told: list[str] = []
    with Mailroom() as mailroom:
        post = Post(mailroom.host, mailroom.port)
        post.told = lambda letter, seconds: told.append(letter.address)
        post.open()
        for address in ("ada@example.com", "zoe@example.com", "ada@example.com"):
            post.send(letter_to(address))
        post.close()
    assert dict(mailroom.received) == {"ada@example.com": 2, "zoe@example.com": 1}
    assert (dict(post.sent), told) == (
        {WELCOME: 3},
        ["ada@example.com", "zoe@example.com", "ada@example.com"],
    )


def test_a_server_that_came_back_is_connected_to_again() -> None:
    with Mailroom() as first:
        post = Post(first.host, first.port)
        post.open()
        post.send(letter_to("ada@example.com"))
    with Mailroom(first.port) as second:
        post.send(letter_to("eve@example.com"))
        post.close()
    assert (dict(first.received), dict(second.received)) == (
        {"ada@example.com": 1},
        {"eve@example.com": 1},
    )
    assert (dict(post.sent), dict(post.failed)) == ({WELCOME: 2}, {})


def test_a_refused_letter_is_counted_and_not_raised() -> None:
    with FullMailroom() as mailroom:
        post = Post(mailroom.host, mailroom.port)
        post.open()
        post.send(letter_to("ada@example.com"))
        post.close()
    assert (post.sent.total(), dict(post.failed)) == (0, {"SMTPDataError": 1})


def test_a_server_that_is_gone_is_counted_and_not_raised() -> None:
    with Mailroom() as mailroom:
        post = Post(mailroom.host, mailroom.port)
        post.open()
    post.send(letter_to("ada@example.com"))
    post.close()
    assert (post.sent.total(), dict(post.failed)) == (0, {"ConnectionRefusedError": 1})


def test_opening_without_a_server_raises() -> None:
    with Mailroom() as mailroom:
        port = mailroom.port
    with pytest.raises(OSError, match="refused"):
        Post(mailroom.host, port).open()
