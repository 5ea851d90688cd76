"""YML of Yandex Market and its kin: <yml_catalog><shop><categories/><offers/></shop>.

Source: https://yandex.ru/support/marketplace/assortment/fields/
"""

from __future__ import annotations

from decimal import Decimal

from otklik.catalog.feeds import model
from otklik.catalog.feeds.model import (
    FeedCategory,
    FeedCurrency,
    FeedHead,
    FeedOffer,
    FeedParam,
)
from otklik.catalog.feeds.stream import Characters, Walk, one_line
from otklik.catalog.feeds.values import amount, truth, whole

ROOT = "yml_catalog"


class Yml:
    """The grammar of a YML feed."""

    def __init__(self, walk: Walk, attributes: dict[str, str]) -> None:
        self._walk = walk
        self._offer: _Offer | None = None
        self._category: tuple[dict[str, str], int] | None = None
        self._text: Characters | None = None
        date = attributes.get("date", "").strip()[: model.ID_LENGTH]
        walk.put(FeedHead(date=date or None, line=walk.line, format="yml"))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        walk = self._walk
        if self._offer is not None:
            self._offer.start(tag, attributes, walk)
        elif self._category is not None:
            return
        elif tag == "offer" and walk.path[-2] in {"offers", "shop", ROOT}:
            self._offer = _Offer(attributes, walk.line, len(walk.path))
        elif tag == "category" and walk.path[-2] == "categories":
            self._category = (attributes, walk.line)
            self._text = Characters(model.NAME_LENGTH)
        elif tag == "currency" and walk.path[-2] == "currencies":
            id_ = attributes.get("id", "").strip().upper()[:20]
            if id_:
                rate = attributes.get("rate", "").strip()[:20]
                walk.put(FeedCurrency(id=id_, rate=rate or None, line=walk.line))

    def characters(self, text: str) -> None:
        if self._offer is not None:
            self._offer.characters(text)
        elif self._text is not None:
            self._text.add(text)

    def end(self, tag: str) -> None:
        walk = self._walk
        depth = len(walk.path)
        if self._offer is not None:
            if depth == self._offer.depth:
                walk.put(self._offer.finished(walk))
                self._offer = None
            else:
                self._offer.end(tag, depth, walk)
        elif self._category is not None and self._text is not None and tag == "category":
            attributes, line = self._category
            walk.put(
                FeedCategory(
                    id=walk.identity(attributes.get("id"), "category id", line),
                    parent_id=walk.identity(attributes.get("parentId"), "parentId", line),
                    name=walk.words(self._text, "category", line),
                    line=line,
                )
            )
            self._category = self._text = None


_LIMITS = {"description": model.DESCRIPTION_LENGTH, "name": model.NAME_LENGTH}
_LIMITS |= dict.fromkeys(("url", "picture"), model.URL_LENGTH + 1)
_LIMITS |= dict.fromkeys(("categoryId", "currencyId"), model.ID_LENGTH + 1)
# Elements with a place of their own in FeedOffer; the others are kept in `fields`.
_PLACED = frozenset(
    {"name", "url", "price", "oldprice", "currencyId", "categoryId", "category", "vendor"}
    | {"vendorCode", "model", "typePrefix", "description", "barcode", "available", "group_id"}
)


