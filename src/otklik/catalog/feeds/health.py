"""How healthy a feed is: what it holds, and what is missing, repeated or unknown in it."""

from __future__ import annotations

from datetime import datetime

from otklik.catalog.feeds.errors import FeedRefused
from otklik.catalog.feeds.idset import IdSet
from otklik.catalog.feeds.model import (
    FeedCategory,
    FeedCurrency,
    FeedFormat,
    FeedHead,
    FeedItem,
    FeedNote,
    FeedOffer,
)
from otklik.catalog.feeds.reader import FeedReader
from otklik.catalog.feeds.report import LINES, FeedReport, Tally, refusal_remark, remarks
from otklik.catalog.feeds.stream import Source

# How many different things of one kind are remembered, and how many are shown.
KINDS = 50_000
SHOWN = 200
_DATES = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


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


class _Waiting:
    """Things named before they were listed: judged at the end, in bounded memory."""

    def __init__(self) -> None:
        self._kinds: dict[str, Tally] = {}

    def add(self, id_: str, line: int) -> bool:
        """Remember; False when too many different ids wait already."""
        tally = self._kinds.get(id_)
        if tally is None:
            if len(self._kinds) >= KINDS:
                return False
            tally = self._kinds[id_] = Tally(line, id_)
        tally.add(line)
        return True

    def unknown(self, listed: IdSet) -> list[Tally]:
        return [tally for id_, tally in self._kinds.items() if id_ not in listed]


class Health:
    """Adds up the items of one feed."""

    def __init__(self) -> None:
        self._offers = self._categories = self._params = 0
        self._unavailable = self._old_price = self._group = self._vendor = self._stock = 0
        self._date: str | None = None
        self._format: FeedFormat | None = None
        self._ids, self._listed = IdSet(), IdSet()
        self._of_category, self._of_parent, self._of_currency = _Waiting(), _Waiting(), _Waiting()
        self._currencies: dict[str, None] = {}
        self._declared = IdSet()
        self._offer_currencies: dict[str, None] = {}
        self._types: set[str] = set()
        self._tags: set[str] = set()
        self._found: dict[str, Tally] = {}

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
        self._format = head.format
        if head.format == "google":
            # The format has no date of its own.
            return
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
            if self._format != "google":
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
            tally = self._found[code] = Tally(line, fact)
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
            found["no_offers"] = Tally(0, "")

        def count(code: str) -> int:
            return found[code].count if code in found else 0

        errors = remarks(found, "error")
        return FeedReport(
            refused=refusal.code if refusal else None,
            format=self._format,
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
            errors=(refusal_remark(refusal), *errors) if refusal else errors,
            warnings=remarks(found, "warning"),
        )


def _put_together(found: dict[str, Tally], code: str, parts: list[Tally]) -> None:
    if not parts:
        return
    first = min(parts, key=lambda tally: tally.first)
    whole = Tally(first.first, first.fact)
    beyond = [found[code]] if code in found else []
    whole.count = sum(part.count for part in [*parts, *beyond])
    whole.lines = sorted(line for part in parts for line in part.lines)[:LINES]
    found[code] = whole


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
