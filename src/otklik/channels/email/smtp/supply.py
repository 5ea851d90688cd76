"""The letters of one hand-over, and what became of each."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from otklik.channels.email.model import ReplyKind, ReplyVerdict, SendResult, SendState

_ENVELOPE: Final = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{0,320}")


class Outgoing(NamedTuple):
    """One letter; `key` is the caller's name for it, `return_path` where it comes back to."""

    key: int
    to: str
    data: bytes
    return_path: str


Settle = Callable[[int, SendResult], None]


def _is_recipient(address: str) -> bool:
    return bool(address) and _ENVELOPE.fullmatch(address) is not None


class Supply:
    """Gives letters to connections one by one, so each connection works at its own speed.

    Every letter that was taken is settled once: with its result, or given back when it was surely
    not offered, and then taken and settled by another connection.
    """

    def __init__(self, letters: Iterator[Outgoing], settle: Settle) -> None:
        self.settle = settle
        self._letters = letters
        self._returned: list[Outgoing] = []
        self.waiting: set[asyncio.Task[None]] = set()
        """Tasks that wait for a connection; when the letters have run out, they need not."""
        self.empty = False

    def take(self) -> Outgoing | None:
        """Return the next letter that can be offered; None when there is none."""
        if self._returned:
            return self._returned.pop()
        for letter in self._letters:
            if _ENVELOPE.fullmatch(letter.return_path) and _is_recipient(letter.to):
                return letter
            verdict = ReplyVerdict(permanent=True, kind=ReplyKind.CONTENT, code=0)
            self.settle(
                letter.key,
                SendResult(
                    SendState.PERMANENT, None, None, "not an envelope address", "mail", verdict
                ),
            )
        self.empty = True
        for task in self.waiting:
            task.cancel()
        return None

    def give_back(self, letter: Outgoing) -> None:
        """Leave a letter that was not offered to whichever connection is free next."""
        self._returned.append(letter)
