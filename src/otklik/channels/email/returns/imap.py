"""Reading new mails of a mailbox over IMAP (RFC 9051), by their unique numbers.

The library's client blocks, so it works in a thread. The connection is made to an address that was
checked, always by TLS, and no answer is read that is longer than a mail may be.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import socket
import ssl
from typing import Any, Final

import certifi
import msgspec

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text

MAILS_AT_ONCE: Final = 50
FIRST_MAILS: Final = 200
"""So many of the newest mails are read when a mailbox is looked into for the first time."""
_TIMEOUT_S: Final = 30.0
_NUMBER: Final = re.compile(rb"\d{1,20}")
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d{1,12})")


class MailboxAccess(msgspec.Struct, frozen=True):
    """How to get in. `address` is the checked one, `host` the name on the certificate."""

    host: str
    address: str
    port: int
    username: str
    password: str
    folder: str

    def __repr__(self) -> str:
        return f"MailboxAccess(host={self.host!r})"


class NewMail(msgspec.Struct, frozen=True):
    """A mail and its number; `raw` is None for one that is bigger than a mail may be."""

    uid: int
    raw: bytes | None


class NewMails(msgspec.Struct, frozen=True):
    """What is new in a folder, the oldest first. `more`: there is more than was read."""

    uid_validity: int
    mails: list[NewMail]
    more: bool
    last_uid: int
    """The number up to which nothing is left, when all `mails` are taken."""


class MailboxTrouble(OtklikError):
    """A mailbox could not be read."""

    code = "mailbox_trouble"
    status = 502
    message = Text(en="The mail server said: {said}", ru="Почтовый сервер ответил: {said}")


class MailboxRefused(MailboxTrouble):
    code = "mailbox_refused"
    message = Text(
        en="Nothing answers at {host}, port {port}. Check the name of the server and the port:"
        " IMAP with TLS is usually at 993.",
        ru="По адресу {host}, порт {port}, никто не отвечает. Проверьте имя сервера и порт:"
        " у IMAP с TLS это обычно 993.",
    )


class MailboxSilent(MailboxTrouble):
    code = "mailbox_silent"
    message = Text(
        en="{host}, port {port}, did not answer within {seconds} seconds. A firewall may be in the"
        " way; it is tried again by itself.",
        ru="{host}, порт {port}, не ответил за {seconds} секунд. Возможно, мешает межсетевой"
        " экран; попытка повторится сама.",
    )


class MailboxBrokeOff(MailboxTrouble):
    code = "mailbox_broke_off"
    message = Text(
        en="{host} broke the connection off. It is tried again by itself.",
        ru="{host} разорвал соединение. Попытка повторится сама.",
    )


class MailboxCertificate(MailboxTrouble):
    code = "mailbox_certificate"
    message = Text(
        en="The certificate of {host} can't be trusted ({said}). See that the name is the one in"
        " the certificate and that it has not expired.",
        ru="Сертификату {host} нельзя доверять ({said}). Проверьте, что имя стоит"
        " в сертификате и что его срок не истёк.",
    )


class MailboxNoTls(MailboxTrouble):
    code = "mailbox_no_tls"
    message = Text(
        en="{host}, port {port}, does not speak TLS from the first byte ({said}). IMAP with TLS is"
        " usually at port 993.",
        ru="{host}, порт {port}, не говорит по TLS с первого байта ({said}). IMAP с TLS обычно"
        " на порту 993.",
    )


async def new_mails(
    access: MailboxAccess,
    *,
    uid_validity: int | None,
    last_uid: int | None,
    bytes_max: int,
    context: ssl.SSLContext | None = None,
) -> NewMails:
    """Return up to `MAILS_AT_ONCE` mails that came after `last_uid`; changes nothing there.

    Raises: MailboxTrouble.
    """
    return await asyncio.to_thread(_read, access, uid_validity, last_uid, bytes_max, context)


class _Client(imaplib.IMAP4):
    """The library's client on a connection of ours."""

    def __init__(self, access: MailboxAccess, bytes_max: int, context: ssl.SSLContext) -> None:
        self._access, self._bytes_max, self._context = access, bytes_max, context
        super().__init__(access.host, access.port, timeout=_TIMEOUT_S)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self._access.address, self._access.port), timeout)
        try:
            return self._context.wrap_socket(plain, server_hostname=self._access.host)
        except BaseException:
            plain.close()
            raise

    def read(self, size: int) -> bytes:
        # A server that announces gigabytes must not fill the memory.
        if size > self._bytes_max:
            raise self.abort(f"the server announced {size} bytes")
        return super().read(size)


