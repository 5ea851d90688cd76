"""What each reader of a digest is shown: computed for many at once, in memory.

People differ only in the last run that they heard and in the topics that they agreed to, so there
are few different letters, however many readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from otklik.campaigns.model import CHANNEL, SOURCE_KIND
from otklik.campaigns.regular.model import Frozen, FrozenItem
from otklik.delivery.public import NEVER, NOTHING, heard_of
from otklik.privacy.public import topic_masks
from otklik.runtime.public import Tx


def picked(frozen: Frozen, *, since: int, mask: int) -> list[int]:
    """Return the places of the items for a reader, in the order of letters. Pure.

    since: the number of the last run that he heard; items of it and of earlier ones are old.
    mask: bit k is set if he agreed to `frozen.topics[k]`.
    """
    found: list[int] = []
    per_feed: dict[str, int] = {}
    for place, item in enumerate(frozen.items):
        if not is_for(item, mask) or (frozen.digest and item.run <= since):
            continue
        if frozen.digest:
            if len(found) >= frozen.items_max:
                break
        elif per_feed.get(item.feed, 0) >= frozen.items_max:
            continue
        per_feed[item.feed] = per_feed.get(item.feed, 0) + 1
        found.append(place)
    return found


def is_for(item: FrozenItem, mask: int) -> bool:
    """Tell whether an item is for a reader with these topics. Pure."""
    return item.everybody or any(mask >> topic & 1 for topic in item.topics)


def since_of(run: int, earlier: Sequence[int], last: int, first: int) -> int:
    """Return the number of the run after which everything is new to a reader. Pure.

    earlier: numbers of the runs before, oldest first; last, first: places in it, or `NEVER`. Who
    was meant for a run but never got one starts with the first he was meant for; a newcomer with
    what is new to this run.
    """
    if last != NEVER:
        return earlier[last]
    if first != NEVER:
        return earlier[first] - 1
    return run - 1


def variables(frozen: Frozen, places: Iterable[int]) -> dict[str, Any]:
    """Return items as letters name them: all of them, and feed by feed. Pure."""
    feeds: dict[str, list[dict[str, Any]]] = {key: [] for key in frozen.feeds}
    articles = []
    for place in places:
        item = frozen.items[place]
        articles.append(item.values)
        feeds.setdefault(item.feed, []).append(item.values)
    limit = frozen.items_max
    return {"articles": articles[:limit], "feeds": feeds}


class FrozenPicker:
    """The `Picker` of a mailing that froze items; see `delivery.picker`."""

    def __init__(self, workspace_id: int, frozen: Frozen) -> None:
        self._workspace_id, self.frozen = workspace_id, frozen
        self._earlier = sorted(frozen.earlier)
        self._numbers: dict[tuple[int, ...], int] = {}
        self._variables: list[Mapping[str, Any]] = []
        self._picks: dict[tuple[int, int], int] = {}
        self._nothing = variables(frozen, ())

    @property
    def experiment(self) -> UUID | None:
        return self.frozen.experiment

    @property
    def skips_empty(self) -> bool:
        return self.frozen.digest

    @property
    def widens_consent(self) -> bool:
        return self.frozen.digest

    async def masks(self, tx: Tx, *, profile_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        return await topic_masks(
            tx,
            workspace_id=self._workspace_id,
            channel=CHANNEL,
            topic_ids=self.frozen.topics,
            profile_ids=profile_ids,
        )

    async def pick(
        self, tx: Tx, *, profile_ids: NDArray[np.int64], masks: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        since = await self.since(tx, profile_ids=profile_ids)
        kinds, kind_of = np.unique(np.stack((since, masks), axis=1), axis=0, return_inverse=True)
        numbers = np.array(
            [self._number(int(after), int(mask)) for after, mask in kinds], dtype=np.int32
        )
        return numbers[kind_of.reshape(-1)] if len(numbers) else np.empty(0, np.int32)

    async def since(self, tx: Tx, *, profile_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each person the number of the run after which everything is new."""
        run = self.frozen.run
        if not self._earlier:
            return np.full(len(profile_ids), run - 1, dtype=np.int64)
        heard = await heard_of(
            tx,
            workspace_id=self._workspace_id,
            source_kind=SOURCE_KIND,
            source_ids=[campaign_id for _, campaign_id in self._earlier],
            profile_ids=profile_ids,
        )
        numbers = [number for number, _ in self._earlier]
        return np.array(
            [
                since_of(run, numbers, last, first)
                for last, first in zip(heard.last.tolist(), heard.first.tolist(), strict=True)
            ],
            dtype=np.int64,
        )

    def variables(self, number: int) -> Mapping[str, Any]:
        return self._nothing if number == NOTHING else self._variables[number]

    def _number(self, since: int, mask: int) -> int:
        known = self._picks.get((since, mask))
        if known is not None:
            return known
        places = tuple(picked(self.frozen, since=since, mask=mask))
        if not places:
            number = NOTHING
        elif places in self._numbers:
            number = self._numbers[places]
        else:
            number = self._numbers[places] = len(self._variables)
            self._variables.append(variables(self.frozen, places))
        self._picks[since, mask] = number
        return number