class _Offer:
    """An offer while it is read."""

    def __init__(self, attributes: dict[str, str], line: int, depth: int) -> None:
        self.depth = depth
        self._attributes = attributes
        self._line = line
        self._texts: dict[str, str] = {}
        self._fields: dict[str, str] = {}
        self._pictures: list[str] = []
        self._params: list[FeedParam] = []
        self._tags: set[str] = set()
        self._stock: int | None = None
        self._text: Characters | None = None
        self._element: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str], walk: Walk) -> None:
        if len(walk.path) == self.depth + 1:
            # A description in another language (description_ua) is as long as the first.
            kind = "description" if tag.startswith("description") else tag
            self._text = Characters(_LIMITS.get(kind, model.VALUE_LENGTH))
            self._element = attributes
            if len(self._tags) < model.PARAMS:
                self._tags.add(tag[:40])
        elif tag == "outlet":
            stock = whole(attributes.get("instock"))
            if stock is not None:
                self._stock = (self._stock or 0) + stock

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text.add(text)

    def end(self, tag: str, depth: int, walk: Walk) -> None:
        if depth != self.depth + 1 or self._text is None:
            return
        text, self._text = self._text, None
        if tag == "picture":
            self._picture(text, walk)
        elif tag == "param":
            self._param(text, walk)
        elif tag == "category" and "code" in self._element:
            # Epicentr writes <category code="12">Name</category> where YML has categoryId.
            self._texts.setdefault("categoryId", self._element["code"])
        elif tag in {"url", "categoryId", "currencyId"}:
            self._texts.setdefault(tag, text.value)
        elif text.value:
            if tag in _PLACED:
                kept, many = self._texts, False
            else:
                kept, many = self._fields, len(self._fields) >= model.FIELDS
            if not many and tag not in kept:
                if text.over:
                    walk.note("text_cut", self._line, tag[:40])
                kept[tag] = text.value

    def _picture(self, text: Characters, walk: Walk) -> None:
        address = walk.identity(text.value, "picture", self._line, model.URL_LENGTH)
        if address and len(self._pictures) < model.PICTURES:
            self._pictures.append(address)
        elif address:
            walk.note("pictures_left_out", self._line)

    def _param(self, text: Characters, walk: Walk) -> None:
        if len(self._params) >= model.PARAMS:
            walk.note("params_left_out", self._line)
            return
        name = self._element.get("name", "").strip()[: model.ID_LENGTH]
        unit = self._element.get("unit", "").strip()[: model.ID_LENGTH]
        value = walk.words(text, "param", self._line)
        self._params.append(FeedParam(name=name, value=value, unit=unit or None))

    def finished(self, walk: Walk) -> FeedOffer:
        texts, fields, line = self._texts, self._fields, self._line
        shown = {k: one_line(v) for k, v in texts.items() if k != "description"}
        parts = (shown.get("typePrefix"), shown.get("vendor"), shown.get("model"))
        name = shown.get("name") or " ".join(part for part in parts if part)
        stock = whole(fields.get("count") or fields.get("stock_quantity"))
        attributes = self._attributes
        id_ = walk.identity(attributes.get("id"), "offer id", line)
        group = attributes.get("group_id") or texts.get("group_id")
        return FeedOffer(
            id=id_,
            line=line,
            name=name[: model.NAME_LENGTH],
            type=attributes.get("type", "").strip()[: model.ID_LENGTH] or None,
            group_id=walk.identity(group, "group_id", line),
            available=truth(attributes.get("available") or texts.get("available")),
            url=walk.identity(texts.get("url"), "url", line, model.URL_LENGTH),
            price=self._price("price", walk),
            old_price=self._price("oldprice", walk),
            currency=(walk.identity(texts.get("currencyId"), "currencyId", line) or "").upper()
            or None,
            category_id=walk.identity(texts.get("categoryId"), "categoryId", line),
            pictures=tuple(self._pictures),
            vendor=shown.get("vendor"),
            vendor_code=shown.get("vendorCode"),
            model=shown.get("model"),
            description=texts.get("description"),
            barcode=shown.get("barcode"),
            stock=self._stock if stock is None else stock,
            params=tuple(self._params),
            fields=fields,
            tags=frozenset(self._tags),
        )

    def _price(self, tag: str, walk: Walk) -> Decimal | None:
        written = self._texts.get(tag)
        if written is None:
            return None
        price = amount(written)
        if price is None:
            walk.note("price_unreadable", self._line, f"{tag}: {written[:40]}")
        return price
