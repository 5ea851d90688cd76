"""What a process remembers of who is who, so that most events need no look into a table.

Remembered is a *shape*: which identifiers an event names together, trusted or not. Once a shape was
resolved at a time t, the same shape at t or later changes nothing but "last seen": the registers of
identity only take lesser values, and its claims are there already. So the profile it belongs to can
be answered from memory, until that profile is joined to another or parted.

That is made sure by epochs: whoever changes which identifiers belong to which final profile writes
a row into `identity_changes` in the same transaction, under the workspace's identity lock. Whoever
uses the memory takes that lock first and forgets what the new rows name. Nothing is remembered
before its transaction has committed, so a rollback leaves the memory as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from otklik.profiles.model.structs import IdentityRules, Names, Sightings
from otklik.profiles.operations import epochs
from otklik.runtime.public import Tx

SHAPES_MAX = 200_000
"""About 450 bytes each. Of more active people than this, those seen last are remembered."""
LAST_SEEN_STEP_MS = 150_000
"""How far "last seen" may lag behind in the tables, and again as far in the memory."""


class Person(msgspec.Struct, gc=False):
    """A final profile; `id` becomes 0 when it can't be relied upon any more."""

    id: int


class Entry(msgspec.Struct, gc=False):
    """A shape: whose it is, from which time on it changes nothing, when it was last noted.

    `others`: profiles merged into that person under which the shape's identifiers live.
    """

    person: Person
    from_ms: int
    last_ms: int
    others: tuple[int, ...] = ()


class Learned(msgspec.Struct, frozen=True, gc=False):
    """A shape that was resolved in a transaction which has not committed yet."""

    key: str
    root: int
    others: tuple[int, ...]
    first_ms: int
    last_ms: int


class _Workspace:
    """The memory of one workspace, true as of `epoch` and under `rules`."""

    def __init__(self, epoch: int, rules: IdentityRules) -> None:
        self.epoch = epoch
        self.rules = rules
        self.people: dict[int, Person] = {}
        self.recent: dict[str, Entry] = {}
        self.older: dict[str, Entry] = {}

    def forget(self, roots: Iterable[int] | None) -> None:
        if roots is None:
            self.people.clear()
            self.recent.clear()
            self.older.clear()
            return
        for root in roots:
            person = self.people.pop(root, None)
            if person is not None:
                person.id = 0

    def rotate(self) -> None:
        """Let go of what was not used since the last rotation."""
        self.older, self.recent = self.recent, {}
        self.people = {e.person.id: e.person for e in self.older.values() if e.person.id}


