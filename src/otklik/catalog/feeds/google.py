"""Feeds of Google Merchant: RSS 2.0 or Atom with the namespace g.

Source: https://support.google.com/merchants/answer/7052112 (specification of product data)
"""

from __future__ import annotations

import re
from decimal import Decimal

from otklik.catalog.feeds import model
from otklik.catalog.feeds.errors import FeedIsNotYml
from otklik.catalog.feeds.idset import IdSet
from otklik.catalog.feeds.model import FeedCategory, FeedHead, FeedOffer, FeedParam
from otklik.catalog.feeds.stream import Characters, Walk, one_line
from otklik.catalog.feeds.values import amount, whole

ROOTS = {"rss": "item", "feed": "entry"}
"""Root element → element of one product."""
_SPACE = "http://base.google.com/ns/1.0"
_PRICE = re.compile(r"(?:([A-Za-z]{3})\s*)?([0-9][0-9\s\u00a0.,]*?)\s*([A-Za-z]{3})?")
_IN_STOCK = frozenset({"in_stock", "in stock", "available for order", "limited availability"})
_OUT = frozenset({"out_of_stock", "out of stock", "preorder", "backorder", "discontinued"})
_LIMITS = {
    "description": model.DESCRIPTION_LENGTH,
    "title": model.NAME_LENGTH,
    "link": model.URL_LENGTH + 1,
    "image_link": model.URL_LENGTH + 1,
    "additional_image_link": model.URL_LENGTH * 10,
}
_PLACED = frozenset(
    {"id", "title", "description", "link", "price", "sale_price", "availability", "brand", "mpn"}
    | {"gtin", "item_group_id", "product_type", "google_product_category"}
)
# What a marketer would filter by and YML calls param.
_PARAMS = ("color", "size", "gender", "age_group", "material", "pattern", "condition")


class Google:
    """The grammar of a feed of Google Merchant. A path such as "A > B" makes categories."""

    def __init__(self, walk: Walk, attributes: dict[str, str]) -> None:
        self._walk = walk
        self._element = ROOTS[walk.path[0]]
        # The prefix of the namespace is "g" by custom only.
        prefixes = [k[6:] for k, v in attributes.items() if k[:6] == "xmlns:" and v == _SPACE]
        if not prefixes:
            # The news of a site is RSS as well.
            raise FeedIsNotYml(root=walk.path[0], line=walk.line)
        self._prefix = f"{prefixes[0]}:"
        self._item: _Item | None = None
        self._known = IdSet()
        walk.put(FeedHead(date=None, line=walk.line, format="google"))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._item is not None:
            self._item.start(tag.removeprefix(self._prefix), attributes, self._walk)
        elif tag == self._element:
            self._item = _Item(self._walk.line, len(self._walk.path))

    def characters(self, text: str) -> None:
        if self._item is not None:
            self._item.characters(text)

    def end(self, tag: str) -> None:
        if self._item is None:
            return
        depth = len(self._walk.path)
        if depth != self._item.depth:
            self._item.end(tag.removeprefix(self._prefix), depth, self._walk)
            return
        offer = self._item.finished(self._walk)
        self._item = None
        self._say_categories(offer)
        self._walk.put(offer)

    def _say_categories(self, offer: FeedOffer) -> None:
        parts = offer.category_id.split(" > ") if offer.category_id else []
        for depth in range(1, len(parts) + 1):
            path = " > ".join(parts[:depth])
            if self._known.add(path):
                parent = " > ".join(parts[: depth - 1]) or None
                self._walk.put(
                    FeedCategory(id=path, parent_id=parent, name=parts[depth - 1], line=offer.line)
                )


class _Item:
    """A product while it is read."""

    def __init__(self, line: int, depth: int) -> None:
        self.depth = depth
        self._line = line
        self._texts: dict[str, str] = {}
        self._fields: dict[str, str] = {}
        self._pictures: list[str] = []
        self._tags: set[str] = set()
        self._text: Characters | None = None

    def start(self, tag: str, attributes: dict[str, str], walk: Walk) -> None:
        if len(walk.path) != self.depth + 1:
            return
        self._text = Characters(_LIMITS.get(tag, model.VALUE_LENGTH))
        if tag == "link" and "href" in attributes:
            self._text.add(attributes["href"])
        if len(self._tags) < model.PARAMS:
            self._tags.add(tag[:40])

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text.add(text)

    def end(self, tag: str, depth: int, walk: Walk) -> None:
        if depth != self.depth + 1 or self._text is None:
            return
        text, self._text = self._text, None
        if tag in {"image_link", "additional_image_link"}:
            for part in text.value.split(",") if tag.startswith("add") else [text.value]:
                self._picture(part, walk)
        elif text.value:
            placed = tag in _PLACED
            kept = self._texts if placed else self._fields
            if tag not in kept and (placed or len(kept) < model.FIELDS):
                if text.over:
                    walk.note("text_cut", self._line, tag[:40])
                kept[tag] = text.value

    def _picture(self, written: str, walk: Walk) -> None:
        address = walk.identity(written, "picture", self._line, model.URL_LENGTH)
        if address and len(self._pictures) < model.PICTURES:
            self._pictures.append(address)
        elif address:
            walk.note("pictures_left_out", self._line)

    def finished(self, walk: Walk) -> FeedOffer:
        texts, fields, line = self._texts, self._fields, self._line
        price, currency = self._price("price", walk)
        sale, _ = self._price("sale_price", walk)
        reduced = sale is not None and price is not None and sale < price
        path = texts.get("product_type") or texts.get("google_product_category") or ""
        parts = [part for one in re.split(r"[>/]", path) if (part := one_line(one))]
        said = texts.get("availability", "").lower()
        return FeedOffer(
            id=walk.identity(texts.get("id"), "id", line),
            line=line,
            name=one_line(texts.get("title", ""))[: model.NAME_LENGTH],
            group_id=walk.identity(texts.get("item_group_id"), "item_group_id", line),
            available=True if said in _IN_STOCK else False if said in _OUT else None,
            url=walk.identity(texts.get("link"), "link", line, model.URL_LENGTH),
            price=sale if reduced else price,
            old_price=price if reduced else None,
            currency=currency,
            category_id=walk.identity(" > ".join(parts), "product_type", line),
            pictures=tuple(self._pictures),
            vendor=one_line(texts["brand"]) if "brand" in texts else None,
            vendor_code=texts.get("mpn"),
            description=texts.get("description"),
            barcode=texts.get("gtin"),
            stock=whole(fields.get("quantity") or fields.get("sell_on_google_quantity")),
            params=tuple(
                FeedParam(name=name, value=one_line(fields[name]), unit=None)
                for name in _PARAMS
                if name in fields
            ),
            fields=fields,
            tags=frozenset(self._tags),
        )

    def _price(self, tag: str, walk: Walk) -> tuple[Decimal | None, str | None]:
        written = self._texts.get(tag)
        if written is None:
            return None, None
        found = _PRICE.fullmatch(written.strip())
        price = amount(found.group(2)) if found else None
        if found is None or price is None:
            walk.note("price_unreadable", self._line, f"{tag}: {written[:40]}")
            return None, None
        currency = found.group(3) or found.group(1)
        return price, currency.upper() if currency else None
