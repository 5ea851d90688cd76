"""`otklik import` at the terminal: what was recognised, a progress bar, counts, the wrong rows.

The work itself is that of an import from the interface, so it is listed there too. Whether a
worker runs meanwhile makes no difference: both take pieces of it by the same locks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.table import Table

from otklik.accounts.public import get_workspace
from otklik.ingestion.public import (
    FileFormat,
    ImportKind,
    ImportOptions,
    ImportState,
    ImportView,
    Look,
    error_file,
    import_file,
    recognise_file,
)
from otklik.kit.i18n import Lang, group_digits
from otklik.profiles.public import store_changes
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_DATES = {"ymd": "year-month-day", "dmy": "day.month.year", "mdy": "month/day/year"}


async def import_from_terminal(
    rt: Runtime,
    *,
    workspace_id: int,
    kind: ImportKind | None,
    file: Path,
    mapping: Mapping[str, str],
    match: str | None,
    options: ImportOptions,
    console: Console,
    timezone: str | None = None,
    look: Look | None = None,
    dry_run: bool = False,
    lang: Lang = "en",
) -> bool:
    """Import a file to its end, telling how it goes; False when nothing of it could be imported.

    `kind`: None: as the file looks. `mapping`: columns to fields; those that it leaves out are
    guessed. `match`: the identifier to match customers on. `timezone`: of times without a zone;
    None: that of the workspace, or of the service whose export it is. Wrong rows are written beside
    the file, to `FILE.errors.csv`, with reasons in `lang`.
    Raises: what recognising the file and checking the mapping raise (UnreadableFile, UnknownColumn,
    UnknownField, MissingField, FieldTwice).
    """
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=workspace_id)
    zone = timezone or workspace.timezone
    form = await asyncio.to_thread(recognise_file, file)
    show_form(console, file, form, zone)
    screen = _Screen(console)
    try:
        with screen.bar:
            view = await import_file(
                rt,
                workspace_id=workspace_id,
                kind=kind,
                file=file,
                mapping=dict(mapping),
                key=match,
                options=msgspec.structs.replace(options, timezone=zone),
                look=look,
                dry_run=dry_run,
                carry=True,
                lang=lang,
                progress=screen.show,
            )
            if not dry_run:
                await _settle(rt)
    except (asyncio.CancelledError, KeyboardInterrupt):
        if screen.begun:
            console.print(
                "Interrupted. What was read is kept, and a running Otklik goes on with the rest; "
                "the page Imports can cancel it."
            )
        raise
    show_counts(console, view)
    if view.rows_failed:
        await _write_errors(rt, workspace_id, view, file, console, lang)
    return could_import(view)


def could_import(view: ImportView) -> bool:
    """Tell whether an import came to its end and brought anything."""
    if view.state is not ImportState.DONE:
        return False
    if view.kind is ImportKind.ORDERS:
        return view.orders + view.refunds > 0
    return view.rows_ok > 0


def show_form(console: Console, file: Path, form: FileFormat, zone: str) -> None:
    """Say what the file looks like."""
    header = "names in the first line" if form.header else "no names in the first line"
    packed = ", gzipped" if form.packed else ""
    console.print(f"[bold]{escape(file.name)}[/]: {len(form.columns)} columns, {header}{packed}")
    text = f"{form.original_encoding}, separated by {_SEPARATORS[form.separator]}"
    what = {"csv": text, "jsonl": f"JSON lines, {form.original_encoding}", "xlsx": "XLSX"}
    console.print(
        f"  {what[form.source]}, decimal {form.decimal}, dates as {_DATES[form.date_order]}, "
        f"times of {escape(zone)}",
        style="dim",
    )
    if form.sheets:
        console.print(
            f"  sheet {form.sheet + 1} of {len(form.sheets)}: {escape(form.sheets[form.sheet])}",
            style="dim",
        )
    if form.decimal_unsure:
        console.print(
            f"  {escape(form.decimal_unsure)} can be read in two ways; --decimal chooses.",
            style="dim",
        )
    for position in form.date_unsure:
        console.print(
            f"  The dates of {escape(form.columns[position])} can be read in two ways; "
            "--dates chooses.",
            style="dim",
        )


def show_mapping(console: Console, view: ImportView) -> None:
    """Show what the rows are, and what becomes of every column."""
    of = f", an export of {view.service.split('_')[0]}" if view.service else ""
    console.print(f"  [bold]{view.kind}[/]{of}")
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    table.add_column("column")
    table.add_column("becomes")
    for column in view.columns:
        field = view.mapping.get(column)
        note = " [dim](matched on)[/]" if field is not None and field == view.key else ""
        table.add_row(escape(column), f"{escape(field)}{note}" if field else "[dim]left out[/]")
    console.print(table)


def show_counts(console: Console, view: ImportView) -> None:
    """Say what came of it."""
    if view.state is not ImportState.DONE:
        console.print(f"[red]The import {view.state}.[/] {escape(view.error or '')}".rstrip())
    parts = [f"{_count(view.rows_read, 'row')} read"]
    counts = view.counts
    if view.kind is ImportKind.EVENTS:
        parts += [_count(counts.events, "event"), f"{_digits(counts.repeats)} repeats"]
    elif view.kind is ImportKind.CONSENTS:
        parts += [f"{_digits(counts.granted)} agreed", f"{_digits(counts.withdrawn)} refused"]
        parts += [f"{_digits(counts.silent)} without a word"] if counts.silent else []
    if counts.suppressed or counts.suppressed_known or view.kind is ImportKind.SUPPRESSIONS:
        parts.append(f"{_digits(counts.suppressed)} added to the stop list")
        parts.append(f"{_digits(counts.suppressed_known)} were on it")
    if view.kind in {ImportKind.CUSTOMERS, ImportKind.EVENTS, ImportKind.CONSENTS}:
        parts += [f"{_count(view.created, 'customer')} created", f"{_digits(view.updated)} updated"]
    elif view.kind is ImportKind.ORDERS:
        parts += [_count(view.orders, "order"), _count(view.refunds, "return")]
        if view.rows_skipped:
            parts.append(f"{_count(view.rows_skipped, 'row')} left out")
        if view.rows_anonymous:
            parts.append(f"{_count(view.rows_anonymous, 'row')} without a customer")
    parts.append(f"{_digits(view.rows_failed)} wrong")
    would = " [dim](a dry run: nothing was stored)[/]" if view.dry_run else ""
    console.print(f"{', '.join(parts)}{would}")


async def _settle(rt: Runtime) -> None:
    """Bring people and orders to ClickHouse, as a worker would; with one, little is left."""
    while await store_changes(rt) or await carry_facts(rt):
        pass


async def _write_errors(
    rt: Runtime, workspace_id: int, view: ImportView, file: Path, console: Console, lang: Lang
) -> None:
    target = file.with_name(f"{file.name}.errors.csv")
    try:
        with target.open("wb") as out:
            async for part in error_file(
                rt, workspace_id=workspace_id, import_id=view.id, lang=lang
            ):
                out.write(part)
    except OSError as error:
        console.print(
            f"{escape(str(target))} can't be written ({error.strerror}); "
            "the wrong rows are on the page Imports."
        )
        return
    console.print(f"The wrong rows and their reasons: {escape(str(target))}")


class _Screen:
    """The mapping once, then a bar that moves with every piece."""

    def __init__(self, console: Console) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]}"),
            TextColumn("{task.fields[rate]}", style="dim"),
            TextColumn("{task.fields[eta]}", style="dim"),
            console=console,
            # Beside a pipe or in a log only the result is of use.
            disable=not console.is_terminal,
        )
        self._console = console
        self._task: TaskID | None = None
        self._import: UUID | None = None

    @property
    def begun(self) -> bool:
        return self._import is not None

    def show(self, view: ImportView) -> None:
        if self._task is None:
            self._import = view.id
            show_mapping(self._console, view)
            self._task = self.bar.add_task("", total=view.bytes_total, rows="", rate="", eta="")
        reading = view.phase == "read"
        self.bar.update(
            self._task,
            description="Reading" if reading else "Storing",
            completed=view.bytes_done,
            rows=_count(view.rows_read, "row"),
            rate=f"{_digits(round(view.rows_per_s))} a second" if view.rows_per_s else "",
            eta=f"{_clock(view.eta_s)} left" if reading and view.eta_s else "",
        )


def _count(n: int, noun: str) -> str:
    return f"{_digits(n)} {noun}{'' if n == 1 else 's'}"


def _digits(n: int) -> str:
    return group_digits("en", n)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}".removeprefix("0:")
