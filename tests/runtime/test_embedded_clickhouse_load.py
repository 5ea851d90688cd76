"""Several writers and readers at the embedded ClickHouse at once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pyarrow as pa

from otklik.runtime.clickhouse import ClickHouse
from otklik.runtime.embedded.supervisor import EmbeddedEngines

SECONDS = 4.0


async def test_it_serves_two_writers_and_four_readers(tmp_path: Path) -> None:
    async with EmbeddedEngines(tmp_path, postgres=False, memory_bytes_max=1_000_000_000) as engines:
        ch = ClickHouse(engines.clickhouse_url)
        await ch.command(
            "CREATE TABLE t (writer UInt8, batch UInt32, id UInt64, properties JSON) "
            "ENGINE = MergeTree ORDER BY (writer, batch, id) "
            "SETTINGS non_replicated_deduplication_window = 1000"
        )
        end = time.monotonic() + SECONDS
        written = {0: 0, 1: 0}
        reads = 0

        async def write(writer: int) -> None:
            while time.monotonic() < end:
                rows = 5_000
                table = pa.table(
                    {
                        "writer": pa.array([writer] * rows, pa.uint8()),
                        "batch": pa.array([written[writer]] * rows, pa.uint32()),
                        "id": pa.array(range(rows), pa.uint64()),
                        "properties": [f'{{"n":{i},"s":"v{i % 7}"}}' for i in range(rows)],
                    }
                )
                await ch.insert_arrow("t", table, token=f"{writer}-{written[writer]}")
                written[writer] += 1

        async def read() -> None:
            nonlocal reads
            while time.monotonic() < end:
                found = await ch.query(
                    "SELECT writer, batch, count(), sum(properties.n.:Int64) FROM t "
                    "GROUP BY writer, batch"
                )
                # A reader sees whole batches only.
                assert {row[2:] for row in found} <= {(5_000, 12_497_500)}
                reads += 1

        await asyncio.gather(write(0), write(1), *(read() for _ in range(4)))
        found = dict(await ch.query("SELECT writer, count() FROM t GROUP BY writer"))
        assert found == {writer: batches * 5_000 for writer, batches in written.items()}
        assert reads > 10
        await ch.close()
