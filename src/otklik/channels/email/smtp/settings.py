"""How to reach a relay, and what it bears: read from an address such as `smtp://host:25?tls=off`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from otklik.channels.email.errors import SmtpUrlInvalid


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a relay, and what it bears."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    implicit_tls: bool = False
    start_tls: Literal["auto", "required", "off"] = "auto"
    verify: bool = True
    connections: int = 8
    messages_per_connection: int = 500
    rate_per_s: float | None = None
    timeout_s: float = 30.0
    final_timeout_s: float = 300.0
    """Wait for the answer to the final dot. Giving up leaves a letter in doubt, so it is long:
    RFC 5321 section 4.5.3.2.6 asks for ten minutes."""
    local_hostname: str | None = None

    def __repr__(self) -> str:
        # The password must not reach a log.
        return f"SmtpSettings({self.host}:{self.port})"


def parse_smtp_url(url: str) -> SmtpSettings:
    """Return the settings of `smtp://user:password@host:port?tls=…&connections=…`.

    Raises: SmtpUrlInvalid with the option, its value and what is allowed.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise SmtpUrlInvalid(what="the port is not a number up to 65535") from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SmtpUrlInvalid(what="it must begin with smtp:// or smtps:// and name a host")
    implicit = parts.scheme == "smtps"
    username = unquote(parts.username) if parts.username else None
    loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    changes: dict[str, Any] = {
        # A password must not travel in the clear because somebody on the way hid STARTTLS.
        "start_tls": "required" if username and not loopback and not implicit else "auto",
    }
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _OPTIONS:
            raise SmtpUrlInvalid(what=f"there is no option {name!r}; known: {', '.join(_OPTIONS)}")
        field, read = _OPTIONS[name]
        try:
            changes[field] = read(value)
        except (ValueError, KeyError) as error:
            raise SmtpUrlInvalid(what=f"the option {name} can't be {value!r}") from error
    plain = SmtpSettings(
        host=parts.hostname,
        port=port or (465 if implicit else 587 if username else 25),
        username=username,
        password=unquote(parts.password) if parts.password else None,
        implicit_tls=implicit,
    )
    return msgspec.structs.replace(plain, **changes)


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(value)
    return number


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number < 3600:
        raise ValueError(value)
    return number


_OPTIONS: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    "tls": ("start_tls", {"auto": "auto", "required": "required", "off": "off"}.__getitem__),
    "verify": ("verify", {"yes": True, "no": False}.__getitem__),
    "connections": ("connections", _positive),
    "per_connection": ("messages_per_connection", _positive),
    "rate": ("rate_per_s", _seconds),
    "timeout": ("timeout_s", _seconds),
    "final_timeout": ("final_timeout_s", _seconds),
    "hello": ("local_hostname", str),
}
