"""Reports in prose: which recipients they name, and which words speak of each."""

# ruff: noqa: E501 -- a pattern in one line reads better than in pieces

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import msgspec

from otklik.channels.email.verdicts.addresses import ADDRESS, clean_address, is_daemon

_LINES: Final = 1500
_RECIPIENTS: Final = 100
_LISTED: Final = re.compile(r"^[\s>*•\-\"'<\[(]{0,12}$")
_LIST_END: Final = re.compile(r"^[\s>\"')\],;:.]{0,8}$")
_INTRODUCED: Final = re.compile(
    r"(?:rcpt(?: to)?|recipients?|recipient address|deliver(?:ed|y|ing)?.{0,20} to|could not send to|to|for"
    r"|address(?:ee)?|user|userid|mailbox|account|sent to|send to|reach|affected|failed|errors?"
    r"|получател\w+|адрес\w*|ящик\w*|на|an|à|para|destinataire)\W{0,6}$",
    re.IGNORECASE,
)
_FOREIGN: Final = re.compile(
    r"message-id|received|envelope-from|reporting-mta|mail from|^\s*from\s*:|contact|support|help"
    r"|original sender|sender\s*:|sender address|reply-to|return-path|generated (from|by)|postmaster"
    r"|https?://|\bIn:\s+MAIL|обращайтесь|служб\w+ поддержки|attn|questions",
    re.IGNORECASE,
)
_HEADING: Final = re.compile(r"\s{0,12}(to|cc|bcc|кому|an|à)\s?:\s", re.IGNORECASE)
_SAID: Final = re.compile(r"\A[\s>\"')\],]{0,4}(?:\.\.\.|:|;|,|\[|\(|—|–|-| on )")
_ANSWERED: Final = re.compile(r"(?<!\d)[45]\d\d[ :-]|(?<![\d.])[45]\.\d\.\d")


class Named(msgspec.Struct, frozen=True):
    """An address that a report is about, and the words that follow it there."""

    address: str
    words: str


class _Sighting(msgspec.Struct):
    address: str
    line: int
    weight: int


def named_in(notice: str, *, ours: Collection[str], likely: Collection[str]) -> list[Named]:
    """Return whom a report in prose is about.

    ours: addresses that the report was sent to. likely: recipients of the returned letter, or
    those that a header of the report names.
    """
    lines = [line[:1000] for line in notice.split("\n")[:_LINES]]
    sightings = _sightings(lines, {a.lower() for a in ours}, {a.lower() for a in likely})
    if not sightings:
        return []
    most = max(s.weight for s in sightings)
    chosen = [s for s in sightings if s.weight >= most]
    first: dict[str, _Sighting] = {}
    for sighting in chosen:
        first.setdefault(sighting.address.lower(), sighting)
    picked = list(first.values())[:_RECIPIENTS]
    if len(picked) == 1:
        return [Named(picked[0].address, notice)]
    return [
        Named(s.address, _words(lines, s, picked[at + 1].line if at + 1 < len(picked) else None))
        for at, s in enumerate(picked)
    ]


def _words(lines: list[str], sighting: _Sighting, until: int | None) -> str:
    end = len(lines) if until is None else max(until, sighting.line + 1)
    return "\n".join(lines[sighting.line : min(end, sighting.line + 40)])


def _sightings(lines: list[str], ours: set[str], likely: set[str]) -> list[_Sighting]:
    out: list[_Sighting] = []
    for number, line in enumerate(lines):
        if "@" not in line:
            continue
        before_line = lines[number - 1] if number else ""
        for match in list(ADDRESS.finditer(line))[:20]:
            address = clean_address(match[1], match[2])
            before, after = line[: match.start()], line[match.end() :]
            weight = _weight(before, after, line, before_line)
            lower = address.lower()
            if "." not in match[2] and not match[2].startswith("["):
                weight -= 2
            if lower in likely and weight < 4:
                weight += 1
            if lower in ours and lower not in likely:
                weight -= 3
            if is_daemon(address) and lower not in likely:
                weight -= 3
            if weight > 0:
                out.append(_Sighting(address, number, weight))
        if len(out) > 500:
            break
    return out


def _weight(before: str, after: str, line: str, previous: str) -> int:
    head = before + after
    if _HEADING.match(line):
        return 2
    if _FOREIGN.search(before) or (_FOREIGN.search(head) and "rcpt" not in head.lower()):
        return 1 if "rcpt" not in before.lower()[-12:] else 4
    if _LISTED.match(before):
        if _LIST_END.match(after):
            return 5
        if _SAID.match(after):
            return 5
        return 4
    if _INTRODUCED.search(before[-60:]):
        return 4
    if not before.strip(" \t<\"'(") and _INTRODUCED.search(previous.rstrip()[-60:]):
        return 4
    if _ANSWERED.search(before):
        return 4
    return 3
