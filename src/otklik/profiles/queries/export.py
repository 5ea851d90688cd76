"""Profiles as columns, a page at a time: for taking them out of the program."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import LiteralString

import pyarrow as pa
import sqlalchemy as sa
from pyarrow import csv

from otklik.profiles.tables import profiles
from otklik.runtime.public import Tx, driver

# COPY gives a page as text that Arrow reads without an object for each cell.
_PAGE: LiteralString = """
COPY (
  SELECT profile_id, name, email, phone, user_id, known,
         (extract(epoch FROM first_seen) * 1000)::bigint AS first_seen,
         (extract(epoch FROM last_seen) * 1000)::bigint AS last_seen
  FROM profiles
  WHERE workspace_id = %(workspace_id)s AND merged_into IS NULL AND profile_id > %(after)s
  ORDER BY profile_id LIMIT %(limit)s
) TO STDOUT (FORMAT csv)
"""
_CHOSEN: LiteralString = """
COPY (
  SELECT profile_id, name, email, phone, user_id, known,
         (extract(epoch FROM first_seen) * 1000)::bigint AS first_seen,
         (extract(epoch FROM last_seen) * 1000)::bigint AS last_seen
  FROM profiles
  WHERE workspace_id = %(workspace_id)s AND merged_into IS NULL
    AND profile_id = ANY((SELECT %(ids)s::bigint[])::bigint[])
  ORDER BY profile_id
) TO STDOUT (FORMAT csv)
"""
_TYPES = {
    "profile_id": pa.int64(),
    "name": pa.string(),
    "email": pa.string(),
    "phone": pa.string(),
    "user_id": pa.string(),
    "known": pa.bool_(),
    "first_seen": pa.int64(),
    "last_seen": pa.int64(),
}
_MOMENT = pa.timestamp("ms", "UTC")


async def profile_columns(
    tx: Tx,
    *,
    workspace_id: int,
    after: int = 0,
    limit: int = 0,
    profile_ids: Sequence[int] | None = None,
) -> pa.Table:
    """Return the next `limit` living profiles after the number `after`, or those of `profile_ids`.

    Columns: profile_id, name, email, phone, user_id, known, first_seen, last_seen (ms, UTC), by
    ascending number. Profiles merged away are not there.
    """
    connection = await driver(tx)
    if profile_ids is None:
        statement = _PAGE
        values: dict[str, object] = {"workspace_id": workspace_id, "after": after, "limit": limit}
    else:
        statement = _CHOSEN
        ids = "{" + ",".join(map(str, profile_ids)) + "}"
        values = {"workspace_id": workspace_id, "ids": ids}
    text = bytearray()
    async with connection.cursor() as cursor, cursor.copy(statement, values) as copy:
        async for block in copy:
            text += block
    return _table(bytes(text))


async def newest_profile(tx: Tx, *, workspace_id: int) -> int:
    """Return the greatest number of a living profile, 0 where there is nobody."""
    return int(
        (
            await tx.execute(
                sa.select(sa.func.coalesce(sa.func.max(profiles.c.profile_id), 0)).where(
                    profiles.c.workspace_id == workspace_id, profiles.c.merged_into.is_(None)
                )
            )
        ).scalar_one()
    )


def _table(text: bytes) -> pa.Table:
    if not text:
        schema = [(name, _MOMENT if name.endswith("_seen") else t) for name, t in _TYPES.items()]
        return pa.schema(schema).empty_table()
    table = csv.read_csv(
        io.BytesIO(text),
        read_options=csv.ReadOptions(column_names=list(_TYPES)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=_TYPES,
            # COPY writes null as nothing and an empty text in quotes.
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        ),
    )
    for name in ("first_seen", "last_seen"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(_MOMENT))
    return table
