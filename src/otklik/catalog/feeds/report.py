"""The health report of a feed as it is shown and kept."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from otklik.catalog.feeds.errors import FeedRefused
from otklik.catalog.feeds.model import FeedFormat
from otklik.catalog.feeds.remarks import REMARKS, Level

# How many lines a remark names.
LINES = 20


class Tally:
    """How often something was met, and where."""

    def __init__(self, line: int, fact: str) -> None:
        self.count = 0
        self.lines: list[int] = []
        self.first = line
        self.fact = fact

    def add(self, line: int, count: int = 1) -> None:
        self.count += count
        if len(self.lines) < LINES:
            self.lines.append(line)


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
    or as found out. `date`: as written. `format`: None when the file is of no known kind.
    """

    refused: str | None
    format: FeedFormat | None
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


def remarks(found: Mapping[str, Tally], level: Level) -> tuple[FeedRemark, ...]:
    said = []
    for code, (of_level, text) in REMARKS.items():
        tally = found.get(code)
        if tally is None or of_level != level:
            continue
        facts = {"count": tally.count, "line": tally.first, "fact": tally.fact}
        said.append(
            FeedRemark(
                code=code,
                count=tally.count,
                line=tally.first or None,
                lines=tuple(tally.lines),
                en=text.of("en", facts),
                ru=text.of("ru", facts),
            )
        )
    return tuple(said)


def refusal_remark(refusal: FeedRefused) -> FeedRemark:
    said = []
    for text, hint in (
        (refusal.text("en"), refusal.hint_text("en")),
        (refusal.text("ru"), refusal.hint_text("ru")),
    ):
        said.append(f"{text} {hint}" if hint else text)
    line = refusal.line
    lines = () if line is None else (line,)
    return FeedRemark(code=refusal.code, count=1, line=line, lines=lines, en=said[0], ru=said[1])