def _read(
    access: MailboxAccess,
    uid_validity: int | None,
    last_uid: int | None,
    bytes_max: int,
    context: ssl.SSLContext | None,
) -> NewMails:
    try:
        client = _Client(access, bytes_max, context or _tls())
        try:
            client.login(access.username, access.password)
            return _folder(client, access.folder, uid_validity, last_uid, bytes_max)
        finally:
            _leave(client)
    except (imaplib.IMAP4.error, OSError, ValueError, TypeError, LookupError) as error:
        raise _trouble(access, error) from error


def _folder(
    client: _Client,
    folder: str,
    uid_validity: int | None,
    last_uid: int | None,
    bytes_max: int,
) -> NewMails:
    _good(client.select(f'"{_quoted(folder)}"', readonly=True))
    validity = _first_number(client.response("UIDVALIDITY")[1])
    if uid_validity is not None and validity != uid_validity:
        # The folder was made anew: its numbers begin anew. What was taken before is recognised.
        last_uid = None
    after = last_uid
    if after is None:
        after = max(_first_number(client.response("UIDNEXT")[1]) - 1 - FIRST_MAILS, 0)
    found = _good(client.uid("SEARCH", "UID", f"{after + 1}:*"))
    # "n:*" names the last mail also when its number is smaller than n.
    numbers = sorted({int(one) for line in found if line for one in _NUMBER.findall(line)})
    numbers = [number for number in numbers if number > after]
    chosen = numbers[:MAILS_AT_ONCE]
    mails = [NewMail(number, _mail(client, number, bytes_max)) for number in chosen]
    return NewMails(validity, mails, len(numbers) > len(chosen), chosen[-1] if chosen else after)


def _mail(client: _Client, number: int, bytes_max: int) -> bytes | None:
    answer = _good(client.uid("FETCH", str(number), "(RFC822.SIZE)"))
    sizes = [_SIZE.search(line) for line in answer if isinstance(line, bytes)]
    size = next((int(match[1]) for match in sizes if match), 0)
    if size > bytes_max:
        return None
    for item in _good(client.uid("FETCH", str(number), "(BODY.PEEK[])")):
        if isinstance(item, tuple):
            return bytes(item[1])
    # It was moved or deleted meanwhile.
    return None


def _good(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(*(answer[1] or [answer[0]]))
    return answer[1]


def _first_number(lines: list[Any] | None) -> int:
    for line in lines or ():
        if isinstance(line, bytes) and (match := _NUMBER.search(line)):
            return int(match.group())
    return 0


def _quoted(folder: str) -> str:
    return folder.replace("\\", "\\\\").replace('"', '\\"')


def _leave(client: _Client) -> None:
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        client.shutdown()


def _trouble(access: MailboxAccess, error: Exception) -> MailboxTrouble:
    place = {"host": access.host, "port": access.port}
    match error:
        case ssl.SSLCertVerificationError():
            return MailboxCertificate(**place, said=error.verify_message or _said(error))
        case ssl.SSLEOFError() | ConnectionResetError() | BrokenPipeError():
            return MailboxBrokeOff(**place)
        case ssl.SSLError():
            return MailboxNoTls(**place, said=error.reason or _said(error))
        case TimeoutError():
            return MailboxSilent(**place, seconds=int(_TIMEOUT_S))
        case OSError():
            return MailboxRefused(**place)
    return MailboxTrouble(**place, said=_said(error))


def _said(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
    return " ".join((text or type(error).__name__).replace("\x00", "").split())[:300]


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
