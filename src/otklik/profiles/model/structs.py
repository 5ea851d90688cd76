"""What crosses the door of the slice: observations in, profiles out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from otklik.profiles.model.identifiers import DEFAULT_PRIORITY, EMAIL, PHONE


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What one event, one import row or one request says about one person.

    `index`: the caller's own number, given back with refusals.
    `traits`: any JSON; a null value removes the trait. None: the event says nothing of traits.
    `time`: when it was so (aware); of two values of a trait the later one is kept.
    `external`: further identifiers as (kind, value), such as ("crm_id", "77").
    `trusted`: True for a secret key or an import, False for a browser. Only a trusted e-mail can
    join two people who have a user_id each.
    Identifiers may come in any spelling; what is no identifier is refused, see `Resolution`.
    """

    index: int
    time: datetime
    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    phone: str | None = None
    external: tuple[tuple[str, str], ...] = ()
    traits: dict[str, Any] | None = None
    alias_previous_id: str | None = None
    trusted: bool = False


Names = tuple[str, str, str, str, tuple[tuple[str, str], ...]]
"""user_id, anonymous_id, email, phone, further identifiers (kind, value); '' stands for none."""


class Sightings(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Events that name somebody and say nothing else of him, as columns of one length.

    `indexes`: the caller's numbers, given back with refusals. `trusted` as in `Observation`.
    """

    indexes: list[int]
    names: list[Names]
    trusted: list[bool]
    times_ms: list[int]


class Refused(msgspec.Struct, frozen=True):
    """A part of an observation that was not taken; the rest of it was.

    `part`: "email", "phone", "user_id", …, or "traits.<name>". `code`: from a closed list
    (`Refusal`, `TraitRefusal`).
    """

    index: int
    part: str
    code: str


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch of observations.

    `profile_ids`: one per observation, in the order given; 0 where no identifier was usable.
    `created`: ids of profiles that did not exist before. `changed`: profiles whose traits,
    identifiers or merges changed. `merged`: (from_id, into_id), `parted`: profiles that are
    again on their own. ClickHouse learns all of it through `store_changes`.
    """

    profile_ids: list[int]
    created: list[int]
    changed: list[int]
    merged: list[tuple[int, int]]
    parted: list[int]
    refused: list[Refused]


class MergeReason(StrEnum):
    """Why two profiles became one."""

    IDENTIFIED = "identified"
    DEVICE = "device"
    EMAIL = "email"
    PHONE = "phone"
    IDENTIFIER = "identifier"
    MANUAL = "manual"


class ProfilesMerged(msgspec.Struct, frozen=True, kw_only=True):
    """News on the bus: each `from_id` is now part of its `into_id` (the final one)."""

    workspace_id: int
    pairs: list[tuple[int, int]]
    now: datetime


class ProfilesParted(msgspec.Struct, frozen=True, kw_only=True):
    """News on the bus: each of `pairs` (profile_id, former into_id) stands on its own again."""

    workspace_id: int
    pairs: list[tuple[int, int]]
    now: datetime


class IdentityRules(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace's rules of who is who.

    `merge_by_email`, `merge_by_phone`: people who have a user_id each are one when a trusted
    source gave both the same address; `merge_by`: own kinds of identifiers that do the same.
    `shared_kinds`: kinds of which several people may have one value (the phone of a family). Such
    a value is kept as a trait, and names somebody only where nothing else does.
    `priority`: kinds from the strongest to the weakest: "email", "phone", "*" for own kinds, which
    may be named right before it. user_id is stronger than all of them, anonymous_id weaker.
    `default_region`: the country whose national phone numbers are understood, or null.
    """

    merge_by_email: bool = True
    merge_by_phone: bool = False
    default_region: str | None = None
    merge_by: tuple[str, ...] = ()
    shared_kinds: tuple[str, ...] = ()
    priority: tuple[str, ...] = DEFAULT_PRIORITY

    @property
    def joining(self) -> frozenset[str]:
        """Kinds of which one value joins two users."""
        on = set(self.merge_by)
        on |= {EMAIL} if self.merge_by_email else set()
        on |= {PHONE} if self.merge_by_phone else set()
        return frozenset(on - set(self.shared_kinds))


class ProfileItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of profiles. `known`: has an identifier besides anonymous ones."""

    id: int
    name: str
    email: str | None
    phone: str | None
    user_id: str | None
    first_seen: datetime
    last_seen: datetime
    known: bool
    traits: dict[str, Any]


class IdentifierItem(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    value: str
    first_seen: datetime


class MergeItem(msgspec.Struct, frozen=True, kw_only=True):
    """One merge in the log of a profile; `undone_at` is null while it holds."""

    id: UUID
    from_id: int
    into_id: int
    reason: MergeReason
    merged_at: datetime
    undone_at: datetime | None
    identifiers: list[IdentifierItem]


class ProfileCard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that this slice knows of one person; other slices add sections of their own.

    `merged_from`: ids of the profiles that are part of this one; old links to them lead here.
    `trait_times`: since when each trait has its value. `computed`: traits that the workspace works
    out itself; they are not set by hand.
    """

    id: int
    name: str
    email: str | None
    phone: str | None
    user_id: str | None
    known: bool
    first_seen: datetime
    last_seen: datetime
    identifiers: list[IdentifierItem]
    traits: dict[str, Any]
    trait_types: dict[str, str]
    trait_times: dict[str, datetime]
    computed: list[str]
    merged_from: list[int]


class TraitName(msgspec.Struct, frozen=True, kw_only=True):
    """A trait that some profile has or had. Nested objects appear as "address.city".

    `count`: profiles that have it with this type, as far as they were counted when written.
    """

    trait: str
    type: str
    count: int
    last_seen: datetime
