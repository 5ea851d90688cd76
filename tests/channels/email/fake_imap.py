"""A scripted IMAP server with TLS on loopback: one account, one folder."""

from __future__ import annotations

import asyncio
import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "imap.test"


class FakeImap:
    """`mails` by number; `commands` as they came."""

    def __init__(self, folder: Path) -> None:
        self.mails: dict[int, bytes] = {}
        self.validity = 7
        self.password = "secret"
        self.commands: list[str] = []
        self.says_size: int | None = None
        self.port = 0
        self._folder = folder
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> FakeImap:
        self.certificate = self._folder / "imap.pem"
        self.certificate.write_bytes(_certificate())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str | bytes) -> None:
            writer.write((text.encode() if isinstance(text, str) else text) + b"\r\n")

        say("* OK ready")
        try:
            while line := (await reader.readline()).decode().strip():
                tag, _, command = line.partition(" ")
                self.commands.append(command)
                self._answer(tag, command, say)
                if command.startswith("LOGOUT"):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        writer.close()

    def _answer(self, tag: str, command: str, say: object) -> None:
        assert callable(say)
        verb = command.upper()
        if verb.startswith("CAPABILITY"):
            say("* CAPABILITY IMAP4rev1")
        elif verb.startswith("LOGIN"):
            if f'"{self.password}"' not in command:
                say(f"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials")
                return
        elif verb.startswith("EXAMINE"):
            say(f"* {len(self.mails)} EXISTS")
            say(f"* OK [UIDVALIDITY {self.validity}] valid")
            say(f"* OK [UIDNEXT {max(self.mails, default=0) + 1}] next")
        elif verb.startswith("UID SEARCH"):
            first = int(re.findall(r"(\d+):\*", command)[0])
            last = max(self.mails, default=0)
            found = {n for n in self.mails if n >= first} | ({last} if last else set())
            say(f"* SEARCH {' '.join(map(str, sorted(found)))}".rstrip())
        elif verb.startswith("UID FETCH"):
            number = int(command.split()[2])
            raw = self.mails.get(number)
            if raw is not None and "SIZE" in verb:
                say(f"* 1 FETCH (UID {number} RFC822.SIZE {len(raw)})")
            elif raw is not None:
                size = self.says_size or len(raw)
                say(f"* 1 FETCH (UID {number} BODY[] {{{size}}}\r\n".encode() + raw + b")")
        elif verb.startswith("LOGOUT"):
            say("* BYE")
        say(f"{tag} OK done")


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + made.public_bytes(serialization.Encoding.PEM)
