"""The report of all mailings of a period, and several mailings side by side."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

import msgspec

from otklik.analytics.channel.model import (
    Compared,
    MailingsReport,
    MailingsSpec,
    MailingTotals,
    MonthTotals,
    SegmentRef,
    SegmentsReport,
    SegmentTotals,
    Totals,
)
from otklik.analytics.channel.queries import WHOLE, Figures, figures
from otklik.analytics.export import csv_line
from otklik.analytics.model import ReportSpec
from otklik.analytics.public import campaign_report
from otklik.kit.i18n import Lang, Text
from otklik.runtime.public import Runtime

NamesOf = Callable[[Runtime, int, Sequence[UUID]], Awaitable[Mapping[UUID, str]]]
"""(rt, workspace_id, campaign ids) → their names; those that are gone are left out."""


async def mailings_report(
    rt: Runtime, spec: MailingsSpec, names_of: NamesOf, *, segment: SegmentRef | None = None
) -> MailingsReport:
    """Return the figures of all mailings of a period, and of the one it is held against.

    `segment` is what the report calls the one of `spec.segment_id`.
    """
    other = spec.other_period
    found = await figures(rt, spec, spec.period)
    against = await figures(rt, spec, other) if other else None
    ids = found.mailings()
    names = await names_of(rt, spec.workspace_id, ids)
    mailings = [
        MailingTotals(
            one, names.get(one), found.sent_at.get(str(one)), found.totals(str(one), WHOLE)
        )
        for one in ids
    ]
    return MailingsReport(
        since=spec.period.since,
        until=spec.period.until,
        against=other,
        model=spec.model,
        touch=spec.touch,
        window_days=spec.window_days,
        currency=spec.currency,
        totals=found.totals(WHOLE, WHOLE),
        totals_against=against.totals(WHOLE, WHOLE) if against else None,
        months=_months(found),
        months_against=_months(against) if against else [],
        # Ids grow with time: the newest mailing comes first.
        mailings=sorted(mailings, key=lambda one: one.id, reverse=True),
        segment=segment,
    )


async def segments_report(
    rt: Runtime, spec: MailingsSpec, segments: Sequence[SegmentRef]
) -> SegmentsReport:
    """Return the figures of everybody and of each segment, by the same queries as the report's.

    One after another: each goes through the facts of the whole period.
    """
    rows = []
    for segment in [None, *segments]:
        one = msgspec.structs.replace(spec, segment_id=segment.id if segment else None)
        found = await figures(rt, one, one.period)
        other = one.other_period
        against = await figures(rt, one, other) if other else None
        rows.append(
            SegmentTotals(
                segment,
                found.totals(WHOLE, WHOLE),
                against.totals(WHOLE, WHOLE) if against else None,
            )
        )
    return SegmentsReport(
        since=spec.period.since,
        until=spec.period.until,
        against=spec.other_period,
        model=spec.model,
        touch=spec.touch,
        window_days=spec.window_days,
        currency=spec.currency,
        segments=rows,
    )


def _months(found: Figures) -> list[MonthTotals]:
    return [MonthTotals(month, found.totals(WHOLE, month)) for month in found.months()]


async def compare_campaigns(rt: Runtime, specs: Sequence[ReportSpec], lang: Lang) -> list[Compared]:
    """Return of several reports, in the order given, what is held side by side."""
    reports = await asyncio.gather(*(campaign_report(rt, spec, lang) for spec in specs))
    return [
        Compared(
            campaign=report.campaign,
            arms=report.arms,
            comparisons=report.comparisons,
            verdict=report.verdict,
            complete=report.complete,
        )
        for report in reports
    ]


COLUMNS: dict[str, Text] = {
    "mailings": Text(en="Mailings", ru="Рассылок"),
    "assigned": Text(en="People in groups", ru="Людей в группах"),
    "sent": Text(en="Sent", ru="Отправлено"),
    "delivered": Text(en="Delivered", ru="Доставлено"),
    "bounced": Text(en="Bounced", ru="Возвраты"),
    "opened": Text(en="Opened by people", ru="Открыли люди"),
    "clicked": Text(en="Clicked by people", ru="Перешли люди"),
    "unsubscribed": Text(en="Unsubscribed", ru="Отписались"),
    "complained": Text(en="Complained", ru="Пожаловались"),
    "people": Text(en="People reached", ru="Получателей"),
    "orders": Text(en="All orders", ru="Всего заказов"),
    "revenue": Text(en="All revenue", ru="Вся выручка"),
    "attributed_orders": Text(en="Attributed orders", ru="Заказы по атрибуции"),
    "attributed_revenue": Text(en="Attributed revenue", ru="Выручка по атрибуции"),
    "buyers": Text(en="Buyers", ru="Покупателей"),
}
RULES: dict[str, Text] = {
    "last": Text(en="last touch", ru="последнее касание"),
    "first": Text(en="first touch", ru="первое касание"),
    "any": Text(en="any touch (an order counts for each letter)", ru="любое касание"),
    "position": Text(en="by position: 40/20/40", ru="по позиции: 40/20/40"),
}
TOUCHES: dict[str, Text] = {
    "clicked": Text(en="click", ru="переход"),
    "opened": Text(en="opening", ru="открытие"),
    "delivered": Text(en="delivery", ru="доставка"),
}
EVERYBODY = Text(en="Everybody", ru="Все")
_DAYS = Text(en="{days} days before the order", ru="дней до заказа: {days}")


def mailings_csv(report: MailingsReport, lang: Lang) -> bytes:
    """Return the report as CSV: the rule, the periods, the months, the mailings."""
    head = ["", "", *(text.of(lang) for text in COLUMNS.values())]
    whose = [] if report.segment is None else [report.segment.name]
    rows: list[list[object]] = [[*_rule(report, lang), *whose], [], [*head]]
    rows.append([report.since, report.until, *_cells(report.totals)])
    if report.against is not None and report.totals_against is not None:
        period = report.against
        rows.append([period.since, period.until, *_cells(report.totals_against)])
    for month in [*report.months_against, *report.months]:
        rows.append([month.month, "", *_cells(month.totals)])
    rows.append([])
    rows += [[one.name or "", one.id, *_cells(one.totals)] for one in report.mailings]
    return _table(rows)


def segments_csv(report: SegmentsReport, lang: Lang) -> bytes:
    """Return segments side by side as CSV: the rule, then a line for each, and for the period it
    is held against."""
    rows: list[list[object]] = [[*_rule(report, lang)], []]
    rows.append(["", "", "", *(text.of(lang) for text in COLUMNS.values())])
    for one in report.segments:
        name = EVERYBODY.of(lang) if one.segment is None else one.segment.name
        rows.append([name, report.since, report.until, *_cells(one.totals)])
        if report.against is not None and one.totals_against is not None:
            period = report.against
            rows.append([name, period.since, period.until, *_cells(one.totals_against)])
    return _table(rows)


def _rule(report: MailingsReport | SegmentsReport, lang: Lang) -> tuple[str, str, str]:
    return (
        RULES[report.model].of(lang),
        TOUCHES[report.touch].of(lang),
        _DAYS.of(lang, {"days": str(report.window_days)}),
    )


def _table(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(csv_line(row) for row in rows)
    return ("\ufeff" + out.getvalue()).encode()


def _cells(totals: Totals) -> list[object]:
    return [getattr(totals, name) for name in COLUMNS]
