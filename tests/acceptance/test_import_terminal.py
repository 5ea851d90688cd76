"""`otklik import`, as an administrator at a terminal meets it."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from otklik.accounts.public import Workspace
from otklik.catalog.public import list_orders
from otklik.entrypoints.cli import main
from otklik.entrypoints.importing import import_from_terminal
from otklik.ingestion.imports.errors import DamagedFile, MissingField
from otklik.ingestion.public import (
    DeclaredConsent,
    ImportKind,
    ImportOptions,
    imports_loop,
    pipeline_loop,
)
from otklik.privacy.public import consent_states
from otklik.profiles.public import list_profiles
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.public import LoopRunner, Runtime

PEOPLE = "Номер;Почта;Имя;Город\n1;anna@a.example;Анна;Пермь\n2;boris@b.example;Борис;Омск\n"
ORDERS = (
    "order_id,date,email,sku,quantity,price\n"
    "A-1,2026-05-02 10:00,anna@a.example,p1,2,10.50\n"
    "A-1,2026-05-02 10:00,anna@a.example,p2,1,5\n"
    "A-2,2026-05-03 10:00,boris@b.example,p1,-1,10.50\n"
    "A-3,2026-05-04 10:00,,p1,1,10.50\n"
)


class Terminal:
    """A terminal of one workspace; `said` is what stands on it."""

    def __init__(self, rt: Runtime, workspace: Workspace) -> None:
        self.rt, self.workspace = rt, workspace
        self._out = io.StringIO()
        self.console = Console(file=self._out, width=120, highlight=False)

    @property
    def said(self) -> str:
        return self._out.getvalue()

    async def bring(self, kind: Any, file: Path, **more: Any) -> bool:
        options = ImportOptions(consent=more.pop("consent", None))
        return await import_from_terminal(
            self.rt,
            workspace_id=self.workspace.id,
            kind=ImportKind(kind) if kind else None,
            file=file,
            console=self.console,
            **{"mapping": {}, "match": None, "options": options, **more},
        )

    async def people(self) -> list[Any]:
        async with self.rt.db.begin() as tx:
            page = await list_profiles(tx, workspace_id=self.workspace.id)
        return sorted(page.items, key=lambda person: person.email or "")


@pytest.fixture
def terminal(rt: Runtime, workspace: Workspace) -> Terminal:
    return Terminal(rt, workspace)


def put(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


async def test_it_shows_what_it_recognised_and_brings_the_people(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = put(tmp_path, "people.csv", PEOPLE, "windows-1251")
    assert await terminal.bring("customers", file, mapping={"Номер": "user_id"})
    said = terminal.said
    assert "people.csv: 4 columns, names in the first line" in said
    assert "windows-1251, separated by semicolon" in said
    assert "times of Europe/Moscow" in said
    assert ["user_id", "(matched", "on)"] in [line.split()[1:] for line in said.splitlines()]
    assert "2 rows read, 2 customers created, 0 updated, 0 wrong" in said
    assert not list(tmp_path.glob("*.errors.csv"))
    anna, boris = await terminal.people()
    assert (anna.email, anna.traits["city"], boris.name) == ("anna@a.example", "Пермь", "Борис")
    rows = await terminal.rt.ch.query(
        "SELECT count() FROM profiles FINAL WHERE workspace_id = {id:UInt32} AND is_deleted = 0",
        {"id": terminal.workspace.id},
    )
    assert rows == [(2,)], "segments see the people although no worker runs"


async def test_wrong_rows_are_written_beside_the_file(terminal: Terminal, tmp_path: Path) -> None:
    file = put(tmp_path, "p.csv", "email,name\na@b.example,A\nnot an address,B\n,C\n")
    assert await terminal.bring("customers", file)
    assert "3 rows read, 1 customer created, 0 updated, 2 wrong" in terminal.said
    target = tmp_path / "p.csv.errors.csv"
    assert str(target) in terminal.said.replace("\n", "")
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert [(row["name"], row["Row of the file"]) for row in rows] == [("B", "3"), ("C", "4")]
    assert rows[0]["What is wrong"].startswith("email: This is not an e-mail address")


async def test_it_tells_when_nothing_could_be_imported(terminal: Terminal, tmp_path: Path) -> None:
    file = put(tmp_path, "p.csv", "email,name\nno,A\nnone,B\n")
    assert not await terminal.bring("customers", file, mapping={"email": "email"})
    assert "2 wrong" in terminal.said
    assert (tmp_path / "p.csv.errors.csv").exists()
    assert await terminal.people() == []


async def test_a_dry_run_stores_nothing(terminal: Terminal, tmp_path: Path) -> None:
    file = put(tmp_path, "people.csv", PEOPLE)
    assert await terminal.bring("customers", file, dry_run=True)
    assert "2 customers created" in terminal.said
    assert "(a dry run: nothing was stored)" in terminal.said
    assert await terminal.people() == []


async def test_orders_reach_both_stores(terminal: Terminal, tmp_path: Path) -> None:
    assert await terminal.bring("orders", put(tmp_path, "orders.csv", ORDERS))
    assert "1 order, 1 return" in terminal.said
    assert "1 row without a customer" in terminal.said
    async with terminal.rt.db.begin() as tx:
        page = await list_orders(tx, workspace_id=terminal.workspace.id)
    found = {order.order_id: (order.total, order.placed_at.hour) for order in page.items}
    # Ten o'clock in Moscow is seven in UTC.
    assert found["A-1"] == (26.0, 7)
    rows = await terminal.rt.ch.query(
        "SELECT order_id, toFloat64(total) FROM orders FINAL WHERE workspace_id = {id:UInt32}"
        " AND status = 'paid' OR workspace_id = {id:UInt32} AND status = 'placed'",
        {"id": terminal.workspace.id},
    )
    assert rows == [("A-1", 26.0)]


async def test_a_declared_consent_reaches_the_ledger(terminal: Terminal, tmp_path: Path) -> None:
    consent = DeclaredConsent(channel="email", note="Paper forms of May 2026")
    file = put(tmp_path, "p.csv", "email\na@b.example\n")
    assert await terminal.bring("customers", file, consent=consent)
    (person,) = await terminal.people()
    async with terminal.rt.db.begin() as tx:
        (state,) = await consent_states(
            tx, workspace_id=terminal.workspace.id, profile_id=person.id
        )
    assert (state.channel, state.state, state.source) == ("email", "granted", "import")


async def test_a_worker_beside_it_changes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    lines = "".join(f"u{i},u{i}@a.example\n" for i in range(9_000))
    file = put(tmp_path, "many.csv", "user_id,email\n" + lines)
    runner = LoopRunner(terminal.rt, [imports_loop(), pipeline_loop()])
    working = asyncio.create_task(runner.run())
    try:
        assert await terminal.bring("customers", file)
    finally:
        runner.stop()
        await working
    assert "9,000 rows read, 9,000 customers created, 0 updated, 0 wrong" in terminal.said


async def test_markup_in_a_file_is_shown_as_it_is(terminal: Terminal, tmp_path: Path) -> None:
    file = put(tmp_path, "p.csv", "email,[red]x[/nothing]\na@b.example,1\n")
    assert await terminal.bring("customers", file)
    assert "[red]x[/nothing]" in terminal.said


async def test_what_is_no_table_is_refused_before_anything_is_done(
    terminal: Terminal, tmp_path: Path
) -> None:
    with pytest.raises(DamagedFile):
        await terminal.bring("customers", put(tmp_path, "p.csv", "PK\x03\x04 and so on"))
    with pytest.raises(MissingField):
        await terminal.bring("customers", put(tmp_path, "q.csv", "name\nAnna\n"))
    async with terminal.rt.db.begin() as tx:
        count = await tx.exec_driver_sql(
            "SELECT count(*) FROM imports WHERE workspace_id = %s", (terminal.workspace.id,)
        )
        assert count.scalar_one() == 0


@pytest.fixture
def otklik(tmp_path: Path) -> Iterator[Any]:
    """The command line on engines nobody has used before: its first command makes the schemas."""
    data = tmp_path / "data"
    engines = EmbeddedEngines(data).start()
    env = {
        "OTKLIK_DATA": str(data),
        "OTKLIK_DATABASE_URL": engines.database_url,
        "OTKLIK_CLICKHOUSE_URL": engines.clickhouse_url,
        "OTKLIK_LOG_LEVEL": "error",
    }

    def call(*args: str) -> Result:
        return CliRunner().invoke(main, list(args), env=env)

    yield call
    engines.stop()


def test_the_command_brings_a_file_and_says_by_its_code_how_it_went(
    otklik: Any, tmp_path: Path
) -> None:
    made = otklik("user", "create", "--email", "anna@a.example", "--workspace", "Shop")
    assert made.exit_code == 0, made.output
    good = put(tmp_path, "people.csv", PEOPLE)
    done = otklik("import", "customers", str(good), "--map", "Номер=user_id")
    assert done.exit_code == 0, done.output
    bad = put(tmp_path, "bad.csv", "email,name\nno,A\n")
    assert otklik("import", "customers", str(bad), "--map", "email=email").exit_code == 1
    refused = otklik("import", "orders", str(good))
    assert refused.exit_code == 1
    assert "No column is mapped to “order_id”." in refused.output
    wrong = otklik("import", "customers", str(good), "--map", "Номер")
    assert wrong.exit_code == 2
