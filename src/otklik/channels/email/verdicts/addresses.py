"""Finding e-mail addresses in what servers wrote."""

from __future__ import annotations

import re
from typing import Final

ADDRESS: Final = re.compile(
    r"(?<![\w.!#$%&*+/=?^`{|}~-])"
    r"([A-Za-z0-9_!#$%&*+/=?^`{|}~-][A-Za-z0-9_.!#$%&'*+/=?^`{|}~-]{0,127})"
    r"@(\[[0-9A-Fa-f.:]{3,45}\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?)"
)
_QUOTED: Final = re.compile(r"\"([^\"\r\n@]{1,100})\"@([A-Za-z0-9][A-Za-z0-9.-]{0,252})")
# X.400 and proxy addresses name their kind first.
_PREFIX: Final = re.compile(r"\A(=|(smtp|rfc822|internet|imceaex|mailto)=)", re.IGNORECASE)
_DAEMONS: Final = frozenset(
    {"mailer-daemon", "postmaster", "mail-daemon", "abuse", "mailerdaemon", "mdaemon", "hostmaster"}
)


def clean_address(local: str, domain: str) -> str:
    return f"{_PREFIX.sub('', local.strip('.'))}@{domain.lower().rstrip('.-')}"


def address_in(text: str) -> str:
    """Return the first address of a short text, "" without one."""
    found = addresses_in(text[:2000])
    return found[0] if found else ""


def addresses_in(text: str) -> list[str]:
    """Return the addresses of a text in their order, each once."""
    out = dict.fromkeys(clean_address(m[1], m[2]) for m in ADDRESS.finditer(text))
    for match in _QUOTED.finditer(text):
        out.setdefault(f'"{match[1]}"@{match[2].lower()}')
    return [address for address in out if not address.startswith("@")]


def is_daemon(address: str) -> bool:
    return address.partition("@")[0].lower() in _DAEMONS
