"""Copies of the pipeline in one process: beside each other only when there is much to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from otklik.ingestion import pipeline
from otklik.ingestion.pipeline import Pipeline
from otklik.runtime.public import Runtime
from tests.ingestion.support import Ingestion, track


class Held(Pipeline):
    """Stands still in the middle of a batch until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.may_go = asyncio.Event()

    async def decode(self, rt: Runtime, work: Any) -> None:
        self.begun.set()
        await self.may_go.wait()
        await super().decode(rt, work)


@pytest.mark.parametrize("many", [False, True])
async def test_a_small_batch_has_the_process_to_itself(
    rt: Runtime, seen: Ingestion, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    monkeypatch.setattr(pipeline, "_OVERLAP_AFTER_S", 3_600.0)
    if many:
        monkeypatch.setattr(pipeline, "_OVERLAP_FROM", 1)
    held = Held()
    await seen.put(track(messageId="1"))
    first = asyncio.create_task(held.step(rt))
    await held.begun.wait()
    await seen.put(track(messageId="2"))
    second = asyncio.create_task(held.step(rt))
    if not many:
        assert await second is False
    held.may_go.set()
    assert await first
    assert await (second if many else held.step(rt))
    assert await seen.stored() == [("1",), ("2",)]
