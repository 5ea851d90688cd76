"""Delivery reports (RFC 3464 inside RFC 6522), also where the MIME around them is broken."""

# ruff: noqa: E501 -- a pattern in one line reads better than in pieces

from __future__ import annotations

import re
from typing import Final

import msgspec

from otklik.channels.email.verdicts.addresses import address_in

_FIELD: Final = re.compile(r"^([A-Za-z][A-Za-z-]{1,60})[ \t]*:[ \t]*(.*)$")
_KNOWN: Final = frozenset(
    {"final-recipient", "original-recipient", "action", "status", "diagnostic-code",
     "x-actual-recipient", "remote-mta", "last-attempt-date", "final-log-id", "will-retry-until",
     "x-display-name", "x-supplementary-info", "localized-diagnostic", "smtp-remote-recipient",
     "x-postfix-queue-id", "reporting-mta", "arrival-date", "received-from-mta"}
)  # fmt: skip
_IN_TEXT: Final = re.compile(
    r"^[ \t>]{0,8}(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE
)
_ACTION: Final = re.compile(r"^[ \t>]{0,8}(?:action|status)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_CODE: Final = re.compile(r"([245])\s?\.\s?(\d{1,3})\s?\.\s?(\d{1,3})")
RECIPIENTS_MAX: Final = 200


class Reported(msgspec.Struct, frozen=True):
    """One recipient of a delivery report. `action`: failed, delayed, delivered, relayed, expanded."""

    address: str
    action: str
    status: str
    diagnostic: str


def reported_in(text: str) -> list[Reported]:
    """Return the recipients of a delivery report, in its order."""
    out: list[Reported] = []
    for group in _groups(text):
        address = _address(group)
        if not address and not group.get("action"):
            continue
        action = re.split(r"[\s(;]", group.get("action", "").strip().lower(), maxsplit=1)[0]
        code = _CODE.search(group.get("status", ""))
        diagnostic = group.get("diagnostic-code", "")
        kind, semicolon, said = diagnostic.partition(";")
        if semicolon and len(kind) < 30 and " " not in kind.strip():
            diagnostic = said.strip()
        for extra in ("x-supplementary-info", "localized-diagnostic"):
            if not diagnostic and group.get(extra):
                diagnostic = group[extra]
        out.append(
            Reported(
                address=address,
                action=action,
                status=".".join(code.groups()) if code else "",
                diagnostic=diagnostic,
            )
        )
        if len(out) >= RECIPIENTS_MAX:
            break
    return out


def looks_reported(text: str) -> bool:
    """Tell whether a text has the fields of a delivery report without saying that it is one."""
    return bool(_IN_TEXT.search(text) and _ACTION.search(text))


def _address(group: dict[str, str]) -> str:
    for field in ("final-recipient", "x-actual-recipient", "original-recipient"):
        value = group.get(field, "")
        kind, semicolon, rest = value.partition(";")
        address = address_in(rest if semicolon else value)
        if address and kind.strip().lower() != "x400":
            return address
    return ""


def _groups(text: str) -> list[dict[str, str]]:
    """Split a report into the fields of each recipient; unknown lines end nothing."""
    groups: list[dict[str, str]] = []
    current: dict[str, str] = {}
    last = ""
    for raw in text.split("\n")[:5000]:
        line = raw.lstrip("> \t") if raw.startswith((">", " >")) else raw
        match = _FIELD.match(line.strip() if not last else line)
        if match and match[1].lower() in _KNOWN | {"action"}:
            name = match[1].lower()
            starts = name in ("final-recipient", "original-recipient") and (
                name in current or ("action" in current and "final-recipient" in current)
            )
            if starts:
                groups.append(current)
                current = {}
            current.setdefault(name, match[2].strip())
            last = name
        elif last and line[:1] in (" ", "\t") and line.strip():
            current[last] = f"{current[last]} {line.strip()}"[:4000]
        elif not line.strip():
            if current.keys() & {"final-recipient", "original-recipient"} and (
                "action" in current or "status" in current
            ):
                groups.append(current)
                current = {}
            last = ""
        elif match:
            last = ""
    if current.keys() & {"final-recipient", "original-recipient", "action"}:
        groups.append(current)
    return groups