class IdentityMemory:
    """The memory of one process, shared by all its tasks; other processes have their own."""

    def __init__(self, *, shapes_max: int = SHAPES_MAX) -> None:
        self._half = max(1, shapes_max // 2)
        self._workspaces: dict[int, _Workspace] = {}
        self._recent = 0

    async def recall(self, tx: Tx, *, workspace_id: int, rules: IdentityRules) -> Recall:
        """Bring the memory of a workspace up to date; the caller holds its identity lock."""
        memory = self._workspaces.get(workspace_id)
        if memory is None or memory.rules != rules:
            # Other rules may give the same words another meaning.
            epoch = await epochs.identity_epoch(tx, workspace_id=workspace_id)
            memory = self._workspaces[workspace_id] = _Workspace(epoch, rules)
        else:
            await _catch_up(tx, workspace_id, memory)
        return Recall(self, memory)

    def added(self) -> None:
        """Count a shape that is new or was used again; rotate when there are too many."""
        self._recent += 1
        if self._recent > self._half:
            self._recent = 0
            for workspace_id, memory in list(self._workspaces.items()):
                memory.rotate()
                if not memory.older:
                    del self._workspaces[workspace_id]


async def _catch_up(tx: Tx, workspace_id: int, memory: _Workspace) -> None:
    changes = await epochs.identity_changes(tx, workspace_id=workspace_id, since=memory.epoch)
    if memory.epoch and (not changes or changes[0][0] != memory.epoch):
        # The row of our own epoch is gone: too long ago, or the database is another one.
        memory.forget(None)
    elif not memory.epoch and changes and changes[0][0] != 1:
        memory.forget(None)
    for epoch, roots in changes:
        if epoch > memory.epoch:
            memory.forget(roots)
    memory.epoch = changes[-1][0] if changes else 0


class Recall:
    """The memory of a workspace as one transaction uses it."""

    def __init__(self, owner: IdentityMemory, memory: _Workspace) -> None:
        self._owner = owner
        self._memory = memory
        self._epoch = memory.epoch
        self._moved: dict[str, int] = {}
        self.unknown: dict[str, list[int]] = {}
        """Positions of the sightings whose shape is not remembered, by shape."""

    def find(self, sightings: Sightings) -> list[int]:
        """Return the profile of each sighting, 0 where it must be looked up."""
        found = [0] * len(sightings.names)
        recent, older = self._memory.recent, self._memory.older
        unknown, moved = self.unknown, self._moved
        columns = zip(sightings.names, sightings.trusted, sightings.times_ms, strict=True)
        for position, (names, trusted, ms) in enumerate(columns):
            key = key_of(names, trusted)
            entry = recent.get(key)
            if entry is None and (entry := older.pop(key, None)) is not None:
                recent[key] = entry
                self._owner.added()
                recent, older = self._memory.recent, self._memory.older
            if entry is None or ms < entry.from_ms or not entry.person.id:
                unknown.setdefault(key, []).append(position)
                continue
            found[position] = entry.person.id
            if ms > entry.last_ms + LAST_SEEN_STEP_MS and ms > moved.get(key, 0):
                moved[key] = ms
        return found

    def seen(self) -> dict[int, tuple[int, int]]:
        """Return the profiles whose "last seen" has to move: to the second of two moments."""
        seen: dict[int, tuple[int, int]] = {}
        for key, ms in self._moved.items():
            entry = self._entry(key)
            if entry is not None:
                for one in (entry.person.id, *entry.others):
                    latest = max(ms, seen.get(one, (0, 0))[1])
                    seen[one] = (latest, latest)
        return seen

    def keep(self, learned: Sequence[Learned], stale: Iterable[int] | None = None) -> None:
        """Remember what a transaction has learned; called after its commit, never before.

        `stale`: final profiles that the transaction itself made unreliable; None: it changed none.
        """
        memory = self._memory
        epoch = self._epoch if stale is None else self._epoch + 1
        if memory.epoch > epoch:
            # Somebody was quicker: what was learned may have been changed since.
            return
        if stale is not None and memory.epoch < epoch:
            memory.forget(stale)
            memory.epoch = epoch
        for key, ms in self._moved.items():
            entry = self._entry(key)
            if entry is not None and entry.last_ms < ms:
                entry.last_ms = ms
        for one in learned:
            person = memory.people.get(one.root)
            if person is None:
                person = memory.people[one.root] = Person(one.root)
            memory.older.pop(one.key, None)
            known = memory.recent.get(one.key)
            from_ms, last_ms = one.first_ms, one.last_ms
            if known is None:
                self._owner.added()
            elif known.person is person:
                from_ms, last_ms = min(known.from_ms, from_ms), max(known.last_ms, last_ms)
            memory.recent[one.key] = Entry(person, from_ms, last_ms, one.others)

    def _entry(self, key: str) -> Entry | None:
        return self._memory.recent.get(key) or self._memory.older.get(key)


def key_of(names: Names, trusted: bool) -> str:
    """Return a shape as one text, which takes a third of the memory of its parts.

    A shape with the separator inside an identifier is not remembered, see `is_plain`; so two
    different shapes never share a text that is.
    """
    user_id, anonymous_id, email, phone, external = names
    key = f"{'t' if trusted else 'b'}\x1f{user_id}\x1f{anonymous_id}\x1f{email}\x1f{phone}"
    if external:
        more = "".join([f"\x1f{kind}\x1f{value}" for kind, value in external])
        key = f"{len(external)}{key}{more}"
    return key


def is_plain(key: str, names: Names) -> bool:
    """Return whether no identifier holds the character that separates them in `key`."""
    return key.count("\x1f") == 4 + 2 * len(names[4])
