"""From what a file says of an item to an item that can be shown, or the reason why not. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import msgspec

from otklik.content.feeds.model import (
    CATEGORIES_MAX,
    GUID_LENGTH,
    ITEMS_MAX,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    URL_LENGTH,
    FoundItem,
    ItemPrice,
    SetAside,
)
from otklik.content.feeds.text import cut, one_line, plain

_EPOCH_MS = 10**11
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)


class Raw(msgspec.Struct, kw_only=True):
    """What a file says of one item, as written. `texts`: from the shortest to the longest."""

    guid: str = ""
    title: str = ""
    link: str = ""
    texts: Sequence[str] = ()
    pictures: Sequence[str] = ()
    categories: Iterable[str] = ()
    published: str | int | float | None = None
    product: ItemPrice | None = None


def collect(
    raws: Iterator[Raw | SetAside], *, base: str, now: datetime
) -> tuple[list[FoundItem], list[SetAside]]:
    """Return the items of a file in their order, each id once, and what was set aside."""
    items: dict[str, FoundItem] = {}
    aside: list[SetAside] = []
    for raw in raws:
        if len(items) >= ITEMS_MAX:
            aside.append(SetAside("too_many", fact=str(ITEMS_MAX)))
            break
        made = raw if isinstance(raw, SetAside) else item_of(raw, base=base, now=now)
        if isinstance(made, SetAside):
            aside.append(made)
        elif made.guid in items:
            aside.append(SetAside("repeated", made.title[:100], made.guid[:100]))
        else:
            items[made.guid] = made
    return list(items.values()), aside


def item_of(raw: Raw, *, base: str, now: datetime) -> FoundItem | SetAside:
    """Return an item as it can be shown. `base`: the address of the feed, for relative links."""
    title = plain(raw.title)[0]
    summary, inside = "", None
    for text in raw.texts:
        words, picture = plain(text)
        summary, inside = summary or words, inside or picture
    name = cut(title or summary, TITLE_LENGTH if title else 120)
    written = raw.link.strip() or (raw.guid if is_address(raw.guid) else "")
    if not written:
        return SetAside("no_link", name[:100])
    link = address(written, base)
    if link is None:
        return SetAside("bad_link", name[:100], one_line(written)[:100])
    if not name:
        return SetAside("no_title", fact=link[:100])
    pictures = (address(one, base) for one in (*raw.pictures, inside or "") if one.strip())
    return FoundItem(
        guid=_guid(one_line(raw.guid) or link),
        title=name,
        link=link,
        summary=cut(summary, SUMMARY_LENGTH) if title else "",
        picture=next((one for one in pictures if one), None),
        categories=_categories(raw.categories),
        published_at=moment_of(raw.published, now=now),
        product=raw.product,
    )


def is_address(text: str) -> bool:
    return text.strip().lower().startswith(("http://", "https://"))


def address(written: str, base: str) -> str | None:
    """Return an absolute address of http or https without a login; None if it is none."""
    try:
        whole = urljoin(base, written.strip())
        parts = urlsplit(whole)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    whole = whole.replace(" ", "%20")
    if len(whole) > URL_LENGTH or any(ord(sign) < 33 or sign in "\"'<>\\" for sign in whole):
        return None
    return whole


def moment_of(written: str | int | float | None, *, now: datetime) -> datetime | None:
    """Return a date of RFC 822, ISO 8601 or seconds since 1970; None if it says nothing.

    What is dated more than a day ahead says nothing of when it was published.
    """
    found: datetime | None = None
    try:
        if isinstance(written, bool) or written is None:
            return None
        if isinstance(written, int | float):
            found = datetime.fromtimestamp(written / 1000 if written > _EPOCH_MS else written, UTC)
        else:
            found = _dated(written.strip())
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None
    if found is None:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        found = found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return found if _OLDEST <= found <= now + timedelta(days=1) else None


def _dated(text: str) -> datetime | None:
    if not text or len(text) > 60:
        return None
    if text.isascii() and text.isdigit() and len(text) in {10, 13}:
        number = int(text)
        return datetime.fromtimestamp(number / 1000 if len(text) == 13 else number, UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def _guid(text: str) -> str:
    if len(text) <= GUID_LENGTH:
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _categories(found: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for one in found:
        text = plain(one)[0][:100]
        if text:
            kept.setdefault(text.casefold(), text)
        if len(kept) >= CATEGORIES_MAX:
            break
    return tuple(kept.values())
