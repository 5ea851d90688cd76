"""Reports as CSV: for a spreadsheet and for a statistician."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from otklik.analytics.model import ARM_COLUMNS, METRIC_NAMES, Report, ReportSpec
from otklik.analytics.queries import NEVER, PEOPLE_COLUMNS, Chosen, overview, people_pages
from otklik.analytics.revenue import check_limit
from otklik.kit.i18n import Lang, Text
from otklik.runtime.public import Runtime

if TYPE_CHECKING:
    import pyarrow as pa

_BOM: Final = "\ufeff"
_SLICE: Final = 10_000
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
EVERYBODY: Final = Chosen()
_COMPARISON_COLUMNS: Final = (
    Text(en="Metric", ru="Показатель"),
    Text(en="Group", ru="Группа"),
    Text(en="Against", ru="С чем сравнивается"),
    Text(en="Difference", ru="Разница"),
    Text(en="From", ru="От"),
    Text(en="To", ru="До"),
    Text(en="Lift", ru="Прирост"),
    Text(en="Lift from", ru="Прирост от"),
    Text(en="Lift to", ru="Прирост до"),
    Text(en="p-value", ru="p-значение"),
    Text(en="Significant", ru="Значимо"),
    Text(en="Detectable lift", ru="Заметный прирост"),
    Text(en="Method", ru="Способ"),
)
_THE_REST: Final = Text(en="The rest", ru="Остальные")
_HOURS: Final = Text(
    en="By hour of the day, people for the first time", ru="По часам суток, люди в первый раз"
)
_HOUR_COLUMNS: Final = (
    Text(en="Hour", ru="Час"),
    ARM_COLUMNS["key"],
    ARM_COLUMNS["opened_person"],
    ARM_COLUMNS["clicked_person"],
    ARM_COLUMNS["targets"],
)
_LINKS: Final = Text(en="Links", ru="Ссылки")
_LINK_COLUMNS: Final = (
    Text(en="Address", ru="Адрес"),
    ARM_COLUMNS["clicked_person"],
    ARM_COLUMNS["clicked_machine"],
    Text(en="The rest: clicked by people", ru="Остальные: перешли люди"),
    Text(en="The rest: clicked by machines only", ru="Остальные: перешли только машины"),
)
_LEAVING: Final = Text(en="Why readers left", ru="Почему отписались")
_LEAVING_COLUMNS: Final = (
    Text(en="Reason", ru="Причина"),
    ARM_COLUMNS["unsubscribed"],
    Text(en="The rest: unsubscribed", ru="Остальные: отписались"),
)


def report_csv(report: Report, lang: Lang) -> bytes:
    """Return the report as CSV (RFC 4180, UTF-8 with a mark that spreadsheets look for).

    Tables with an empty line between them: the verdict with the check of group sizes, the groups,
    the comparisons, and of what there is: the rest after a first part, hours, links, reasons of
    leaving. Numbers have a point whatever the language, so that programs read them alike. A text
    that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    yes, no = ("yes", "no") if lang == "en" else ("да", "нет")
    rows: list[list[Any]] = [
        [report.campaign.name],
        [_say(lang, "As of", "На момент"), report.as_of.isoformat()],
        [_say(lang, "Verdict", "Вывод"), report.verdict.text],
        *([_say(lang, "What it takes", "Что нужно"), one] for one in report.verdict.needed),
    ]
    if report.sample_ratio is not None:
        name = _say(lang, "Group sizes as ordered", "Размеры групп как заданы")
        rows.append([name, yes if report.sample_ratio.ok else no, report.sample_ratio.p_value])
    rows += [[], [text.of(lang) for text in ARM_COLUMNS.values()]]
    rows += [[getattr(arm, field) for field in ARM_COLUMNS] for arm in report.arms]
    if report.comparisons:
        rows += [[], [text.of(lang) for text in _COMPARISON_COLUMNS]]
    for item in report.comparisons:
        rows.append(
            [
                METRIC_NAMES[item.metric].of(lang),
                item.arm,
                item.against,
                item.difference,
                *item.interval,
                item.lift,
                *(item.lift_interval or (None, None)),
                item.p_value,
                yes if item.significant else no,
                item.detectable_lift,
                item.method,
            ]
        )
    for title, head, lines in _more_tables(report):
        if lines:
            rows += [[], [title.of(lang)], [text.of(lang) for text in head], *lines]
    return (_BOM + _lines(rows)).encode()


def _more_tables(report: Report) -> list[tuple[Text, Sequence[Text], list[list[Any]]]]:
    """Return what the page shows under the comparisons: the title, the columns, the lines."""
    rest = [[getattr(arm, field) for field in ARM_COLUMNS] for arm in report.rest]
    hours = [[one.hour, one.arm, one.opens, one.clicks, one.targets] for one in report.hours]
    links = [list(msgspec.structs.astuple(one)) for one in report.links]
    leaving = [list(msgspec.structs.astuple(one)) for one in report.leaving]
    return [
        (_THE_REST, tuple(ARM_COLUMNS.values()), rest),
        (_HOURS, _HOUR_COLUMNS, hours),
        (_LINKS, _LINK_COLUMNS, links),
        (_LEAVING, _LEAVING_COLUMNS, leaving),
    ]


async def people_csv(
    rt: Runtime, spec: ReportSpec, chosen: Chosen = EVERYBODY
) -> AsyncIterator[bytes]:
    """Yield one line per assigned person as CSV, so that every figure can be computed again.

    `chosen`: only of the people behind one figure.

    Columns: `PEOPLE_COLUMNS`, named as in the API. Flags are 0 or 1; a moment is ISO 8601 in UTC,
    empty when it never came.
    """
    yield (_BOM + _lines([list(PEOPLE_COLUMNS)])).encode()
    people = await overview(rt, spec)
    if people.assigned == 0:
        return
    limit = await check_limit(rt, spec, people, needed=chosen.of_outliers)
    async for page in people_pages(rt, spec, people, chosen, check_limit=limit):
        for start in range(0, page.num_rows, _SLICE):
            # Rows become Python objects, which are large, so only a few at a time.
            yield _people_lines(page.slice(start, _SLICE)).encode()


def _people_lines(page: pa.Table) -> str:
    columns: list[Iterable[Any]] = []
    for name in PEOPLE_COLUMNS:
        values = page[name].to_pylist()
        moments = name.endswith("_at")
        columns.append(map(_cell, values) if moments or name == "arm" else values)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(zip(*columns, strict=True))
    return out.getvalue()


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return out.getvalue()


def table_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as a file that a spreadsheet reads, harmless to it."""
    return (_BOM + _lines(rows)).encode()


def csv_line(row: Iterable[object]) -> list[Any]:
    """Return the cells of a line: no text that a spreadsheet would take for a formula."""
    return [_cell(value) for value in row]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return "'" + value if value.startswith(_DANGEROUS) else value
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return "" if aware <= NEVER else aware.astimezone(UTC).isoformat()
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else value


def _say(lang: Lang, en: str, ru: str) -> str:
    return ru if lang == "ru" else en
