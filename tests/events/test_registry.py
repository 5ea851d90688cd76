"""The registry of names and properties."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.accounts.public import Workspace
from otklik.events import model, queries
from otklik.events.model import paths_of, shape_of
from otklik.events.registry import Registry
from otklik.runtime.public import Runtime

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
properties = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def kinds(given: dict[str, Any]) -> set[tuple[str, str]]:
    return {(path, kind.value) for path, kind, _ in paths_of(given)}


@given(properties, properties)
def test_properties_of_one_shape_have_the_same_paths(a: Any, b: Any) -> None:
    if shape_of(a) == shape_of(b):
        assert kinds(a) == kinds(b)


@given(properties)
def test_a_shape_can_be_remembered(a: Any) -> None:
    assert hash(shape_of(a)) == hash(shape_of(a))


def test_it_finds_every_kind_of_property() -> None:
    given = {
        "s": "x",
        "n": 1,
        "f": 1.5,
        "b": True,
        "none": None,
        "l": ["a"],
        "empty": [],
        "o": {"in": {"deep": 1}},
        "products": [{"sku": "A"}, {"price": 2}, 5],
    }
    assert kinds(given) == {
        ("s", "string"),
        ("n", "number"),
        ("f", "number"),
        ("b", "bool"),
        ("l", "list"),
        ("o.in.deep", "number"),
        ("products", "objects"),
        ("products[].sku", "string"),
        ("products[].price", "number"),
    }


async def register(
    rt: Runtime, workspace: Workspace, memory: Registry, now: datetime, *events: tuple[str, Any]
) -> Any:
    found = memory.look_at(
        workspace.id,
        [name for name, _ in events],
        ["track"] * len(events),
        [given for _, given in events],
        now=now,
    )
    async with rt.db.begin() as tx:
        await memory.write(tx, found, now=now)
    memory.remember(found, now=now)
    return found


async def known(rt: Runtime, workspace: Workspace) -> dict[str, set[tuple[str, str]]]:
    async with rt.db.begin() as tx:
        names = await queries.registry(tx, workspace_id=workspace.id)
    return {n.name: {(p.path, p.type.value) for p in n.properties} for n in names}


async def test_it_registers_what_is_new_and_only_that(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    memory = Registry()
    await register(rt, workspace, memory, now, ("Bought", {"n": 1}), ("Seen", {"x": "y"}))
    again = await register(rt, workspace, memory, now, ("Bought", {"n": 2}))
    assert again.names == {}
    assert again.properties == {}
    more = await register(rt, workspace, memory, now, ("Bought", {"n": "two"}))
    assert more.properties == {("Bought", "n", "string"): "two"}
    assert await known(rt, workspace) == {
        "Bought": {("n", "number"), ("n", "string")},
        "Seen": {("x", "string")},
    }


async def test_two_processes_may_register_the_same(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    await register(rt, workspace, Registry(), now, ("Bought", {"n": 1}))
    later = now + timedelta(hours=1)
    await register(rt, workspace, Registry(), later, ("Bought", {"n": 1}))
    await register(rt, workspace, Registry(), now, ("Bought", {"n": 1}))
    async with rt.db.begin() as tx:
        name = (await queries.registry(tx, workspace_id=workspace.id))[0]
    assert (name.first_seen, name.last_seen) == (now, later)


async def test_what_was_not_committed_is_found_again(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    memory = Registry()
    first = memory.look_at(workspace.id, ["Bought"], ["track"], [{"n": 1}], now=now)
    second = memory.look_at(workspace.id, ["Bought"], ["track"], [{"n": 1}], now=now)
    assert first.properties == second.properties != {}


async def test_the_last_day_of_use_moves_once_a_day(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    memory = Registry()
    await register(rt, workspace, memory, now, ("Bought", {"n": 1}))
    tomorrow = await register(rt, workspace, memory, now + timedelta(days=1), ("Bought", {"n": 1}))
    assert tomorrow.properties


async def test_a_flood_of_names_is_capped(
    rt: Runtime, workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from otklik.events import registry

    monkeypatch.setattr(registry, "NAMES_MAX", 5)
    monkeypatch.setattr(registry, "PATHS_MAX", 3)
    memory = Registry()
    await register(rt, workspace, memory, now, *[(f"e{i}", {"n": 1}) for i in range(4)])
    await register(rt, workspace, memory, now, *[(f"x{i:03}", {"n": 1}) for i in range(50)])
    await register(rt, workspace, memory, now, ("y", {"n": 1}))
    found = await known(rt, workspace)
    assert 5 <= len(found) <= 10
    await register(rt, workspace, memory, now, ("e0", {f"p{i}": 1 for i in range(9)}))
    await register(rt, workspace, memory, now, ("e0", {"late": 1}))
    assert len((await known(rt, workspace))["e0"]) <= 4


async def test_hostile_names_are_registered_as_text(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    hostile = {"a'b": "x", "`c`": "'; DROP TABLE x", "<b>": 1, "": 2, "k\0": 3, "s": "n\0ul"}
    await register(rt, workspace, Registry(), now, ("<script>{{7*7}}", hostile))
    paths = {path for path, _ in (await known(rt, workspace))["<script>{{7*7}}"]}
    assert paths == {"a'b", "`c`", "<b>", "", "s"}


def test_limits_are_what_the_docs_say() -> None:
    assert (model.NAMES_MAX, model.PATHS_MAX) == (5_000, 500)
