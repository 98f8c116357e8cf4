"""The sender and the embedded server, over real sockets."""

from __future__ import annotations

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SMTPSession

from cormorant.demo.mail import Mailroom, Post, welcome_letter


class FullMailroom(Mailroom):
    """A server that takes no letter."""

    async def handle_DATA(  # the name that aiosmtpd calls
        self, server: SMTP, session: SMTPSession, envelope: Envelope
    ) -> str:
        return "452 mailbox full"


def test_a_letter_is_addressed_and_links_the_page() -> None:
    letter = welcome_letter("zoe@example.com", "Zoë", "zoe")
    assert (letter["To"], letter["Subject"]) == (
        "zoe@example.com",
        "Welcome to CodeCrafters, Zoë!",
    )
    assert "https://codecrafters.example/zoe" in letter.get_content()


def test_letters_arrive_and_are_told() -> None:
    told: list[str] = []
    with Mailroom() as mailroom:
        post = Post(mailroom.host, mailroom.port)
        post.told = lambda address, seconds: told.append(address)
        post.open()
        for address in ("ada@example.com", "zoe@example.com", "ada@example.com"):
            post.welcome(address, "Zoë 山田", "zoë-山田")
        post.close()
    assert dict(mailroom.received) == {"ada@example.com": 2, "zoe@example.com": 1}
    assert (post.sent, told) == (3, ["ada@example.com", "zoe@example.com", "ada@example.com"])


def test_a_server_that_came_back_is_connected_to_again() -> None:
    with Mailroom() as first:
        post = Post(first.host, first.port)
        post.open()
        post.welcome("ada@example.com", "Ada", "ada")
    with Mailroom(first.port) as second:
        post.welcome("eve@example.com", "Eve", "eve")
        post.close()
    assert (dict(first.received), dict(second.received)) == (
        {"ada@example.com": 1},
        {"eve@example.com": 1},
    )
    assert (post.sent, dict(post.failed)) == (2, {})


def test_a_refused_letter_is_counted_and_not_raised() -> None:
    with FullMailroom() as mailroom:
        post = Post(mailroom.host, mailroom.port)
        post.open()
        post.welcome("ada@example.com", "Ada", "ada")
        post.close()
    assert (post.sent, dict(post.failed)) == (0, {"SMTPDataError": 1})


def test_a_server_that_is_gone_is_counted_and_not_raised() -> None:
    with Mailroom() as mailroom:
        post = Post(mailroom.host, mailroom.port)
        post.open()
    post.welcome("ada@example.com", "Ada", "ada")
    post.close()
    assert (post.sent, dict(post.failed)) == (0, {"ConnectionRefusedError": 1})


def test_opening_without_a_server_raises() -> None:
    with Mailroom() as mailroom:
        port = mailroom.port
    with pytest.raises(OSError, match="refused"):
        Post(mailroom.host, port).open()
