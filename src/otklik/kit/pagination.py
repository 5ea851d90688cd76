"""Cursor pages: a page token that survives inserts and deletes between two requests."""

from __future__ import annotations

import base64
from typing import Any, Generic, TypeVar

import msgspec

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text

T = TypeVar("T")
LIMIT_MAX = 200


class BadCursor(OtklikError):
    code = "bad_cursor"
    message = Text(
        en="The page cursor is damaged or belongs to another list.",
        ru="Указатель страницы повреждён или относится к другому списку.",
    )
    hint = Text(
        en="Start from the first page, without a cursor.", ru="Начните с первой страницы, без него."
    )


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list. `next_cursor` is null on the last page; `total` where it is cheap."""

    items: list[T]
    next_cursor: str | None = None
    total: int | None = None


def encode_cursor(*key: Any) -> str:
    """Return an opaque token for the sort key of the last row of a page."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """Return the sort key inside a token, converted to `types` (one per column).

    Raises: BadCursor if the token was not made by `encode_cursor` for such a key.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = msgspec.json.decode(raw, type=list[Any])
        if len(values) != len(types):
            raise BadCursor()
        return tuple(msgspec.convert(v, t) for v, t in zip(values, types, strict=True))
    except (ValueError, msgspec.MsgspecError) as error:
        raise BadCursor() from error


def clamp_limit(limit: int) -> int:
    """Return a page size between 1 and the largest allowed one."""
    return max(1, min(limit, LIMIT_MAX))
