"""Who keeps what of a person: the one list that every export and every erasure walks through.

Slices bring functions, `entrypoints/wiring` registers them here. A house test asks of every table
that knows people for its keeper, so a new slice can't be forgotten.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from otklik.kit.i18n import Text
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx

CLICKHOUSE = "clickhouse:"
"""Stands before the name of a table of ClickHouse."""

Export = Callable[[Runtime, Tx, Traces], AsyncIterator[dict[str, Any]]]
Erase = Callable[[Runtime, Tx, Traces], Awaitable[Erased]]
Count = Callable[[Runtime, Tx, Traces], Awaitable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """One kind of personal data, with all that can be asked of who keeps it.

    `count`: how many things lead to the person now; zero means that nothing is left. `erase` is
    repeatable and works in the transaction it is given, on what came in until `traces.until`.
    `cut`: a part of it goes with the cut itself, so it is counted before. `last`: it copies what
    others keep, so it is asked only when they have nothing left, with `until` at that moment.
    """

    name: str
    title: Text
    tables: tuple[str, ...]
    export: Export
    erase: Erase
    count: Count
    cut: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One kind of data that has a term: how much is older than a moment, and its removal.

    `remove` takes its own transactions, since it may go on for long; it returns how many went.
    """

    kind: str
    title: Text
    hint: Text
    default_days: int
    least_days: int
    count: Callable[[Runtime, int, datetime], Awaitable[int]]
    remove: Callable[[Runtime, int, datetime], Awaitable[int]]


_keepers: dict[str, Keeper] = {}
_stores: dict[str, Store] = {}


def register_keeper(keeper: Keeper) -> None:
    """Make a keeper known; the same name again replaces it (a process is wired once)."""
    _keepers[keeper.name] = keeper


def register_store(store: Store) -> None:
    """Make data with a term known."""
    _stores[store.kind] = store


def keepers() -> list[Keeper]:
    """Return all keepers in the order in which they were registered, which is that of erasing."""
    return list(_keepers.values())


def stores() -> list[Store]:
    return list(_stores.values())
