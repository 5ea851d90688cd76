"""The state of making one part of one person's letter, with bounds on everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from liquid import BoundTemplate, RenderContext
from liquid.exceptions import LiquidError
from liquid.token import Token

from otklik.content.model import Limits, Tracking

Clock = Callable[[], float]


class LoopLimit(LiquidError):
    pass


class TimeLimit(LiquidError):
    pass


class OutputLimit(LiquidError):
    pass


class Buffer:
    """Collects output and counts it. It stands where python-liquid expects a text file."""

    __slots__ = ("limit", "parts", "size")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.parts: list[str] = []

    def write(self, text: str) -> int:
        size = len(text)
        self.size += size
        if self.size > self.limit:
            raise OutputLimit("output limit", token=None)
        self.parts.append(text)
        return size

    def getvalue(self) -> str:
        return "".join(self.parts)


class LetterContext(RenderContext):
    """The state of making one part of one person's letter."""

    __slots__ = ("clock", "deadline", "dropped", "limits", "preheader", "steps", "tracking")

    def __init__(
        self,
        template: BoundTemplate,
        values: Mapping[str, object],
        *,
        limits: Limits,
        tracking: Tracking,
        preheader: str = "",
        clock: Clock = time.perf_counter,
    ) -> None:
        super().__init__(template, globals=values)
        self.preheader = preheader
        self.limits = limits
        self.tracking = tracking
        self.clock = clock
        self.deadline = clock() + limits.render_ms_max / 1000
        self.steps = 0
        self.dropped = 0

    def step(self) -> None:
        """Count one turn of a loop; together with the deadline it ends any letter."""
        self.steps += 1
        if self.steps > self.limits.loop_steps_max:
            raise LoopLimit("loop limit", token=None)
        if self.clock() > self.deadline:
            raise TimeLimit("time limit", token=None)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        if self.clock() > self.deadline:
            raise TimeLimit("time limit", token=token)
        return super().filter(name, token=token)

    def get_buffer(self, buf: TextIO | None = None) -> Any:
        size = buf.size if isinstance(buf, Buffer) else 0
        return Buffer(self.limits.output_bytes_max - size)
