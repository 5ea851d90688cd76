"""Reading records, and one line of a check; pure."""

from __future__ import annotations

import re
from collections.abc import Awaitable

from otklik.channels.email.domain.resolver import DnsUnavailable
from otklik.channels.email.domain.texts import TEXTS
from otklik.channels.email.model import CheckLevel, CheckName, DnsCheck


def is_record(record: str, version: str) -> bool:
    """Say whether a TXT record begins with such a version, as "v=spf1"."""
    head = re.split(r"[\s;]", record.strip().lower(), maxsplit=1)[0].replace(" ", "")
    return head == version


def tag(record: str, name: str) -> str | None:
    """Return a tag of a "k=v; k=v" record without its white space."""
    for piece in record.split(";"):
        key, separator, value = piece.partition("=")
        if separator and key.strip().lower() == name:
            return re.sub(r"\s+", "", value)
    return None


async def guarded(kind: CheckName, name: str, work: Awaitable[DnsCheck]) -> DnsCheck:
    """Return a check, or that the name server did not answer."""
    try:
        return await work
    except DnsUnavailable:
        return check(kind, "unknown", "dns_unavailable", name, found=[])


def check(
    kind: CheckName,
    level: CheckLevel,
    code: str,
    record_name: str,
    *,
    found: list[str],
    expected: str | None = None,
    **facts: str,
) -> DnsCheck:
    """Return one line of a check; `code` is that of its text."""
    return DnsCheck(
        name=kind,
        level=level,
        code=code,
        record_name=record_name,
        found=found,
        expected=expected,
        message=TEXTS[code],
        facts={"name": record_name, **facts},
    )
