"""The people behind a figure of the global control group, as a list and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import msgspec

from otklik.analytics.control.model import (
    SIDE_NAMES,
    ControlSpec,
    GlobalControlReport,
    Kind,
    Side,
)
from otklik.analytics.control.queries import PEOPLE_COLUMNS, Behind, people_behind, people_pages
from otklik.analytics.control.report import check_limit_of
from otklik.analytics.export import csv_line
from otklik.analytics.model import METRIC_NAMES
from otklik.analytics.queries import NEVER
from otklik.kit.i18n import Lang, Text
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.profiles.public import ProfileItem, profile_items
from otklik.runtime.public import Runtime

_BOM: Final = "\ufeff"


class ControlPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One of the people of a figure. `person` is null when the profile was erased since.

    `entered_at`: his first mailing under this group, from which his `orders` and `revenue` count;
    `letters` that he got while it was in force.
    """

    profile_id: int
    person: ProfileItem | None
    side: Side
    entered_at: datetime
    letters: int
    orders: int
    revenue: float


async def control_people(
    rt: Runtime, spec: ControlSpec, behind: Behind, *, cursor: str | None, limit: int
) -> Page[ControlPerson]:
    """Return a page of the people behind a figure, the newest profiles first; raises BadCursor."""
    limit = clamp_limit(limit)
    before = decode_cursor(cursor, int)[0] if cursor else None
    rows, total = await people_behind(
        rt,
        spec,
        behind,
        before=before,
        limit=limit + 1,
        check_limit=await check_limit_of(rt, spec),
    )
    shown = rows[:limit]
    async with rt.db.begin() as tx:
        items = await profile_items(
            tx, workspace_id=spec.workspace_id, profile_ids=[row.profile_id for row in shown]
        )
    return Page(
        items=[
            ControlPerson(
                profile_id=row.profile_id,
                person=items.get(row.profile_id),
                side=row.side,
                entered_at=row.entered_at,
                letters=row.letters,
                orders=row.orders,
                revenue=row.revenue,
            )
            for row in shown
        ],
        next_cursor=encode_cursor(shown[-1].profile_id) if len(rows) > limit else None,
        total=total if before is None else None,
    )


async def control_people_csv(
    rt: Runtime, spec: ControlSpec, behind: Behind
) -> AsyncIterator[bytes]:
    """Yield one line per person, numbers and moments as programs read them."""
    yield (_BOM + ",".join(PEOPLE_COLUMNS) + "\r\n").encode()
    limit = await check_limit_of(rt, spec)
    async for table in people_pages(rt, spec, behind, check_limit=limit):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        for row in table.to_pylist():
            writer.writerow(_cell(row[name]) for name in PEOPLE_COLUMNS)
        yield out.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return "" if value <= NEVER else value.isoformat()
    return value


_SIDE_COLUMNS: Final = {
    "name": Text(en="Group", ru="Группа"),
    "share": Text(en="Share as ordered", ru="Заданная доля"),
    "people": Text(en="People", ru="Людей"),
    "written": Text(en="Got letters", ru="Получили письма"),
    "letters": Text(en="Letters", ru="Писем"),
    "buyers": Text(en="Buyers", ru="Покупателей"),
    "buyers_share": Text(en="Share of buyers", ru="Доля покупателей"),
    "orders": Text(en="Orders", ru="Заказов"),
    "revenue": Text(en="Revenue", ru="Выручка"),
    "average_check": Text(en="Average check", ru="Средний чек"),
    "per_person": Text(en="Revenue per person", ru="Выручка на человека"),
}
_BETWEEN: Final = (
    Text(en="Metric", ru="Показатель"),
    Text(en="Difference", ru="Разница"),
    Text(en="From", ru="От"),
    Text(en="To", ru="До"),
    Text(en="Lift", ru="Прирост"),
    Text(en="p-value", ru="p-значение"),
    Text(en="Method", ru="Способ"),
)
_BUYERS: Final = Text(en="Buyers", ru="Покупатели")
_MONTH: Final = Text(en="Month", ru="Месяц")
_COUNTED: Final = {
    "mailings": Text(en="Mailings", ru="Рассылок"),
    "people": Text(en="People they were meant for", ru="Людей, которым они предназначались"),
    "kept": Text(en="Kept back for the group", ru="Не получили: контрольная группа"),
    "letters": Text(en="Letters", ru="Писем"),
}
_KIND: Final = Text(en="Counted", ru="Учтено")
_KINDS: Final[dict[Kind, Text]] = {
    "mass": Text(en="Mass mailings", ru="Массовые рассылки"),
    "regular": Text(en="Runs of regular mailings", ru="Выпуски регулярных рассылок"),
    "transactional": Text(
        en="Transactional letters that are no service messages",
        ru="Транзакционные письма, кроме сервисных",
    ),
}


def control_csv(report: GlobalControlReport, lang: Lang) -> bytes:
    """Return the report as CSV: the verdict, both sides, the comparisons, what was counted, the
    months."""
    rows: list[list[object]] = [[report.verdict.text]]
    if report.span is not None:
        rows.append([report.span.since, report.span.until or "", report.as_of])
    rows += [[], [text.of(lang) for text in _SIDE_COLUMNS.values()]]
    rows += [[getattr(side, name) for name in _SIDE_COLUMNS] for side in report.sides]
    rows += [[], [text.of(lang) for text in _BETWEEN]]
    for held in report.comparisons:
        name = _BUYERS if held.metric == "targets" else METRIC_NAMES[held.metric]
        rows.append(
            [name.of(lang), held.difference, *held.interval, held.lift, held.p_value, held.method]
        )
    rows += [[], [_KIND.of(lang), *(text.of(lang) for text in _COUNTED.values())]]
    rows += [
        [_KINDS[one.kind].of(lang), *(getattr(one, name) for name in _COUNTED)]
        for one in report.counted
    ]
    counts = ("people", "buyers", "orders", "revenue")
    rows += [[], [_MONTH.of(lang), _SIDE_COLUMNS["name"].of(lang)]]
    rows[-1] += [_SIDE_COLUMNS[name].of(lang) for name in counts]
    for month in report.months:
        for key, name in SIDE_NAMES.items():
            side = month.rest if key == "rest" else month.kept
            rows.append([month.month, name.of(lang), *(getattr(side, one) for one in counts)])
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(csv_line(row) for row in rows)
    return (_BOM + out.getvalue()).encode()
