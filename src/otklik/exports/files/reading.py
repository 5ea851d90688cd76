"""What reading a page has in common, whatever the rows are of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from otklik.exports.files.columns import CUSTOMER, PROFILE_ID, chosen
from otklik.exports.model import ExportPlan, Scope
from otklik.profiles.public import profile_columns
from otklik.runtime.public import Runtime

Key = tuple[str | int, ...]
MOMENT = pa.timestamp("ms", "UTC")


class ExportPage(msgspec.Struct, frozen=True):
    """Rows of one page (possibly none, where a filter left nothing) and the key behind them."""

    table: pa.Table
    key: Key
    last: bool


class Reader(ABC):
    """Reads the rows of one subject page by page, behind a key."""

    def __init__(self, rt: Runtime, plan: ExportPlan, scope: Scope, workspace_id: int) -> None:
        self.rt, self.plan, self.scope, self.workspace_id = rt, plan, scope, workspace_id
        self.columns = chosen(plan)
        self._customers = any(c.name.startswith(CUSTOMER) for c in self.columns)
        self.stored = [c for c in self.columns if not c.name.startswith(CUSTOMER)]
        if self._customers and "profile_id" not in {c.name for c in self.stored}:
            # Needed to find the customers; left out again at the end.
            self.stored.append(PROFILE_ID)

    @abstractmethod
    async def count(self) -> int | None:
        """Return about how many rows there are; None where counting is work."""

    @abstractmethod
    async def rows(self, after: Key | None, limit: int) -> ExportPage:
        """Return the next rows with the stored columns."""

    async def read(self, after: Key | None, limit: int) -> ExportPage:
        """Return the next rows with the columns of the plan."""
        page = await self.rows(after, limit)
        table = page.table
        if self._customers:
            table = await self._with_customers(table)
        return msgspec.structs.replace(page, table=table.select([c.name for c in self.columns]))

    async def _with_customers(self, table: pa.Table) -> pa.Table:
        ids = pc.unique(table["profile_id"].combine_chunks()).to_pylist() if len(table) else []
        async with self.rt.db.begin() as tx:
            people = await profile_columns(
                tx, workspace_id=self.workspace_id, profile_ids=[int(one) for one in ids]
            )
        places = pc.index_in(
            table["profile_id"].cast(pa.int64()), value_set=people["profile_id"].combine_chunks()
        )
        for name in ("name", "email", "phone", "user_id"):
            values = people[name].combine_chunks() if len(people) else pa.array([], pa.string())
            table = table.append_column(CUSTOMER + name, values.take(places.combine_chunks()))
        return table


def millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)
