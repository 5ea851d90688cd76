"""Which part of a file a broken download asks for."""

from __future__ import annotations

import re

from otklik.exports.errors import RangeOutside

# No file is as long as 18 digits; a longer number would only be work.
_SPAN = re.compile(r"(\d{0,18})-(\d{0,18})", re.ASCII)


def wanted_part(asked: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte that a `Range` header names; None: the whole file.

    One range is understood: `N-`, `N-M` or `-N` (the last N bytes). Other units and several ranges
    get the whole file, as RFC 9110 (section 14.2) allows. Raises: RangeOutside for what is no range
    of bytes, or none of this file.
    """
    unit, _, span = asked.replace(" ", "").partition("=")
    if unit.lower() != "bytes" or "," in span:
        return None
    found = _SPAN.fullmatch(span)
    if found is None or span == "-":
        raise RangeOutside(size=size)
    first, last = found.groups()
    if first:
        begin, end = int(first), min(int(last), size - 1) if last else size - 1
    else:
        begin, end = max(0, size - int(last)), size - 1
    if begin > end or (last and first and int(last) < begin):
        raise RangeOutside(size=size)
    return begin, end
