"""The mail catcher: a real SMTP server for development that delivers to nobody.

Letters go into the table `caught_letters`, many in one statement; "250" is answered after the
commit, so what the sender believes is true even when the process is killed. It listens on loopback
only and is on while no relay is set.

A recipient can ask for a refusal by its local part, for tests and demonstrations:
`bounce-5xx` (550 5.1.1), `bounce-4xx` (451 4.3.0), `mailbox-full` (552 5.2.2), `spam-reject`
(554 5.7.1), `drop-connection` (the letter is swallowed and the line cut: in doubt). The word may
stand alone or at the end after a dot, plus or dash: ivan.bounce-5xx@shop.example.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, cast

import sqlalchemy as sa
import zstandard
from aiosmtpd.smtp import SMTP, Envelope, Session

from otklik.channels.email.reading import Summary, summarise
from otklik.channels.email.returns.verp import workspace_of
from otklik.channels.email.smtp.lean_server import LeanServer
from otklik.channels.email.tables import caught_letters
from otklik.runtime.public import Database, Tx, log

LETTER_BYTES_MAX: Final = 20 * 1024 * 1024
KEPT_LETTERS: Final = 20_000
"""The newest letters of all workspaces that stay; older ones are deleted."""
_BATCH_MAX: Final = 500
_TRIM_EVERY: Final = 1_000
_REFUSALS: Final = {
    "bounce-5xx": "550 5.1.1 The mailbox does not exist",
    "bounce-4xx": "451 4.3.0 Try again later",
    "mailbox-full": "552 5.2.2 The mailbox is full",
    "spam-reject": "554 5.7.1 The letter looks like spam",
}
_WISH: Final = re.compile(
    r"(?:^|[.+_-])(" + "|".join((*_REFUSALS, "drop-connection")) + r")(?=$|[.+_])", re.IGNORECASE
)
_PLAIN_RETURN_PATH: Final = re.compile(r"bounces-(\d{1,9})@")


class _Caught:
    """A letter on its way into the table."""

    __slots__ = ("done", "envelope_from", "envelope_to", "packed", "size", "summary")

    def __init__(self, envelope_from: str, envelope_to: str, source: bytes, packed: bytes) -> None:
        self.envelope_from = envelope_from
        self.envelope_to = envelope_to
        self.size = len(source)
        self.summary: Summary = summarise(source)
        self.packed = packed
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Catcher:
    """A running catcher. `url` is what to give to `open_pool`; end it with `await stop()`."""

    def __init__(self, db: Database, clock: Callable[[], datetime], kept: int) -> None:
        self._db = db
        self._clock = clock
        self._kept = kept
        self._waiting: list[_Caught] = []
        self._wake = asyncio.Event()
        self._since_trim = 0
        self._server: asyncio.Server | None = None
        self._writer: asyncio.Task[None] | None = None
        self._packer = zstandard.ZstdCompressor(level=1)
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=off"

    async def start(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        handler = _Handler(self)
        self._server = await loop.create_server(
            lambda: LeanServer(
                handler,
                loop=loop,
                bytes_max=LETTER_BYTES_MAX,
                hostname="catcher.otklik.local",
                ident="Otklik mail catcher",
            ),
            host,
            port,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._writer = asyncio.create_task(self._write(), name="mail catcher")

    async def stop(self) -> None:
        """Stop listening, store what was taken, and end."""
        if self._server is not None:
            self._server.close()
        while self._waiting:
            await asyncio.sleep(0)
            self._wake.set()
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer

    async def take(self, envelope_from: str, envelope_to: str, source: bytes) -> None:
        """Store one letter; returns when it is committed."""
        letter = _Caught(envelope_from, envelope_to, source, self._packer.compress(source))
        self._waiting.append(letter)
        self._wake.set()
        await letter.done

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = self._waiting[:_BATCH_MAX]
                try:
                    async with self._db.begin() as tx:
                        await _insert(tx, batch, self._clock())
                        await self._trim(tx, len(batch))
                except Exception as error:
                    # The sender is told "not now" and keeps the letter.
                    log.error("caught letters were not stored", error=repr(error))
                    for letter in batch:
                        letter.done.set_exception(_NotStored())
                else:
                    for letter in batch:
                        if not letter.done.done():
                            letter.done.set_result(None)
                del self._waiting[: len(batch)]

    async def _trim(self, tx: Tx, count: int) -> None:
        self._since_trim += count
        if self._since_trim < min(_TRIM_EVERY, self._kept):
            return
        self._since_trim = 0
        oldest = (
            sa.select(caught_letters.c.id)
            .order_by(caught_letters.c.id.desc())
            .offset(self._kept)
            .limit(1)
            .scalar_subquery()
        )
        await tx.execute(caught_letters.delete().where(caught_letters.c.id <= oldest))


class _NotStored(Exception):
    pass


async def start_catcher(
    db: Database,
    *,
    clock: Callable[[], datetime],
    host: str = "127.0.0.1",
    port: int = 0,
    kept: int = KEPT_LETTERS,
) -> Catcher:
    """Start the mail catcher; port 0 takes a free one, see `catcher.port` and `catcher.url`.

    Raises: ValueError for an address other than loopback: the catcher must not be reachable from
    outside. OSError when the port is taken.
    """
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError("the mail catcher listens on loopback only")
    catcher = Catcher(db, clock, kept)
    await catcher.start(host, port)
    return catcher


# A batch in one statement: arrays in, rows out. Fixed text, so that nothing is built per batch.
_INSERT: Final = sa.text(
    """
    INSERT INTO caught_letters (
        workspace_id, caught_at, envelope_from, envelope_to, from_shown, to_shown, subject,
        size_bytes, source_zstd
    )
    SELECT batch.workspace_id, :now, batch.envelope_from, batch.envelope_to, batch.from_shown,
           batch.to_shown, batch.subject, batch.size_bytes, batch.source_zstd
    FROM unnest(
        CAST(:workspace_id AS integer[]), CAST(:envelope_from AS text[]),
        CAST(:envelope_to AS text[]), CAST(:from_shown AS text[]), CAST(:to_shown AS text[]),
        CAST(:subject AS text[]), CAST(:size_bytes AS integer[]), CAST(:source_zstd AS bytea[])
    ) AS batch (
        workspace_id, envelope_from, envelope_to, from_shown, to_shown, subject, size_bytes,
        source_zstd
    )
    """
)


async def _insert(tx: Tx, batch: list[_Caught], now: datetime) -> None:
    await tx.execute(
        _INSERT,
        {
            "now": now,
            "workspace_id": [_workspace_of(letter.envelope_from) for letter in batch],
            "envelope_from": [letter.envelope_from for letter in batch],
            "envelope_to": [letter.envelope_to.lower() for letter in batch],
            "from_shown": [letter.summary.from_ for letter in batch],
            "to_shown": [letter.summary.to for letter in batch],
            "subject": [letter.summary.subject for letter in batch],
            "size_bytes": [letter.size for letter in batch],
            "source_zstd": [letter.packed for letter in batch],
        },
    )


def _workspace_of(envelope_from: str) -> int:
    match = _PLAIN_RETURN_PATH.match(envelope_from)
    return int(match.group(1)) if match else workspace_of(envelope_from)


class _Handler:
    """The decisions of the server; aiosmtpd calls these by name."""

    def __init__(self, catcher: Catcher) -> None:
        self.catcher = catcher

    async def handle_EHLO(  # noqa: N802 -- the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [lines[0], "250-PIPELINING", *lines[1:]]

    async def handle_RCPT(  # noqa: N802 -- the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        wish = _WISH.search(address.partition("@")[0])
        refusal = _REFUSALS.get(wish.group(1).lower()) if wish else None
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 -- the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        source = content if isinstance(content, bytes) else (content or "").encode()
        recipients = envelope.rcpt_tos
        for address in recipients:
            wish = _WISH.search(address.partition("@")[0])
            if wish and wish.group(1).lower() == "drop-connection":
                if server.transport is not None:
                    # aiosmtpd names the general class; what it holds is a socket.
                    cast("asyncio.Transport", server.transport).abort()
                return "421 4.3.2 Closing"
        try:
            await asyncio.gather(
                *(self.catcher.take(envelope.mail_from or "", to, source) for to in recipients)
            )
        except _NotStored:
            return "451 4.3.0 The letter could not be stored"
        return "250 2.0.0 Caught"
