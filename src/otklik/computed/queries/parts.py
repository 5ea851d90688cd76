"""Which facts are new since a run, found without reading the old ones.

ClickHouse numbers the blocks of inserts of a partition; merging parts keeps the numbers. So the
greatest number per partition tells whether anything was inserted, and parts beyond the remembered
numbers hold it. A part that was merged since may hold old rows beside new ones: then some people
are computed in vain, none is forgotten. The condition looks at the parts that are there when asked.
"""

from __future__ import annotations

from typing import Any

from otklik.computed import model as m
from otklik.runtime.public import CURRENT_PROFILE, Runtime

Blocks = dict[str, dict[str, int]]
"""Greatest block number by table and partition."""

_PARTS = (
    "SELECT table, partition_id, max(max_block_number) FROM system.parts"
    " WHERE active AND database = currentDatabase() AND table IN {tables:Array(String)}"
    " GROUP BY table, partition_id"
)
_TABLES = ("events", "orders", "profile_merges")


async def newest_blocks(rt: Runtime) -> Blocks:
    """Return the newest blocks of all tables that computed traits read, for every workspace."""
    blocks: Blocks = {table: {} for table in _TABLES}
    for table, partition, block in await rt.ch.query(_PARTS, {"tables": list(_TABLES)}):
        blocks[table][partition] = int(block)
    return blocks


def read_by(definition: m.Definition, blocks: Blocks) -> Blocks:
    """Return the blocks of the tables that the definition depends on."""
    facts = "orders" if m.reads_orders(definition) else "events"
    return {table: blocks[table] for table in (facts, "profile_merges")}


class Touched:
    """The people of a workspace with new facts for a definition, as parts of queries."""

    def __init__(self, definition: m.Definition, seen: Blocks) -> None:
        self.parameters: dict[str, Any] = {}
        people = [
            "SELECT workspace_id, arrayJoin([from_id, into_id]) AS profile_id FROM profile_merges"
            f" WHERE workspace_id = {{workspace:UInt32}} AND {self._fresh('profile_merges', seen)}"
        ]
        if m.reads_orders(definition):
            people.append(
                "SELECT workspace_id, profile_id FROM orders"
                f" WHERE workspace_id = {{workspace:UInt32}} AND {self._fresh('orders', seen)}"
            )
        else:
            self.parameters["touching"] = list(m.events_of(definition))
            people.append(
                "SELECT workspace_id, profile_id FROM events WHERE workspace_id ="
                " {workspace:UInt32} AND name IN {touching:Array(String)}"
                f" AND {self._fresh('events', seen)}"
            )
        self.parted = (
            "SELECT count() FROM profile_merges WHERE workspace_id = {workspace:UInt32}"
            f" AND undone = 1 AND {self._fresh('profile_merges', seen)}"
        )
        """A query of one number: merges that were undone. Whose they were is not known from them,
        so everybody is computed then."""
        self.today = (
            f"SELECT DISTINCT {CURRENT_PROFILE} AS person FROM ({' UNION ALL '.join(people)})"
        )
        """A query of the ids of today."""
        self.dated = (
            f"SELECT person FROM ({self.today}) UNION ALL SELECT from_id FROM profile_merges FINAL"
            " WHERE workspace_id = {workspace:UInt32} AND undone = 0"
            f" AND into_id IN ({self.today})"
        )
        """A query of the same people's ids as facts may carry them."""

    def _fresh(self, table: str, seen: Blocks) -> str:
        # The name of a part is "partition_least_greatest_level"; no partition here has a "_" in it.
        known = seen.get(table) or {"": -1}
        self.parameters[f"{table}_partitions"] = list(known)
        self.parameters[f"{table}_blocks"] = list(known.values())
        return (
            "toInt64(splitByChar('_', _part)[3]) > transform(_partition_id,"
            f" {{{table}_partitions:Array(String)}}, {{{table}_blocks:Array(Int64)}}, toInt64(-1))"
        )
