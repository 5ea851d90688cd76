"""What the demo shows on the terminal: steps, checks, progress bars, tables."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

GOALS = ("targets", "revenue_per_person")


class Teller:
    """Tells the steps and remembers their `times` as (step, seconds) and what `failed`."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.times: list[tuple[str, float]] = []
        self.failed: list[str] = []

    def verify(self, right: bool, what: str) -> None:
        if right:
            self.console.print(f"  [green]✓[/] {what}", highlight=False)
        else:
            self.failed.append(what)
            self.console.print(f"  [red]✗ NOT TRUE:[/] {what}", highlight=False)

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        self.console.print(f"[bold]{name[0].upper()}{name[1:]}[/]")
        begun = time.perf_counter()
        yield
        self.times.append((name, time.perf_counter() - begun))

    def bar(self, what: str, total: int | None) -> Bar:
        return Bar(self.console, what, total)

    def print_report(self, report: dict[str, Any]) -> None:
        table = Table(title=f"Report: {report['campaign']['name']}", title_style="bold")
        columns = [
            ("Group", "name"),
            ("People", "assigned"),
            ("Sent", "sent"),
            ("Delivered", "delivered"),
            ("Opened", "opened_person"),
            ("by machines", "opened_machine"),
            ("Clicked", "clicked_person"),
            ("by machines", "clicked_machine"),
            ("Unsubscribed", "unsubscribed"),
            ("Bought", "targets"),
            ("Orders", "target_events"),
            ("Revenue, £", "revenue"),
        ]
        for title, key in columns:
            table.add_column(title, justify="left" if key == "name" else "right")
        for arm in report["arms"]:
            table.add_row(
                *(
                    f"{arm[key]:,.2f}"
                    if key == "revenue"
                    else f"{arm[key]:,}"
                    if key != "name"
                    else arm[key]
                    for _, key in columns
                )
            )
        self.console.print(table)
        table = Table(title="The groups compared", title_style="bold")
        for title in ("Group", "Against", "Figure", "Lift", "95% interval", "p", "Noticed from"):
            table.add_column(
                title, justify="left" if title in {"Group", "Against", "Figure"} else "right"
            )
        for c in report["comparisons"]:
            if c["metric"] in GOALS:
                table.add_row(
                    c["arm"],
                    c["against"],
                    c["metric"].replace("_", " "),
                    percent(c["lift"]),
                    " … ".join(percent(v) for v in c["lift_interval"])
                    if c["lift_interval"]
                    else "–",
                    f"{c['p_value']:.2f}",
                    percent(c["detectable_lift"]),
                )
        self.console.print(table)

    def print_verdict(self, verdict: str) -> None:
        self.console.print()
        self.console.print(f"Verdict: {verdict}", style="bold", markup=False)
        self.console.print(
            "It is the right one: these buyers lived years ago and never saw our letter, so "
            "nothing that they bought can come from it. A report that found an effect would lie.",
        )

    def print_times(self, total: float) -> None:
        table = Table(title="Time", title_style="bold")
        table.add_column("Step")
        table.add_column("Seconds", justify="right")
        for name, seconds in self.times:
            table.add_row(name, f"{seconds:.1f}")
        table.add_row("[bold]all together[/]", f"[bold]{total:.1f}[/]")
        self.console.print(table)
        if self.failed:
            self.console.print(f"[red]{len(self.failed)} of the checks failed.[/]")
        else:
            self.console.print("[green]Every step was verified.[/]")


class Bar:
    """A progress bar as a context: gives (progress, task)."""

    def __init__(self, console: Console, what: str, total: int | None) -> None:
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(what, total=total)

    def __enter__(self) -> tuple[Progress, Any]:
        self._progress.start()
        return self._progress, self._task

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:+.1%}"
