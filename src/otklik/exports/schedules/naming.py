"""What the files of a schedule are called."""

from __future__ import annotations

import re
from datetime import datetime

_PATTERN = re.compile(r"\{(\w+)\}")
NAME_BYTES_MAX = 200
PATTERN_WORDS = ("name", "date", "time", "from", "to", "format")


def named(pattern: str, *, values: dict[str, str], suffix: str) -> str:
    """Return the file name of a run: the pattern's words filled in, made safe, with its suffix.

    Words: {name}, {date} (2026-06-15), {time} (1200), {from} and {to} (of the period), {format}.
    """
    text = _PATTERN.sub(lambda m: values.get(m.group(1), ""), pattern)
    safe = re.sub(r"[^\w.()-]+", "-", text).strip("-.")
    # File systems count bytes, of which a Cyrillic letter has two.
    safe = safe.encode()[:NAME_BYTES_MAX].decode("utf-8", "ignore") or "export"
    return safe if safe.endswith(suffix) else safe + suffix


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d-%H%M}"
