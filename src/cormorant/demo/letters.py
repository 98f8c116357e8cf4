"""The letters of CodeCrafters: to a new user, to one who pays, to one who leaves."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

SENDER = "welcome@codecrafters.example"

WELCOME = "welcome"
PREMIUM = "premium welcome"
GOODBYE = "goodbye"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent; it holds values, no mapped object, so it outlives any transaction."""

    kind: str
    address: str
    subject: str
    text: str

    def message(self) -> EmailMessage:
        """Return the letter as a mail server takes it."""
        message = EmailMessage()
        message["From"] = f"CodeCrafters <{SENDER}>"
        message["To"] = self.address
        message["Subject"] = self.subject
        message.set_content(self.text)
        return message


def welcome(address: str, name: str, slug: str) -> Letter:
    """Write the letter that a new user gets."""
    page = f"your page is https://codecrafters.example/{slug}"
    text = f"Hello {name},\n\n{page}\n\nHappy hacking!\n"
    return Letter(WELCOME, address, f"Welcome to CodeCrafters, {name}!", text)


def premium_welcome(address: str, name: str, slug: str, plan: str) -> Letter:
    """Write the letter that a new premium user gets instead."""
    page = f"your page is https://codecrafters.example/{slug}"
    text = (
        f"Hello {name},\n\n{page}\n\n"
        f"Thank you for paying {plan}: your projects have a shelf of their own.\n"
    )
    return Letter(PREMIUM, address, f"Welcome to CodeCrafters Premium, {name}!", text)


def goodbye(address: str, name: str) -> Letter:
    """Write the last letter, which says what was deleted."""
    text = (
        f"Goodbye {name},\n\n"
        "your account is deleted, with your projects, your comments and the answers to them.\n"
    )
    return Letter(GOODBYE, address, f"Goodbye, {name}", text)
