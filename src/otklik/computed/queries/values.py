"""What queries of values need, and what their rows mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otklik.computed import model as m
from otklik.computed.compile import Compiler
from otklik.computed.engine import ask
from otklik.computed.evaluate import plain
from otklik.rules.moments import Frame
from otklik.runtime.public import Runtime


async def run_facts(
    rt: Runtime, *, workspace_id: int, definition: m.Definition, frame: Frame, limit_s: int
) -> m.RunFacts:
    """Return what single values depend on besides the person's facts: the quintiles of RFM."""
    if not isinstance(definition, m.RfmTrait):
        return m.NO_FACTS
    if definition.bounds is not None:
        return m.RunFacts(bounds=definition.bounds)
    query = Compiler(definition, frame, workspace_id=workspace_id).bounds()
    ((days, counts, cents),) = await ask(rt, query.sql, query.parameters, limit_s=limit_s)
    return m.RunFacts(
        bounds=m.RfmBounds(
            recency=tuple(map(float, days)),
            frequency=tuple(map(float, counts)),
            monetary=tuple(int(one) / 100 for one in cents),
        )
    )


def value_of(
    outputs: Sequence[m.Output],
    kinds: Sequence[int],
    texts: Sequence[str],
    numbers: Sequence[float],
) -> Any:
    """Return the JSON value of a row as compiled queries give it; None: no value."""
    if len(kinds) != len(outputs):
        return None
    given = {
        output.suffix: text if kind == 1 else bool(number) if kind == 3 else plain(number)
        for output, kind, text, number in zip(outputs, kinds, texts, numbers, strict=True)
        if kind
    }
    return given.get("") if outputs[0].suffix == "" else given or None
