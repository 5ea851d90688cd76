"""A product feed read as a stream: any size, the memory of one offer.

The parser is the standard expat. What makes XML dangerous is refused where it is declared: entities
(bombs, files of this machine, addresses of its network) and attribute defaults. DOCTYPE itself is
allowed, for the format asks for it; the DTD it names is never looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html.entities import html5
from typing import Protocol
from xml.parsers import expat

from otklik.catalog.feeds import model
from otklik.catalog.feeds.decoding import Decoding
from otklik.catalog.feeds.errors import (
    FeedBeyondLimits,
    FeedBroken,
    FeedCutShort,
    FeedDeclaresEntities,
    FeedIsNotXml,
    FeedIsNotYml,
)
from otklik.catalog.feeds.model import (
    FeedCategory,
    FeedCurrency,
    FeedHead,
    FeedItem,
    FeedNote,
    FeedOffer,
    FeedParam,
)

ROOT = "yml_catalog"
PIECE = 64 * 1024
# A tag or a comment is read again with every piece until it ends, so a long one costs its square.
LONGEST_TAG = 2 * 1024 * 1024
DEEPEST = 64
# The parser remembers every name of an element and of an attribute for as long as it lives.
MOST_NAMES = 10_000
LARGEST_FEED = 8 * 1024**3

_PRICE = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,6})?")
_SPACES = re.compile(r"\s+")
_FALSE = frozenset({"false", "0", "no", "нет"})
_TRUE = frozenset({"true", "1", "yes", "да"})

# Errors of expat by number, as the half of a sentence in both languages.
_UNCLOSED = frozenset({3, 5, 6, 20})
_RULES = {
    4: ("a character stands where it cannot", "символ стоит там, где не может стоять"),
    7: ("a closing tag does not match the opened one", "закрыт не тот элемент, что открыт"),
    8: ("an attribute is given twice", "атрибут указан дважды"),
    9: ("something follows the end of the feed", "после конца фида есть ещё что-то"),
    11: ("an entity is not declared", "сущность не объявлена"),
    14: ("a character reference is impossible", "ссылка на невозможный символ"),
}
_OTHER_RULE = ("it does not follow the rules of XML", "файл не следует правилам XML")


class Source(Protocol):
    """What a feed is read from: an open file, or anything that gives bytes and b"" at the end."""

    def read(self, size: int, /) -> bytes: ...


class FeedReader:
    """Iterate over it once: the head, currencies, categories, offers and notes as they come.

    `encoding` is known after the first item. Memory does not depend on the size of the feed.
    Raises FeedRefused (see errors.py) while iterating; what was given before is then a part only.
    """

    def __init__(self, source: Source, *, largest: int = LARGEST_FEED) -> None:
        self._source = source
        self._largest = largest
        self._names: dict[str, str] = {}
        self._handlers = _Handlers(self._names)
        self._decoding: Decoding | None = None

    @property
    def encoding(self) -> str | None:
        return self._decoding.encoding if self._decoding else None

    def __iter__(self) -> Iterator[FeedItem]:
        handlers = self._handlers
        piece = self._piece()
        decoding = self._decoding = Decoding(piece[:1024], handlers.note)
        taken = parsed = 0
        while True:
            final = not piece
            taken += len(piece)
            if taken > self._largest:
                size = f"{self._largest // 1024**2}"
                raise FeedBeyondLimits(
                    line=handlers.line,
                    what=f"it is larger than {size} MB",
                    what_ru=f"он больше {size} МБ",
                )
            data = decoding.text(piece, final=final).encode()
            handlers.skipped_lines = decoding.skipped_lines
            parsed += len(data)
            try:
                handlers.parser.Parse(data, final)
            except expat.ExpatError as error:
                yield from handlers.take()
                raise self._refusal(error) from None
            yield from handlers.take()
            if final:
                return
            self._check_limits(parsed)
            piece = self._piece()

    def _piece(self) -> bytes:
        """Read a whole piece even from a source that gives little at a time."""
        parts: list[bytes] = []
        missing = PIECE
        while missing > 0:
            part = self._source.read(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _check_limits(self, parsed: int) -> None:
        if parsed - max(self._handlers.parser.CurrentByteIndex, 0) > LONGEST_TAG:
            size = LONGEST_TAG // 1024**2
            raise FeedBeyondLimits(
                line=self._handlers.line,
                what=f"one tag or comment is longer than {size} MB",
                what_ru=f"один тег или комментарий длиннее {size} МБ",
            )
        if len(self._names) > MOST_NAMES:
            raise FeedBeyondLimits(
                line=self._handlers.line,
                what=f"there are more than {MOST_NAMES} names of elements and attributes",
                what_ru=f"разных имён элементов и атрибутов больше {MOST_NAMES}",
            )

    def _refusal(self, error: expat.ExpatError) -> Exception:
        line = error.lineno + self._handlers.skipped_lines
        if not self._handlers.begun:
            return FeedIsNotXml(line=line)
        if error.code in _UNCLOSED:
            return FeedCutShort(line=line)
        what, what_ru = _RULES.get(error.code, _OTHER_RULE)
        return FeedBroken(line=line, column=error.offset + 1, what=what, what_ru=what_ru)


class _Handlers:
    """What the parser calls. Finished items wait in a list until the reader takes them."""

    def __init__(self, names: dict[str, str]) -> None:
        self.skipped_lines = 0
        self.begun = False
        self._items: list[FeedItem] = []
        self._path: list[str] = []
        self._offer: _Offer | None = None
        self._category: tuple[dict[str, str], int] | None = None
        self._text: _Text | None = None
        parser = self.parser = expat.ParserCreate("utf-8", intern=names)
        parser.buffer_text = True
        # Without a DTD an entity of HTML such as &nbsp; would end the reading; told that there is
        # one somewhere, the parser asks what to do with it instead.
        parser.UseForeignDTD(True)
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.SkippedEntityHandler = self._entity
        parser.EntityDeclHandler = self._entity_declared
        parser.AttlistDeclHandler = self._attributes_declared

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber + self.skipped_lines

    def take(self) -> list[FeedItem]:
        items, self._items = self._items, []
        return items

    def note(self, code: str, line: int, fact: str = "") -> None:
        self._items.append(FeedNote(code, line, fact))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        path = self._path
        path.append(tag)
        if len(path) > DEEPEST:
            raise FeedBeyondLimits(
                line=self.line,
                what=f"elements are nested deeper than {DEEPEST}",
                what_ru=f"вложенность элементов больше {DEEPEST}",
            )
        if self._offer is not None:
            self._offer.start(tag, attributes, self)
        elif self._category is not None:
            return
        elif len(path) == 1:
            self.begun = True
            if tag != ROOT:
                raise FeedIsNotYml(root=tag[:40], line=self.line)
            date = attributes.get("date", "").strip()[: model.ID_LENGTH]
            self._items.append(FeedHead(date=date or None, line=self.line))
        elif tag == "offer" and path[-2] in {"offers", "shop", ROOT}:
            self._offer = _Offer(attributes, self.line, len(path))
        elif tag == "category" and path[-2] == "categories":
            self._category = (attributes, self.line)
            self._text = _Text(model.NAME_LENGTH)
        elif tag == "currency" and path[-2] == "currencies":
            id_ = attributes.get("id", "").strip().upper()[:20]
            if id_:
                rate = attributes.get("rate", "").strip()[:20]
                self._items.append(FeedCurrency(id=id_, rate=rate or None, line=self.line))

    def _characters(self, text: str) -> None:
        if self._offer is not None:
            self._offer.characters(text)
        elif self._text is not None:
            self._text.add(text)

    def _end(self, tag: str) -> None:
        depth = len(self._path)
        self._path.pop()
        if self._offer is not None:
            if depth == self._offer.depth:
                self._items.append(self._offer.finished(self))
                self._offer = None
            else:
                self._offer.end(tag, depth, self)
        elif self._category is not None and self._text is not None and tag == "category":
            attributes, line = self._category
            self._items.append(
                FeedCategory(
                    id=self.identity(attributes.get("id"), "category id", line),
                    parent_id=self.identity(attributes.get("parentId"), "parentId", line),
                    name=self.words(self._text, "category", line),
                    line=line,
                )
            )
            self._category = self._text = None

    def _entity(self, name: str, is_parameter: bool) -> None:
        if is_parameter:
            return
        letter = html5.get(f"{name};")
        self.note("entity" if letter else "entity_unknown", self.line, f"&{name[:40]};")
        self._characters(letter or f"&{name};")

    def _entity_declared(self, name: str, *_: object) -> None:
        raise FeedDeclaresEntities(line=self.line, what=f"<!ENTITY {name[:40]}>")

    def _attributes_declared(self, element: str, *_: object) -> None:
        raise FeedDeclaresEntities(line=self.line, what=f"<!ATTLIST {element[:40]}>")

    def words(self, text: _Text, tag: str, line: int) -> str:
        """Return a text with single spaces, cut at its limit with a note."""
        if text.over:
            self.note("text_cut", line, tag)
        return _SPACES.sub(" ", text.value).strip()

    def identity(self, value: str | None, tag: str, line: int, longest: int = 0) -> str | None:
        """Return an id or an address, or None with a note when it is too long to be one."""
        value = (value or "").strip()
        if len(value) > (longest or model.ID_LENGTH):
            self.note("value_too_long", line, tag)
            return None
        return value or None


class _Text:
    """Characters of one element up to a limit; the rest is counted as cut and forgotten."""

    __slots__ = ("_left", "_parts", "over")

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._parts: list[str] = []
        self.over = False

    def add(self, text: str) -> None:
        # Indentation before the text must not use up its limit.
        text = text if self._parts else text.lstrip()
        if not text:
            return
        if len(text) > self._left:
            self.over = self.over or bool(text[self._left :].strip())
            text = text[: self._left]
        if text:
            self._left -= len(text)
            self._parts.append(text)

    @property
    def value(self) -> str:
        return "".join(self._parts).strip()


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
        self._text: _Text | None = None
        self._element: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str], handlers: _Handlers) -> None:
        if len(handlers._path) == self.depth + 1:
            # A description in another language (description_ua) is as long as the first.
            kind = "description" if tag.startswith("description") else tag
            self._text = _Text(_LIMITS.get(kind, model.VALUE_LENGTH))
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

    def end(self, tag: str, depth: int, handlers: _Handlers) -> None:
        if depth != self.depth + 1 or self._text is None:
            return
        text, self._text = self._text, None
        if tag == "picture":
            self._picture(text, handlers)
        elif tag == "param":
            self._param(text, handlers)
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
                    handlers.note("text_cut", self._line, tag[:40])
                kept[tag] = text.value

    def _picture(self, text: _Text, handlers: _Handlers) -> None:
        address = handlers.identity(text.value, "picture", self._line, model.URL_LENGTH)
        if address and len(self._pictures) < model.PICTURES:
            self._pictures.append(address)
        elif address:
            handlers.note("pictures_left_out", self._line)

    def _param(self, text: _Text, handlers: _Handlers) -> None:
        if len(self._params) >= model.PARAMS:
            handlers.note("params_left_out", self._line)
            return
        name = self._element.get("name", "").strip()[: model.ID_LENGTH]
        unit = self._element.get("unit", "").strip()[: model.ID_LENGTH]
        value = handlers.words(text, "param", self._line)
        self._params.append(FeedParam(name=name, value=value, unit=unit or None))

    def finished(self, handlers: _Handlers) -> FeedOffer:
        texts, fields, line = self._texts, self._fields, self._line
        one_line = {k: _SPACES.sub(" ", v) for k, v in texts.items() if k != "description"}
        parts = (one_line.get("typePrefix"), one_line.get("vendor"), one_line.get("model"))
        name = one_line.get("name") or " ".join(part for part in parts if part)
        stock = whole(fields.get("count") or fields.get("stock_quantity"))
        attributes = self._attributes
        id_ = handlers.identity(attributes.get("id"), "offer id", line)
        group = attributes.get("group_id") or texts.get("group_id")
        return FeedOffer(
            id=id_,
            line=line,
            name=name[: model.NAME_LENGTH],
            type=attributes.get("type", "").strip()[: model.ID_LENGTH] or None,
            group_id=handlers.identity(group, "group_id", line),
            available=truth(attributes.get("available") or texts.get("available")),
            url=handlers.identity(texts.get("url"), "url", line, model.URL_LENGTH),
            price=self._price("price", handlers),
            old_price=self._price("oldprice", handlers),
            currency=(handlers.identity(texts.get("currencyId"), "currencyId", line) or "").upper()
            or None,
            category_id=handlers.identity(texts.get("categoryId"), "categoryId", line),
            pictures=tuple(self._pictures),
            vendor=one_line.get("vendor"),
            vendor_code=one_line.get("vendorCode"),
            model=one_line.get("model"),
            description=texts.get("description"),
            barcode=one_line.get("barcode"),
            stock=self._stock if stock is None else stock,
            params=tuple(self._params),
            fields=fields,
            tags=frozenset(self._tags),
        )

    def _price(self, tag: str, handlers: _Handlers) -> Decimal | None:
        written = self._texts.get(tag)
        if written is None:
            return None
        price = amount(written)
        if price is None:
            handlers.note("price_unreadable", self._line, f"{tag}: {written[:40]}")
        return price


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
