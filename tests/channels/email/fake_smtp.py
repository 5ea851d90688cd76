"""A mail server that does what a script tells it, on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Answer = str | None
DROP = "drop"
"""Close the connection instead of answering."""
HANG = "hang"
"""Never answer."""


class FakeServer:
    """`script` maps a command ("connect", "EHLO", "MAIL", "RCPT", "DATA", "body", …) to an answer.

    A list is used up one answer at a time, then the default holds. `drop_in_body` closes the
    connection after so many bytes of a letter. `eager` answers 354 to DATA in any case. `patient`
    answers so many letters only after the next command has come; `deaf` loses what comes behind a
    letter. `connections_max`: one more is refused. `answers_in_s`: so long it takes over a letter.
    """

    def __init__(
        self,
        script: dict[str, Any] | None = None,
        *,
        pipelining: bool = True,
        extensions: tuple[str, ...] = (),
        per_connection: int | None = None,
        drop_in_body: int | None = None,
        eager: bool = False,
        patient: int = 0,
        deaf: bool = False,
        connections_max: int | None = None,
        answers_in_s: float = 0.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.tls = tls
        self.eager = eager
        self.patient = patient
        self.deaf = deaf
        self.connections_max = connections_max
        self.answers_in_s = answers_in_s
        self.refused = 0
        self.served = 0
        self.script = script or {}
        self.extensions = (*extensions, *(("PIPELINING",) if pipelining else ()))
        self.per_connection = per_connection
        self.drop_in_body = drop_in_body
        self.letters: list[tuple[str, str, bytes]] = []
        self.commands: list[str] = []
        self.connections = 0
        self.open = 0
        self.open_max = 0
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def answer(self, what: str, default: str) -> str:
        given = self.script.get(what, default)
        if isinstance(given, list):
            given = given.pop(0) if given else default
        return str(given)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.open_max = max(self.open_max, self.open)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        has_room = self.connections_max is None or self.served < self.connections_max
        try:
            if has_room:
                self.served += 1
                await self._talk(reader, writer)
            else:
                self.refused += 1
                await self._say(writer, "421 4.7.0 Error: too many connections from 192.0.2.1")
        except (ConnectionError, asyncio.IncompleteReadError, _Dropped):
            pass
        finally:
            self.open -= 1
            self.served -= has_room
            self._tasks.discard(task)
            writer.transport.abort()

    async def _say(self, writer: asyncio.StreamWriter, text: str) -> None:
        if text == DROP:
            raise _Dropped
        if text == HANG:
            await asyncio.sleep(3600)
        writer.write(text.encode() + b"\r\n")
        await writer.drain()
        if text.startswith("421"):
            raise _Dropped

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, self.answer("connect", "220 fake"))
        sender, recipient, taken, refused = "", "", 0, False
        kept: list[bytes] = []
        while line := kept.pop() if kept else await reader.readline():
            command = line.decode().strip()
            verb = command.split(" ", 1)[0].split(":", 1)[0].upper()
            self.commands.append(command)
            if verb == "EHLO":
                lines = ["fake", *self.extensions]
                greeting = "\r\n".join(
                    f"250{'-' if i < len(lines) - 1 else ' '}{text}" for i, text in enumerate(lines)
                )
                await self._say(writer, self.answer("EHLO", greeting))
            elif verb == "MAIL":
                if self.per_connection is not None and taken >= self.per_connection:
                    await self._say(writer, "421 4.7.0 Too many letters on this connection")
                sender = command.split("<")[1].split(">")[0]
                answer = self.answer("MAIL", "250 2.1.0 OK")
                refused = not answer.startswith("250")
                await self._say(writer, answer)
            elif verb == "RCPT":
                recipient = command.split("<")[1].split(">")[0]
                answer = self.answer("RCPT", "250 2.1.5 OK")
                refused = refused or not answer.startswith("250")
                await self._say(writer, answer)
            elif verb == "DATA":
                nobody = "554 5.5.1 No valid recipients"
                ready = "354 Go on" if self.eager or not refused else nobody
                answer = self.answer("DATA", ready)
                await self._say(writer, answer)
                if answer.startswith("354"):
                    data = await self._body(reader)
                    if refused:
                        assert data == b""
                        await self._say(writer, nobody)
                        continue
                    # A letter counts as taken before the answer, as with a real server.
                    if self.patient:
                        self.patient -= 1
                        kept.append(await reader.readline())
                    while self.deaf and (await _soon(reader)):
                        pass
                    if self.answers_in_s:
                        await asyncio.sleep(self.answers_in_s)
                    answer = self.answer("body", "250 2.0.0 Queued")
                    if answer.startswith("250") or answer in (DROP, HANG):
                        self.letters.append((sender, recipient, data))
                        taken += 1
                    await self._say(writer, answer)
            elif verb == "STARTTLS":
                await self._say(writer, "220 2.0.0 Go ahead")
                assert self.tls is not None
                await writer.start_tls(self.tls)
                self.extensions = tuple(e for e in self.extensions if e != "STARTTLS")
            elif verb == "QUIT":
                await self._say(writer, "221 2.0.0 Bye")
                return
            else:
                await self._say(writer, self.answer(verb, "250 2.0.0 OK"))

    async def _body(self, reader: asyncio.StreamReader) -> bytes:
        data = b""
        if self.drop_in_body is not None:
            await reader.readexactly(self.drop_in_body)
            raise _Dropped
        while not data.endswith(b"\r\n.\r\n") and data != b".\r\n":
            line = await reader.readline()
            if not line:
                raise _Dropped
            data += line
        return data[:-3].replace(b"\r\n..", b"\r\n.")


async def _soon(reader: asyncio.StreamReader) -> bytes:
    """Return a line that has come already, or nothing."""
    try:
        async with asyncio.timeout(0.02):
            return await reader.readline()
    except TimeoutError:
        return b""


class _Dropped(Exception):
    pass


def own_certificate(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate for localhost that nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@asynccontextmanager
async def fake_server(
    *args: Any, implicit_tls: bool = False, **kwargs: Any
) -> AsyncIterator[FakeServer]:
    fake = FakeServer(*args, **kwargs)
    server = await asyncio.start_server(
        fake.serve, "127.0.0.1", 0, limit=2**20, ssl=fake.tls if implicit_tls else None
    )
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for task in list(fake._tasks):
            task.cancel()
        await asyncio.gather(*fake._tasks, return_exceptions=True)


Script = Callable[[], FakeServer]
