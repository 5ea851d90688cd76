"""How healthy a feed is: what it holds, and what is missing, repeated or unknown in it."""

from __future__ import annotations

from array import array
from datetime import datetime
from typing import Literal

import msgspec

from otklik.catalog.feeds.errors import FeedRefused
from otklik.catalog.feeds.model import (
    FeedCategory,
    FeedCurrency,
    FeedHead,
    FeedItem,
    FeedNote,
    FeedOffer,
)
from otklik.catalog.feeds.reader import FeedReader, Source
from otklik.kit.i18n import Text

# How many lines a remark names, and how many different things of one kind are remembered.
LINES = 20
KINDS = 50_000
SHOWN = 200
_DATES = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")

Level = Literal["error", "warning"]

# An error spoils an offer or the tree; a warning is what a shop would want to know.
REMARKS: dict[str, tuple[Level, Text]] = {
    "no_offers": (
        "error",
        Text(en="The feed has no offers.", ru="В фиде нет ни одного предложения."),
    ),
    "without_id": (
        "error",
        Text(
            en="Offers without an id: {count}; the first on line {line}.",
            ru="Предложений без id: {count}; первое в строке {line}.",
        ),
    ),
    "duplicate_id": (
        "error",
        Text(
            en="Offers whose id was used before: {count}; the first on line {line} (id {fact}).",
            ru="Предложений с уже занятым id: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "without_name": (
        "error",
        Text(
            en="Offers without a name: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без названия: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "without_price": (
        "error",
        Text(
            en="Offers without a price: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без цены: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "price_unreadable": (
        "error",
        Text(
            en="Prices that cannot be read: {count}; the first on line {line} ({fact}).",
            ru="Нечитаемых цен: {count}; первая в строке {line} ({fact}).",
        ),
    ),
    "without_category": (
        "error",
        Text(
            en="Offers without a category: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без категории: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "unknown_category": (
        "error",
        Text(
            en="Offers of a category that the feed does not list: {count}; "
            "the first on line {line} (category {fact}).",
            ru="Предложений с категорией, которой нет в фиде: {count}; "
            "первое в строке {line} (категория {fact}).",
        ),
    ),
    "category_without_id": (
        "error",
        Text(
            en="Categories without an id: {count}; the first on line {line}.",
            ru="Категорий без id: {count}; первая в строке {line}.",
        ),
    ),
    "duplicate_category": (
        "error",
        Text(
            en="Categories whose id was used before: {count}; "
            "the first on line {line} (id {fact}).",
            ru="Категорий с уже занятым id: {count}; первая в строке {line} (id {fact}).",
        ),
    ),
    "unknown_parent": (
        "error",
        Text(
            en="Categories whose parent the feed does not list: {count}; "
            "the first on line {line} (parent {fact}).",
            ru="Категорий, чьего родителя нет в фиде: {count}; "
            "первая в строке {line} (родитель {fact}).",
        ),
    ),
    "value_too_long": (
        "error",
        Text(
            en="Ids and addresses that are too long and were left out: {count}; "
            "the first on line {line} ({fact}).",
            ru="Слишком длинных id и адресов, они пропущены: {count}; "
            "первый в строке {line} ({fact}).",
        ),
    ),
    "bad_bytes": (
        "error",
        Text(
            en="Bytes on line {line} do not fit the encoding {fact}; "
            "each was replaced by “\ufffd”.",
            ru="Байты в строке {line} не подходят к кодировке {fact}, каждый заменён на «\ufffd».",
        ),
    ),
    "other_encoding": (
        "warning",
        Text(
            en="From line {line} the text is not in {fact}; it is read as windows-1251.",
            ru="Со строки {line} текст не в кодировке {fact}, он прочитан как windows-1251.",
        ),
    ),
    "control_characters": (
        "warning",
        Text(
            en="Characters that XML forbids were removed; the first on line {line} ({fact}).",
            ru="Убраны символы, запрещённые в XML; первый в строке {line} ({fact}).",
        ),
    ),
    "space_before_xml": (
        "warning",
        Text(
            en="Something empty stands before <?xml; other readers refuse such a file.",
            ru="Перед <?xml есть пустое место: другие программы такой файл не примут.",
        ),
    ),
    "entity": (
        "warning",
        Text(
            en="Entities of HTML that XML does not know: {count}; "
            "the first on line {line} ({fact}). They were read as in HTML.",
            ru="Сущностей HTML, которых нет в XML: {count}; "
            "первая в строке {line} ({fact}). Они прочитаны как в HTML.",
        ),
    ),
    "entity_unknown": (
        "warning",
        Text(
            en="Unknown entities: {count}; the first on line {line} ({fact}).",
            ru="Неизвестных сущностей: {count}; первая в строке {line} ({fact}).",
        ),
    ),
    "text_cut": (
        "warning",
        Text(
            en="Texts that were too long and were cut: {count}; the first on line {line} ({fact}).",
            ru="Слишком длинных текстов, они обрезаны: {count}; первый в строке {line} ({fact}).",
        ),
    ),
    "pictures_left_out": (
        "warning",
        Text(
            en="Pictures beyond the limit of one offer: {count}; the first on line {line}.",
            ru="Картинок сверх предела одного предложения: {count}; первая в строке {line}.",
        ),
    ),
    "params_left_out": (
        "warning",
        Text(
            en="Parameters beyond the limit of one offer: {count}; the first on line {line}.",
            ru="Параметров сверх предела одного предложения: {count}; первый в строке {line}.",
        ),
    ),
    "without_url": (
        "warning",
        Text(
            en="Offers without an address: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без ссылки: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "without_picture": (
        "warning",
        Text(
            en="Offers without a picture: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без картинки: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "undeclared_currency": (
        "warning",
        Text(
            en="Offers in a currency that the feed does not declare: {count}; "
            "the first on line {line} ({fact}).",
            ru="Предложений в валюте, не объявленной в фиде: {count}; "
            "первое в строке {line} ({fact}).",
        ),
    ),
    "category_without_name": (
        "warning",
        Text(
            en="Categories without a name: {count}; the first on line {line} (id {fact}).",
            ru="Категорий без названия: {count}; первая в строке {line} (id {fact}).",
        ),
    ),
    "without_date": (
        "warning",
        Text(en="The feed does not say its date.", ru="В фиде не указана дата."),
    ),
    "odd_date": (
        "warning",
        Text(
            en="The date of the feed is not in the form YYYY-MM-DD hh:mm: {fact}.",
            ru="Дата фида не в виде ГГГГ-ММ-ДД чч:мм: {fact}.",
        ),
    ),
}


class FeedRemark(msgspec.Struct, frozen=True):
    """One kind of trouble: how often, on which lines (at most LINES), in both languages."""

    code: str
    count: int
    line: int | None
    lines: tuple[int, ...]
    en: str
    ru: str


class FeedReport(msgspec.Struct, frozen=True):
    """What a feed holds. `refused`: why it was not read to its end; the counts are then of a part.

    `duplicate_ids`: offers whose id an earlier one has. `unknown_categories`: offers whose category
    the feed does not list, those without a category among them. `currencies`: those declared;
    `offer_currencies`: those of prices. `params`: of all offers together. `encoding`: as declared,
    or as found out. `date`: as written.
    """

    refused: str | None
    encoding: str | None
    date: str | None
    offers: int
    categories: int
    duplicate_ids: int
    unknown_categories: int
    without_id: int
    without_name: int
    without_price: int
    without_url: int
    without_picture: int
    without_category: int
    unavailable: int
    with_old_price: int
    with_group: int
    with_vendor: int
    with_stock: int
    params: int
    types: tuple[str, ...]
    currencies: tuple[str, ...]
    offer_currencies: tuple[str, ...]
    tags: tuple[str, ...]
    errors: tuple[FeedRemark, ...]
    warnings: tuple[FeedRemark, ...]


def check_feed(source: Source) -> FeedReport:
    """Read a feed to its end, or to where it is refused, and say how healthy it is.

    Never raises because of what the source holds: a refusal is in the report.
    """
    reader = FeedReader(source)
    health = Health()
    refusal: FeedRefused | None = None
    try:
        for item in reader:
            health.add(item)
    except FeedRefused as error:
        refusal = error
    return health.report(encoding=reader.encoding, refusal=refusal)


class IdSet:
    """Which ids have been seen, in 16 to 32 bytes each, whatever their length.

    An open-addressing table of 64-bit hashes. Two different ids are taken for one with a chance
    of about 1 in 4 million for 3 million ids. Hashes of a process are salted: nobody can
    choose ids that collide.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 1024))
        self._used = 0

    def add(self, value: str) -> bool:
        """Put an id in; False when it was there."""
        if 2 * self._used >= len(self._slots):
            old = self._slots
            self._slots = array("Q", bytes(8 * 2 * len(old)))
            for mark in old:
                if mark:
                    self._slots[self._place(mark)] = mark
        mark = self._mark(value)
        place = self._place(mark)
        if self._slots[place]:
            return False
        self._slots[place] = mark
        self._used += 1
        return True

    def __contains__(self, value: str) -> bool:
        return bool(self._slots[self._place(self._mark(value))])

    @staticmethod
    def _mark(value: str) -> int:
        return (hash(value) & 0xFFFF_FFFF_FFFF_FFFF) or 1

    def _place(self, mark: int) -> int:
        slots = self._slots
        mask = len(slots) - 1
        place = mark & mask
        while slots[place] and slots[place] != mark:
            place = (place + 1) & mask
        return place


class _Tally:
    def __init__(self, line: int, fact: str) -> None:
        self.count = 0
        self.lines: list[int] = []
        self.first = line
        self.fact = fact

    def add(self, line: int, count: int = 1) -> None:
        self.count += count
        if len(self.lines) < LINES:
            self.lines.append(line)


class _Waiting:
    """Things named before they were listed: judged at the end, in bounded memory."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Tally] = {}

    def add(self, id_: str, line: int) -> bool:
        """Remember; False when too many different ids wait already."""
        tally = self._kinds.get(id_)
        if tally is None:
            if len(self._kinds) >= KINDS:
                return False
            tally = self._kinds[id_] = _Tally(line, id_)
        tally.add(line)
        return True

    def unknown(self, listed: IdSet) -> list[_Tally]:
        return [tally for id_, tally in self._kinds.items() if id_ not in listed]


class Health:
    """Adds up the items of one feed."""

    def __init__(self) -> None:
        self._offers = self._categories = self._params = 0
        self._unavailable = self._old_price = self._group = self._vendor = self._stock = 0
        self._date: str | None = None
        self._ids, self._listed = IdSet(), IdSet()
        self._of_category, self._of_parent, self._of_currency = _Waiting(), _Waiting(), _Waiting()
        self._currencies: dict[str, None] = {}
        self._declared = IdSet()
        self._offer_currencies: dict[str, None] = {}
        self._types: set[str] = set()
        self._tags: set[str] = set()
        self._found: dict[str, _Tally] = {}

    def add(self, item: FeedItem) -> None:
        if isinstance(item, FeedOffer):
            self._offer(item)
        elif isinstance(item, FeedCategory):
            self._category(item)
        elif isinstance(item, FeedNote):
            self._say(item.code, item.line, item.fact)
        elif isinstance(item, FeedCurrency):
            self._declared.add(item.id)
            if len(self._currencies) < SHOWN:
                self._currencies[item.id] = None
        else:
            self._head(item)

    def _head(self, head: FeedHead) -> None:
        self._date = head.date
        if head.date is None:
            self._say("without_date", head.line)
        elif not _is_date(head.date):
            self._say("odd_date", head.line, head.date)

    def _category(self, category: FeedCategory) -> None:
        self._categories += 1
        if category.id is None:
            self._say("category_without_id", category.line)
        elif not self._listed.add(category.id):
            self._say("duplicate_category", category.line, category.id)
        if not category.name:
            self._say("category_without_name", category.line, category.id or "—")
        # Some shops write parentId="0" for a root.
        parent = category.parent_id
        if parent is not None and parent != "0":
            self._expect("unknown_parent", self._of_parent, self._listed, parent, category.line)

    def _offer(self, offer: FeedOffer) -> None:
        self._offers += 1
        line, shown = offer.line, offer.id or "—"
        if offer.id is None:
            self._say("without_id", line)
        elif not self._ids.add(offer.id):
            self._say("duplicate_id", line, offer.id)
        for code, there in (
            ("without_name", offer.name),
            ("without_price", offer.price is not None),
            ("without_url", offer.url),
            ("without_picture", offer.pictures),
            ("without_category", offer.category_id),
        ):
            if not there:
                self._say(code, line, shown)
        category = offer.category_id
        if category is not None:
            self._expect("unknown_category", self._of_category, self._listed, category, line)
        if offer.currency is not None:
            if len(self._offer_currencies) < SHOWN:
                self._offer_currencies[offer.currency] = None
            self._expect(
                "undeclared_currency", self._of_currency, self._declared, offer.currency, line
            )
        self._unavailable += offer.available is False
        self._old_price += offer.old_price is not None
        self._group += offer.group_id is not None
        self._vendor += offer.vendor is not None
        self._stock += offer.stock is not None
        self._params += len(offer.params)
        if offer.type and len(self._types) < SHOWN:
            self._types.add(offer.type)
        if len(self._tags) < SHOWN and not offer.tags <= self._tags:
            self._tags |= offer.tags

    def _expect(self, code: str, waiting: _Waiting, listed: IdSet, id_: str, line: int) -> None:
        """Remember what may be listed further down; say it at once where memory has its end."""
        if id_ not in listed and not waiting.add(id_, line):
            self._say(code, line, id_)

    def _say(self, code: str, line: int, fact: str = "") -> None:
        tally = self._found.get(code)
        if tally is None:
            tally = self._found[code] = _Tally(line, fact)
        tally.add(line)

    def report(self, *, encoding: str | None, refusal: FeedRefused | None) -> FeedReport:
        """Return what was found. `refusal`: what ended the reading before the end of the feed."""
        found = dict(self._found)
        for code, waiting, listed in (
            ("unknown_category", self._of_category, self._listed),
            ("unknown_parent", self._of_parent, self._listed),
            ("undeclared_currency", self._of_currency, self._declared),
        ):
            _put_together(found, code, waiting.unknown(listed))
        if refusal is None and not self._offers:
            found["no_offers"] = _Tally(0, "")

        def count(code: str) -> int:
            return found[code].count if code in found else 0

        errors = _remarks(found, "error")
        return FeedReport(
            refused=refusal.code if refusal else None,
            encoding=encoding,
            date=self._date,
            offers=self._offers,
            categories=self._categories,
            duplicate_ids=count("duplicate_id"),
            unknown_categories=count("unknown_category") + count("without_category"),
            without_id=count("without_id"),
            without_name=count("without_name"),
            without_price=count("without_price"),
            without_url=count("without_url"),
            without_picture=count("without_picture"),
            without_category=count("without_category"),
            unavailable=self._unavailable,
            with_old_price=self._old_price,
            with_group=self._group,
            with_vendor=self._vendor,
            with_stock=self._stock,
            params=self._params,
            types=tuple(sorted(self._types)),
            currencies=tuple(self._currencies),
            offer_currencies=tuple(self._offer_currencies),
            tags=tuple(sorted(self._tags)),
            errors=(_refusal_remark(refusal), *errors) if refusal else errors,
            warnings=_remarks(found, "warning"),
        )


def _put_together(found: dict[str, _Tally], code: str, parts: list[_Tally]) -> None:
    if not parts:
        return
    first = min(parts, key=lambda tally: tally.first)
    whole = _Tally(first.first, first.fact)
    beyond = [found[code]] if code in found else []
    whole.count = sum(part.count for part in [*parts, *beyond])
    whole.lines = sorted(line for part in parts for line in part.lines)[:LINES]
    found[code] = whole


def _remarks(found: dict[str, _Tally], level: Level) -> tuple[FeedRemark, ...]:
    remarks = []
    for code, (of_level, text) in REMARKS.items():
        tally = found.get(code)
        if tally is None or of_level != level:
            continue
        facts = {"count": tally.count, "line": tally.first, "fact": tally.fact}
        remarks.append(
            FeedRemark(
                code=code,
                count=tally.count,
                line=tally.first or None,
                lines=tuple(tally.lines),
                en=text.of("en", facts),
                ru=text.of("ru", facts),
            )
        )
    return tuple(remarks)


def _refusal_remark(refusal: FeedRefused) -> FeedRemark:
    said = []
    for text, hint in (
        (refusal.text("en"), refusal.hint_text("en")),
        (refusal.text("ru"), refusal.hint_text("ru")),
    ):
        said.append(f"{text} {hint}" if hint else text)
    line = refusal.line
    lines = () if line is None else (line,)
    return FeedRemark(code=refusal.code, count=1, line=line, lines=lines, en=said[0], ru=said[1])


def _is_date(written: str) -> bool:
    for form in _DATES:
        try:
            datetime.strptime(written, form)  # noqa: DTZ007 - only whether it is one
        except ValueError:
            continue
        return True
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return False
    # Without separators the standard allows it, but readers of feeds do not know it.
    return "-" in written[:5]
