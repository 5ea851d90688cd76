"""The letter that came back: enclosed as a message, as its headers, or pasted under the report."""

# ruff: noqa: E501 -- a pattern in one line reads better than in pieces

from __future__ import annotations

import re
from typing import Final, NamedTuple

from otklik.channels.email.verdicts.addresses import addresses_in
from otklik.channels.email.verdicts.mime import Part, decoded_words, read_mail
from otklik.channels.email.verdicts.model import Original

_MARK: Final = re.compile(
    r"^[ \t>]{0,12}(?:[-=_*#+~.]{2,}[ \t]*)?(?:"
    r"(?:this|below|following|enclosed|included|here|next|attached)\b.{0,24}\b(?:is|are)\b.{0,40}\b"
    r"(?:copy|header|headers|original|message|text|first)\b.*"
    r"|(?:below this line|included is|enclosed is|the header|the text|(?:the )?first \d+ (?:lines|bytes))\b.*"
    r"|(?:your |the |begin(?:ning)? (?:of )?|start (?:of )?|copy of (?:the |your )?|headers? of (?:the )?"
    r"|text of (?:the )?|returned |undelivered |unsent |failed |rejected )*"
    r"(?:original|returned|undelivered|undeliverable|unsent|failed|rejected|message|mail) ?"
    r"(?:e-?mail|mail|message|letter|text|headers?|contents?)(?: (?:headers?|text|follows?|body|info|is following"
    r"|contents?|header follows|headers follow))*"
    r"|(?:исходное|оригинальное|возвращаемое|ваше|копия|заголовк\w+) (?:исходного |вашего )?(?:письм\w+|сообщени\w+).{0,40}"
    r")[ \t]*[:.]?[ \t]*(?:[-=_*#+~.]{2,}[ \t]*)?$",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_LINE: Final = re.compile(
    r"^(Received|Return-Path|Message-Id|From|To|Subject|Date|MIME-Version|Content-Type|X-[A-Za-z-]{1,40}"
    r"|DKIM-Signature|Reply-To|Sender|ARC-[A-Za-z-]{1,30}|Delivered-To|User-Agent|Cc|Content-Transfer-Encoding"
    r"|Importance|Priority|Authentication-Results|Envelope-To|List-[A-Za-z]{1,20}|Organization"
    r"|References|In-Reply-To|Precedence)[ \t]*:",
    re.IGNORECASE,
)
_TELLING: Final = re.compile(
    r"^(Received|Return-Path|Message-Id|MIME-Version|DKIM-Signature)[ \t]*:", re.IGNORECASE
)


class Cut(NamedTuple):
    notice: str
    returned: str


def cut(text: str) -> Cut:
    """Split a report in prose from the letter pasted under it."""
    lines = text.split("\n")
    for at, line in enumerate(lines[:4000]):
        if len(line) < 200 and _MARK.match(line):
            rest = lines[at + 1 :]
            if _header_run(rest, needed=2) or line.count("-") >= 3:
                return Cut("\n".join(lines[:at]), "\n".join(rest))
        if _TELLING.match(line) and _header_run(lines[at:], needed=3):
            return Cut("\n".join(lines[:at]), "\n".join(lines[at:]))
    return Cut(text, "")


def _header_run(lines: list[str], *, needed: int) -> bool:
    found = other = 0
    for line in lines[:60]:
        if _HEADER_LINE.match(line.lstrip("> ")):
            found += 1
            if found >= needed:
                return True
        elif line.strip() and line[:1] not in " \t>":
            other += 1
            if found or other > 2:
                return False
    return False


def original_of(part: Part | None, returned: str, report: str = "") -> Original:
    """Return what is known of the letter: from an enclosed part, or from text under the report."""
    if part is None:
        text = returned.lstrip("\n -=_*")
        part = read_mail("\n".join(line.lstrip("> ") for line in text.split("\n")[:400]).encode())
    headers = part
    recipients = tuple(
        dict.fromkeys(
            address
            for name in ("to", "x-original-to", "envelope-to")
            for address in addresses_in(" ".join(headers.header_all(name))[:4000])
        )
    )[:50]
    return Original(
        message_id=message_id(headers.header("message-id")) or message_id(report),
        return_path=(addresses_in(headers.header("return-path")[:400]) or [""])[0],
        feedback_id=headers.header("feedback-id")[:200],
        subject=decoded_words(headers.header("subject"))[:300],
        recipients=recipients,
    )


def message_id(value: str) -> str:
    """Return a Message-ID without its brackets, "" where there is none."""
    value = value.strip()
    if "<" in value:
        value = value.partition("<")[2].partition(">")[0]
    value = value.split(" ", 1)[0]
    return value if "@" in value and len(value) <= 400 else ""
