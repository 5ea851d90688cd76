"""Mailings whose letters show each person something of his own: the items of a digest.

Delivery does not know what is picked, or by which rules. A slice above it brings a `Picker` for its
mailings through `use_pickers` (entrypoints/wiring); the gate asks it about sets of people, at the
freezing of the audience and again at the moment of sending, and a letter gets what was picked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from otklik.runtime.public import Tx

NOTHING = -1
"""In place of the number of a pick: there is nothing for this person."""


class Picker(Protocol):
    """What the letters of one mailing show to whom; loaded once, then the same for all its people.

    `experiment`: by what people are assigned to arms, None: by the mailing itself; mailings that
    share it have the same control group. `skips_empty`: who has nothing new gets no letter.
    `widens_consent`: who agreed to any of the topics of the items may get the letter, though not to
    the topic of the mailing.
    """

    @property
    def experiment(self) -> UUID | None: ...

    @property
    def skips_empty(self) -> bool: ...

    @property
    def widens_consent(self) -> bool: ...

    async def masks(self, tx: Tx, *, profile_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each person which topics he agreed to, as bits; 0: to none of them."""
        ...

    async def pick(
        self, tx: Tx, *, profile_ids: NDArray[np.int64], masks: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Return for each person the number of what is picked for him, or `NOTHING`."""
        ...

    def variables(self, number: int) -> Mapping[str, Any]:
        """Return what a letter is given for a number; `NOTHING` gives empty lists."""
        ...


PickerLoader = Callable[[Tx, int, UUID], Awaitable[Picker | None]]
"""(tx, workspace_id, source_id) → the picker of a mailing, None for one without."""

_loaders: dict[str, PickerLoader] = {}


def use_pickers(source_kind: str, loader: PickerLoader) -> None:
    """Set what knows the pickers of mailings of a kind; called by wiring once per process."""
    _loaders[source_kind] = loader


async def load_picker(
    tx: Tx, *, workspace_id: int, source_kind: str, source_id: UUID
) -> Picker | None:
    """Return the picker of a mailing; None for an ordinary one."""
    loader = _loaders.get(source_kind)
    return None if loader is None else await loader(tx, workspace_id, source_id)


def experiment_of(picker: Picker | None, source_id: UUID) -> UUID:
    """Return by what the people of a mailing are assigned to arms."""
    own = None if picker is None else picker.experiment
    return source_id if own is None else own


def chosen(picker: Picker | None, picks: Sequence[int], place: int) -> Mapping[str, Any] | None:
    """Return what the letter of the person at a place is given."""
    return None if picker is None else picker.variables(picks[place])
