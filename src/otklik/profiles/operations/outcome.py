"""What a change of identities means to the rest of the program."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from otklik.profiles.model.identity import Home
from otklik.profiles.model.structs import ProfilesMerged, ProfilesParted
from otklik.profiles.operations import epochs, loads
from otklik.profiles.operations.people import People
from otklik.profiles.operations.refresh import note_changes, refresh
from otklik.runtime.public import Bus, Tx


class Outcome:
    """What changed for whom, and telling it to everybody who has to know."""

    def __init__(self, people: People, created: Iterable[int] = ()) -> None:
        self._people = people
        self.created = set(created)
        self._losers: set[int] = set()
        self._parted_homes: set[int] = set()
        self._moved: list[str] = []
        self.stale: set[int] = set()
        """Final profiles to which not everything belongs any more that did."""
        self.changed: set[int] = set(created)
        self.merged: list[tuple[int, int]] = []
        self.parted: list[tuple[int, int]] = []

    def note_merges(self, before: dict[int, Home], resettled: Iterable[int]) -> None:
        """Note homes whose final profile is another one than `before`."""
        for one in sorted(resettled):
            home, old = self._people.homes[one], before.get(one)
            self.changed |= {one, home.root}
            if old is not None:
                self.stale.add(old.root)
            if old is not None and old.merged_into is not None:
                self._losers.add(old.merged_into)
                self._parted_homes.add(one)
                self.parted.append((one, old.merged_into))
            if home.merged_into is not None:
                self.merged.append((one, home.merged_into))

    def note_keys(self, keys: Iterable[str]) -> None:
        """Note identifiers that are new, or of which something else is said than before."""
        for key in keys:
            home = self._people.known[key].home
            self.changed |= {home, self._people.homes[home].root}

    def note_moves(self, before: dict[int, Home], moved: Iterable[str]) -> None:
        """Note identifiers that left a home with what was said under them."""
        for key in moved:
            home = self._people.stored_home(key)
            if home is not None:
                self._moved.append(key)
                self._losers.add(before[home].root)
                self.stale.add(before[home].root)

    async def write(self, tx: Tx, *, touched: Iterable[int] = ()) -> None:
        """Bring lists up to date and note what ClickHouse must learn."""
        ws = self._people.workspace_id
        self.changed |= self._losers
        if self.stale:
            await epochs.note_identity_change(tx, workspace_id=ws, roots=sorted(self.stale))
        await refresh(tx, workspace_id=ws, profile_ids=sorted(self.changed))
        await note_changes(
            tx,
            workspace_id=ws,
            changed=sorted(self.changed),
            touched=sorted(set(touched) - self.changed),
            losers=sorted(self._losers),
            forget=await self._forgotten(tx),
        )

    async def publish(self, tx: Tx, bus: Bus | None, now: datetime) -> None:
        """Tell the bus who was joined and who was parted."""
        if bus is None:
            return
        ws = self._people.workspace_id
        if self.parted:
            await bus.publish(tx, ProfilesParted(workspace_id=ws, pairs=self.parted, now=now))
        # A profile that was born into a merge has no past that others could hold.
        pairs = [pair for pair in self.merged if pair[0] not in self.created]
        if pairs:
            await bus.publish(tx, ProfilesMerged(workspace_id=ws, pairs=pairs, now=now))

    async def _forgotten(self, tx: Tx) -> list[str]:
        """Return names of traits that left somebody with an identifier or a profile."""
        ws, keys = self._people.workspace_id, set(self._moved)
        if self._parted_homes:
            homes = sorted(self._parted_homes)
            keys |= set(
                await loads.load_members(tx, workspace_id=ws, home_ids=homes, anonymous=True)
            )
        states = await loads.load_states(tx, workspace_id=ws, keys=sorted(keys))
        return sorted({name for state in states.values() for name in state})
