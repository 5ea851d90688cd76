"""Messages as columns, a page at a time: for taking them out of the program."""

from __future__ import annotations

import io
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import pyarrow as pa
from pyarrow import csv

from otklik.runtime.public import Tx, driver

# The blocks of a mailing bound its message ids, so that one campaign is not looked for among all.
_PAGE: LiteralString = """
COPY (
  SELECT m.message_id, m.profile_id, l.source_id, l.name, l.channel, m.variant, m.address,
         m.state, m.reason, (extract(epoch FROM m.at) * 1000)::bigint AS at
  FROM messages m JOIN mailings l ON l.mailing_id = m.mailing_id
  WHERE m.workspace_id = %(workspace_id)s AND l.workspace_id = %(workspace_id)s
    AND m.message_id > %(after)s
    AND (%(source_id)s::uuid IS NULL OR m.message_id BETWEEN
      (SELECT min(b.block_id) FROM message_blocks b JOIN mailings x USING (mailing_id)
       WHERE x.workspace_id = %(workspace_id)s AND x.source_id = %(source_id)s::uuid)
      AND
      (SELECT max(b.last_id) FROM message_blocks b JOIN mailings x USING (mailing_id)
       WHERE x.workspace_id = %(workspace_id)s AND x.source_id = %(source_id)s::uuid))
    AND (%(source_id)s::uuid IS NULL OR l.source_id = %(source_id)s::uuid)
    AND (%(since)s::timestamptz IS NULL OR m.at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR m.at < %(until)s::timestamptz)
  ORDER BY m.message_id LIMIT %(limit)s
) TO STDOUT (FORMAT csv)
"""
_TYPES = {
    "message_id": pa.int64(),
    "profile_id": pa.int64(),
    "source_id": pa.string(),
    "source_name": pa.string(),
    "channel": pa.string(),
    "variant": pa.string(),
    "address": pa.string(),
    "state": pa.string(),
    "reason": pa.string(),
    "changed_at": pa.int64(),
}
_MOMENT = pa.timestamp("ms", "UTC")


async def message_columns(
    tx: Tx,
    *,
    workspace_id: int,
    after: int,
    limit: int,
    source_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pa.Table:
    """Return the next `limit` messages after the number `after`, by ascending number.

    `since` (included) and `until` (not included) bound the last change of a message's state.
    Columns: message_id, profile_id, source_id, source_name, channel, variant, address, state,
    reason, changed_at (ms, UTC).
    """
    connection = await driver(tx)
    values = {
        "workspace_id": workspace_id,
        "after": after,
        "limit": limit,
        "source_id": None if source_id is None else str(source_id),
        "since": since,
        "until": until,
    }
    text = bytearray()
    async with connection.cursor() as cursor, cursor.copy(_PAGE, values) as copy:
        async for block in copy:
            text += block
    if not text:
        kinds = [(name, _MOMENT if name == "changed_at" else t) for name, t in _TYPES.items()]
        return pa.schema(kinds).empty_table()
    table = csv.read_csv(
        io.BytesIO(bytes(text)),
        read_options=csv.ReadOptions(column_names=list(_TYPES)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=_TYPES,
            # COPY writes null as nothing and an empty text in quotes.
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    place = table.schema.get_field_index("changed_at")
    return table.set_column(place, "changed_at", table["changed_at"].cast(_MOMENT))
