"""Prices, quantities and truths as shops write them."""

from __future__ import annotations

import re
from decimal import Decimal

_PRICE = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,6})?")
_SPACES = re.compile(r"\s+")
_FALSE = frozenset({"false", "0", "no", "нет"})
_TRUE = frozenset({"true", "1", "yes", "да"})


def amount(written: str) -> Decimal | None:
    """Read a price such as 1299, 1 299,50 or 1299.5; None when it is none."""
    bare = _SPACES.sub("", written)
    return Decimal(bare.replace(",", ".")) if _PRICE.fullmatch(bare) else None


def whole(written: str | None) -> int | None:
    """Read a quantity; None when it is none."""
    bare = (written or "").strip()
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= 9 else None


def truth(written: str | None) -> bool | None:
    word = (written or "").strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None
