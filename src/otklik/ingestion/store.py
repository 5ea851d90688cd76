"""The Arrow form of a batch, as the ClickHouse table `events` takes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from otklik.ingestion.decode import Columns


def events_table(
    workspace_id: int, columns: Columns, kept: list[int], profile_ids: list[int]
) -> pa.Table:
    """Return the kept events as an Arrow table; JSON columns travel as their text."""
    whole = len(kept) == len(columns)

    def take(values: list[Any]) -> list[Any]:
        return values if whole else [values[i] for i in kept]

    def words(values: list[str]) -> pa.Array:
        return pa.array(take(values), pa.string()).dictionary_encode()

    def json(values: list[bytes]) -> pa.Array:
        # The encoder wrote these bytes, so they are UTF-8; a cast spares a check of each.
        return pa.array(take(values), pa.binary()).view(pa.string())

    count = len(kept)
    moment = pa.timestamp("ms", "UTC")
    return pa.table(
        {
            "workspace_id": pa.array(np.full(count, workspace_id, np.uint32)),
            "profile_id": pa.array(np.asarray(profile_ids, np.uint64)),
            "name": words(columns.names),
            "type": words(columns.types),
            "time": pa.array(np.asarray(take(columns.times_ms), "datetime64[ms]"), moment),
            "received_at": pa.array(
                np.asarray(take(columns.received_ms), "datetime64[ms]"), moment
            ),
            "message_id": pa.array(take(columns.message_ids), pa.string()),
            "anonymous_id": pa.array(take(columns.anonymous_ids), pa.string()),
            "user_id": pa.array(take(columns.user_ids), pa.string()),
            "properties": json(columns.properties_json),
            "context": json(columns.context_json),
            "source": words(columns.sources),
        }
    )
