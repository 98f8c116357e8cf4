"""The mail of the story: a sender that keeps one SMTP connection, and an embedded server."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections import Counter
from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SMTPSession

from cormorant.demo.letters import Letter

TIMEOUT = 10.0  # seconds until a silent server counts as gone


class Post:
    """Sends letters over one SMTP connection and counts them; `open` it first."""

    _server: smtplib.SMTP

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self.told: Callable[[Letter, float], None] | None = None  # of each letter: seconds
        self.sent: Counter[str] = Counter()  # kind of letter -> letters
        self.failed: Counter[str] = Counter()  # kind of failure -> letters

    def open(self) -> None:
        """Connect; raises OSError when no mail server answers there."""
        # A new object each time: an old one would believe that it has greeted this server.
        self._server = smtplib.SMTP(timeout=TIMEOUT)
        self._server.connect(*self._place)

    def close(self) -> None:
        """Say goodbye to the server, if it is still there."""
        try:
            self._server.quit()
        except OSError:
            self._server.close()

    def send(self, letter: Letter) -> None:
        """Send one letter. What it tells is committed: a failure is counted, never raised."""
        started = perf_counter()
        try:
            self._deliver(letter)
        except OSError as error:
            self.failed[type(error).__name__] += 1
            return
        self.sent[letter.kind] += 1
        if self.told is not None:
            self.told(letter, perf_counter() - started)

    def _deliver(self, letter: Letter) -> None:
        """Hand a letter over; connect anew once if the server had hung up meanwhile."""
        message = letter.message()
        try:
            self._server.send_message(message)
        except smtplib.SMTPServerDisconnected:
            self.open()
            self._server.send_message(message)


class Mailroom:
    """An SMTP server in a thread of this process; it counts what arrives.

    Port 0 means a free one; `port` tells which, once the context is entered.
    """

    host = "127.0.0.1"

    def __init__(self, port: int = 0) -> None:
        self.received: Counter[str] = Counter()  # address -> letters
        self.port = port
        self._callers: WeakSet[SMTP] = WeakSet()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mailroom")

    def __enter__(self) -> Mailroom:
        """Start serving."""
        self._thread.start()
        opening = self._loop.create_server(self._answer, self.host, self.port)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(TIMEOUT)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving and wait for the thread."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(TIMEOUT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)
        self._loop.close()

    def _answer(self) -> SMTP:
        """Make the protocol of one connection."""
        caller = SMTP(self)
        self._callers.add(caller)
        return caller

    async def _close(self) -> None:
        """Close the listening socket and hang up on whoever is still connected."""
        self._server.close()
        for caller in self._callers:
            if caller.transport is not None:
                caller.transport.close()
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def handle_DATA(  # the name that aiosmtpd calls
        self, server: SMTP, session: SMTPSession, envelope: Envelope
    ) -> str:
        """Count a letter for each of its recipients."""
        self.received.update(envelope.rcpt_tos)
        return "250 OK"
