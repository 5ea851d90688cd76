"""No table that knows people is without somebody who hands it out and destroys it."""

from __future__ import annotations

import pytest

from otklik.entrypoints.wiring.keepers import NOT_OF_PEOPLE
from otklik.kit.traces import Traces
from otklik.privacy.keepers import CLICKHOUSE
from otklik.privacy.public import keepers, stores
from otklik.runtime.public import Runtime, metadata
from tests.conftest import NOW

POINTERS = {
    "profile_id",
    "profile_ids",
    "origin_id",
    "home_id",
    "from_id",
    "into_id",
    "merged_into",
    "left_id",
    "right_id",
    "members",
}
"""Columns that hold numbers of profiles."""


def kept() -> set[str]:
    return {table for keeper in keepers() for table in keeper.tables} | NOT_OF_PEOPLE.keys()


async def test_every_table_that_knows_people_has_a_keeper_or_a_reason(rt: Runtime) -> None:
    known = kept()
    lost = {
        table.name
        for table in metadata.sorted_tables
        if POINTERS & {column.name for column in table.c} and table.name not in known
    }
    columns = await rt.ch.query(
        "SELECT table, groupArray(name) FROM system.columns"
        " WHERE database = currentDatabase() AND table NOT LIKE '.%' GROUP BY table"
    )
    views = {
        str(name)
        for (name,) in await rt.ch.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase()"
            " AND engine IN ('View', 'MaterializedView', 'Dictionary')"
        )
    }
    lost |= {
        CLICKHOUSE + str(table)
        for table, names in columns
        if POINTERS & set(names) and table not in views and CLICKHOUSE + str(table) not in known
    }
    assert not lost, "name a keeper for them, or a reason, in entrypoints/wiring/keepers.py"


def test_a_keeper_names_only_tables_that_exist() -> None:
    stored = set(metadata.tables)
    named = {table for table in kept() if not table.startswith(CLICKHOUSE)}
    assert named <= stored


def test_every_kind_of_data_has_a_title_in_both_languages(rt: Runtime) -> None:
    del rt
    for one in (*keepers(), *stores()):
        assert one.title.en
        assert one.title.ru != one.title.en


def traces(*identifiers: tuple[str, str]) -> Traces:
    return Traces(workspace_id=1, profile_ids=(1,), identifiers=identifiers, words=(), until=NOW)


@pytest.mark.parametrize(
    ("identifier", "text", "named"),
    [
        (("email", "ann@x.org"), '{"email": "Ann@X.org"}', True),
        (("email", "ann@x.org"), "joann@x.org", False),
        (("email", "ann@x.org"), "ann@x.organic", False),
        (("email", "ann@x.org"), "joann@x.org, ann@x.org", True),
        (("phone", "+79161234567"), "8 (916) 123-45-67", True),
        (("phone", "+79161234567"), "89161234567", True),
        (("phone", "+79161234567"), "+7 916 123 45 678", False),
        (("user_id", "42"), "42 things", False),
        (("user_id", "user-42"), "USER-42;", True),
        (("user_id", "user-42"), "user-421", False),
    ],
)
def test_a_text_names_a_person_in_any_spelling_and_nobody_else(
    identifier: tuple[str, str], text: str, named: bool
) -> None:
    assert traces(identifier).mentioned_in(text) is named
