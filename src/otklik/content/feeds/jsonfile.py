"""JSON Feed, and any JSON with a list of objects: by the paths that are given, or by usual names.

Source: JSON Feed 1.1 (jsonfeed.org/version/1.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from otklik.content.feeds.errors import FeedHasNoItems, FeedJsonBroken
from otklik.content.feeds.items import Raw
from otklik.content.feeds.model import Format, ItemPrice, JsonFields, SetAside

_LISTS = ("items", "articles", "posts", "news", "entries", "data", "results", "products", "offers")
_GUESSES: dict[str, tuple[str, ...]] = {
    "id": ("id", "guid", "uuid", "_id", "slug"),
    "title": ("title", "name", "headline", "title.rendered"),
    "link": ("url", "link", "permalink", "href", "external_url"),
    "summary": ("summary", "description", "excerpt", "lead", "announce", "content_text", "text"),
    "picture": ("image", "banner_image", "picture", "thumbnail", "cover", "image_url", "img"),
    "published": ("date_published", "published_at", "published", "pubDate", "date", "created_at"),
    "categories": ("tags", "categories", "category", "rubric", "section", "topics"),
}
_LONG = ("content_html", "content", "body", "content.rendered", "excerpt.rendered")
_NAMES = ("name", "title", "label", "slug", "url", "src", "href", "rendered")


def read_json(data: bytes, fields: JsonFields | None) -> tuple[Format, Iterator[Raw | SetAside]]:
    """Return the format and the raw items. Raises: FeedJsonBroken, FeedHasNoItems."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("windows-1251", "replace")
    try:
        top = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FeedJsonBroken(detail=str(error)[:200]) from None
    is_feed = isinstance(top, dict) and "jsonfeed.org" in str(top.get("version", ""))
    paths = fields or JsonFields()
    found = _list_in(top, paths.items)
    return ("json_feed" if is_feed else "json"), _raws(found, paths)


def _list_in(top: Any, path: str) -> list[Any]:
    if path.strip():
        found = at(top, path)
        if not isinstance(found, list):
            raise FeedHasNoItems()
        return found
    if isinstance(top, list):
        return top
    for name in _LISTS:
        found = at(top, name)
        if isinstance(found, list):
            return found
        if isinstance(found, dict):
            inner = next((found[one] for one in _LISTS if isinstance(found.get(one), list)), None)
            if inner is not None:
                return list(inner)
    raise FeedHasNoItems()


def _raws(found: Sequence[Any], paths: JsonFields) -> Iterator[Raw | SetAside]:
    for one in found:
        if not isinstance(one, Mapping):
            yield SetAside("not_an_object", fact=str(one)[:60])
            continue
        long = [] if paths.summary else [_text(at(one, name)) for name in _LONG]
        published = _value(one, "published", paths.published)
        yield Raw(
            guid=_text(_value(one, "id", paths.id)),
            title=_text(_value(one, "title", paths.title)),
            link=_text(_value(one, "link", paths.link)),
            texts=[text for text in (_text(_value(one, "summary", paths.summary)), *long) if text],
            pictures=_texts(_value(one, "picture", paths.picture))[:1],
            categories=_texts(_value(one, "categories", paths.categories)),
            published=published if isinstance(published, str | int | float) else None,
            product=_product(one),
        )


def _value(item: Mapping[str, Any], field: str, path: str) -> Any:
    if path.strip():
        return at(item, path)
    return next(
        (value for name in _GUESSES[field] if (value := at(item, name)) not in (None, "")), None
    )


def at(values: Any, path: str) -> Any:
    """Return the value at a dotted path; a number is a place in a list."""
    for step in path.strip().split("."):
        if isinstance(values, Mapping):
            values = values.get(step)
        elif isinstance(values, list) and step.isdigit() and int(step) < len(values):
            values = values[int(step)]
        else:
            return None
    return values


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool() | None:
            return ""
        case int() | float():
            return str(value)
        case dict():
            inner = next((value[name] for name in _NAMES if isinstance(value.get(name), str)), "")
            return str(inner)
        case _:
            return ""


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for one in value if (text := _text(one))]
    text = _text(value)
    return [text] if text else []


def _product(item: Mapping[str, Any]) -> ItemPrice | None:
    price, old, currency = (item.get(name) for name in ("price", "old_price", "currency"))
    if isinstance(price, bool) or not isinstance(price, int | float):
        return None
    return ItemPrice(
        price=float(price),
        old_price=float(old) if isinstance(old, int | float) else None,
        currency=currency[:10] if isinstance(currency, str) else None,
    )
