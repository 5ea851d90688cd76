"""The house's own rules, held by code: what imports can't show."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from otklik.entrypoints import wiring
from otklik.runtime.public import Runtime
from tools import reference

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "otklik"
SLICES = [
    "accounts",
    "events",
    "profiles",
    "privacy",
    "catalog",
    "channels/email",
    "content",
    "segments",
    "experiments",
    "delivery",
    "ingestion",
    "analytics",
    "campaigns",
    "computed",
    "exports",
]

# Tables that stand above workspaces, each with its reason.
WITHOUT_WORKSPACE = {
    "workspaces": "is the workspace",
    "users": "a person may belong to several workspaces",
    "login_failures": "happens before anyone is known",
    "idempotency_keys": "its key holds the hash of the caller's credential",
}


def python_files(*parts: str) -> Iterator[Path]:
    yield from sorted(SOURCE.joinpath(*parts).rglob("*.py"))


@pytest.mark.parametrize("table", wiring.metadata.sorted_tables, ids=lambda t: t.name)
def test_every_table_has_a_workspace(table: sa.Table) -> None:
    assert "workspace_id" in table.c or table.name in WITHOUT_WORKSPACE


@pytest.mark.parametrize("slice_name", SLICES)
def test_every_slice_says_what_it_owns(slice_name: str) -> None:
    readme = SOURCE / slice_name / "README.md"
    assert readme.exists()
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 30


@pytest.mark.parametrize("slice_name", SLICES)
def test_a_door_shows_no_table(slice_name: str) -> None:
    door = SOURCE / slice_name / "public.py"
    names = {
        alias.name
        for node in ast.walk(ast.parse(door.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".tables")
        for alias in node.names
    }
    assert not names, f"{slice_name} lets its tables out: {names}"


CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


@pytest.mark.parametrize("slice_name", [*SLICES, "rules"])
def test_no_slice_looks_at_a_clock(slice_name: str) -> None:
    for file in python_files(slice_name):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in CLOCKS, f"{file}:{node.lineno}"


def test_litestar_stays_in_the_shells() -> None:
    allowed = re.compile(r"(http(/.*)?\.py|/http_\w+\.py|accounts/guards\.py)$")
    for file in python_files():
        inside = file.relative_to(SOURCE).as_posix()
        if inside.startswith(("entrypoints/", "runtime/web/")) or allowed.search("/" + inside):
            continue
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) litestar", text, re.M), inside


def test_every_route_of_the_api_has_a_guard_and_a_name(runtime: Runtime, app: object) -> None:
    seen = 0
    for route in app.routes:  # type: ignore[attr-defined]
        if not route.path.startswith("/api/v1"):
            continue
        for handler in getattr(route, "route_handlers", []):
            if "OPTIONS" in handler.http_methods and len(handler.http_methods) == 1:
                continue
            seen += 1
            assert handler.operation_id, f"{route.path} has no operation_id"
            if handler.opt.get("public"):
                continue
            guards = handler.resolve_guards()
            assert any(hasattr(g, "permission") for g in guards), f"{route.path} has no guard"
    assert seen > 20


# Which slice owns which ClickHouse table; a slice reads its own and those of tiers below.
FACT_TABLES = {
    "events": "events",
    "profile_traits": "profiles",
    "profile_merges": "profiles",
    "duplicate_people": "profiles",
    "duplicate_keys": "profiles",
    "duplicate_candidates": "profiles",
    "orders": "catalog",
    "product_facts": "catalog",
    "consents": "privacy",
    "segment_memberships": "segments",
    "segment_answers": "segments",
    "segment_changes": "segments",
    "segment_changes_of_person": "segments",
    "segment_people": "segments",
    "id_pieces": "segments",
    "computed_changes": "computed",
    "message_facts": "delivery",
    "export_members": "exports",
}
# A slice may show a table of facts to lower ones as well; its columns are then a promise.
SHOWN = {"message_facts": "segments ask what became of messages (docs/decisions/0010)"}
TIERS = [
    {"accounts"},
    {"events"},
    {"profiles"},
    {"privacy", "catalog"},
    {"channels/email", "content", "segments", "computed"},
    {"experiments"},
    {"delivery", "ingestion"},
    {"analytics", "campaigns", "exports"},
]


@pytest.mark.parametrize("slice_name", SLICES)
def test_sql_reads_only_tables_of_its_own_and_lower_tiers(slice_name: str) -> None:
    tier = next(i for i, names in enumerate(TIERS) if slice_name in names)
    allowed = {slice_name} | {name for names in TIERS[:tier] for name in names}
    files = [*python_files(slice_name), *(SOURCE / slice_name).rglob("*.sql")]
    for file in files:
        for table in re.findall(r"\b(?:FROM|JOIN|INTO)\s+([a-z_]+)", file.read_text("utf-8")):
            owner = FACT_TABLES.get(table)
            known = owner is None or owner in allowed or table in SHOWN
            assert known, f"{file.name} of {slice_name} reads {table}"


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_pages_are_up_to_date(name: str) -> None:
    written = (reference.FOLDER / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), f"run: python -m tools.reference ({name})"


def test_nothing_unfinished_is_left_in_the_code() -> None:
    for file in python_files():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\b(TODO|FIXME|XXX)\b|NotImplementedError", text), file


def test_the_lock_files_name_no_host() -> None:
    locks = [*ROOT.glob("requirements/*"), *ROOT.glob("web/package-lock.json")]
    locks += [f for f in ROOT.glob("tests/**/package-lock.json") if "node_modules" not in f.parts]
    assert len(locks) >= 5
    for file in locks:
        text = file.read_text("utf-8")
        assert '"resolved": "http' not in text, file
        assert not re.search(r"--(extra-)?index-url|--find-links|@ https?:", text), file
