"""Profiles over HTTP: the list, the card, edits, merges, the rules of identity."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation

from otklik.accounts.public import Permission, Principal, Who, requires, write_audit
from otklik.events.public import EventRow, events_of_profile
from otklik.kit.pagination import Page, clamp_limit
from otklik.profiles import http_card, http_duplicates, http_rules
from otklik.profiles.model.structs import (
    IdentifierItem,
    MergeItem,
    MergeReason,
    ProfileCard,
    ProfileItem,
)
from otklik.profiles.operations import edits
from otklik.profiles.queries import cards
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, Rt


class CardConsent(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person stands on a channel (`topic_id` null) or a topic."""

    channel: str
    topic_id: UUID | None
    state: str
    at: datetime
    source: str


class CardSegment(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str


class CardOrders(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that were neither cancelled nor returned."""

    count: int = 0
    total: float = 0.0
    last_at: datetime | None = None
    currency: str = ""


class CardSections(msgspec.Struct, frozen=True, kw_only=True):
    """What the slices above know of a person; `entrypoints/wiring` brings it together."""

    consents: list[CardConsent] = []
    segments: list[CardSegment] = []
    orders: CardOrders = CardOrders()


SectionsReader = Callable[[Runtime, Tx, int, int], Awaitable[CardSections]]
"""(rt, tx, workspace_id, profile_id) → sections; the dependency `card_sections`."""

SegmentMembers = Callable[[Runtime, int, UUID], Awaitable[cards.Newest]]
"""(rt, workspace_id, segment_id) → a reader of its members; the dependency `segment_members`.

Raises NotFound for a segment of another workspace."""


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """The card of a person with the sections of every slice."""

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
    merged_from: list[MergeItem]
    consents: list[CardConsent]
    segments: list[CardSegment]
    orders: CardOrders


class ProfileChange(msgspec.Struct, forbid_unknown_fields=True):
    """Traits to set; null removes one, those not named stay."""

    traits: dict[str, Any]


class NewMerge(msgspec.Struct, forbid_unknown_fields=True):
    """`from_id` becomes part of the profile in the path. `traits`: values chosen by hand for the
    joined person, where the two differ; null removes one. They stay when the merge is undone."""

    from_id: int
    traits: dict[str, Any] | None = None


async def _no_sections(_rt: Runtime, _tx: Tx, _workspace_id: int, _profile_id: int) -> CardSections:
    return CardSections()


async def _card(
    rt: Runtime, tx: Tx, who: Principal, profile_id: int, reader: SectionsReader | None
) -> CardView:
    card: ProfileCard = await cards.get_profile(
        tx, workspace_id=who.workspace_id, profile_id=profile_id
    )
    merges = await cards.list_merges(tx, workspace_id=who.workspace_id, profile_id=card.id)
    sections = await (reader or _no_sections)(rt, tx, who.workspace_id, card.id)
    return CardView(
        id=card.id,
        name=card.name,
        email=card.email,
        phone=card.phone,
        user_id=card.user_id,
        known=card.known,
        first_seen=card.first_seen,
        last_seen=card.last_seen,
        identifiers=card.identifiers,
        traits=card.traits,
        trait_types=card.trait_types,
        trait_times=card.trait_times,
        computed=card.computed,
        merged_from=[merge for merge in merges if merge.undone_at is None],
        consents=sections.consents,
        segments=sections.segments,
        orders=sections.orders,
    )


class ProfilesController(Controller):
    path = "/profiles"
    tags = ["Profiles"]

    @get("/", operation_id="list_profiles", guards=[requires(Permission.VIEW)])
    async def list_profiles(
        self,
        who: Who,
        rt: Rt,
        tx: OpenTx,
        *,
        segment_members: NamedDependency[SkipValidation[SegmentMembers | None]] = None,
        search: FromQuery[str | None] = None,
        segment_id: FromQuery[UUID | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[ProfileItem]:
        """People, newest first; `search` finds any part of name, address and phone,
        and any id exactly."""
        within: cards.Newest | None = None
        if segment_id is not None:
            within = (
                cards.newest_of([])
                if segment_members is None
                else await segment_members(rt, who.workspace_id, segment_id)
            )
        return await cards.list_profiles(
            tx,
            workspace_id=who.workspace_id,
            search=search,
            within=within,
            cursor=cursor,
            limit=limit,
        )

    @get("/{profile_id:int}", operation_id="get_profile", guards=[requires(Permission.VIEW)])
    async def get_profile(
        self,
        profile_id: FromPath[int],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        *,
        card_sections: NamedDependency[SkipValidation[SectionsReader | None]] = None,
    ) -> CardView:
        """The card of a person; the id of a profile merged away leads to the present one."""
        return await _card(rt, tx, who, profile_id, card_sections)

    @patch("/{profile_id:int}", operation_id="update_profile", guards=[requires(Permission.EDIT)])
    async def update_profile(
        self,
        profile_id: FromPath[int],
        data: JSONBody[ProfileChange],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        *,
        now: Now,
        card_sections: NamedDependency[SkipValidation[SectionsReader | None]] = None,
    ) -> CardView:
        """Set traits of a person; null removes one."""
        await edits.set_traits(
            tx,
            workspace_id=who.workspace_id,
            profile_id=profile_id,
            traits=data.traits,
            now=now,
            editor=who,
        )
        await write_audit(
            tx,
            who=who,
            action="profile.changed",
            object_kind="profile",
            object_id=profile_id,
            now=now,
            detail={"traits": len(data.traits)},
        )
        return await _card(rt, tx, who, profile_id, card_sections)

    @get(
        "/{profile_id:int}/events",
        operation_id="list_profile_events",
        guards=[requires(Permission.VIEW)],
    )
    async def list_events(
        self,
        profile_id: FromPath[int],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        *,
        now: Now,
        name: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[EventRow]:
        """The timeline of a person, newest first; `name` keeps events of one kind."""
        card = await cards.get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await events_of_profile(
            rt,
            workspace_id=who.workspace_id,
            profile_id=card.id,
            names=None if name is None else [name],
            cursor=cursor,
            limit=clamp_limit(limit),
            now=now,
        )

    @get(
        "/{profile_id:int}/merges",
        operation_id="list_profile_merges",
        guards=[requires(Permission.VIEW)],
    )
    async def list_merges(self, profile_id: FromPath[int], who: Who, tx: OpenTx) -> list[MergeItem]:
        """The log of a person's merges, newest first, undone ones too."""
        return await cards.list_merges(tx, workspace_id=who.workspace_id, profile_id=profile_id)

    @post(
        "/{profile_id:int}/merges",
        operation_id="merge_profiles",
        guards=[requires(Permission.EDIT)],
    )
    async def merge_profiles(
        self,
        profile_id: FromPath[int],
        data: JSONBody[NewMerge],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        *,
        now: Now,
    ) -> MergeItem:
        """Merge another profile into this one. It can be undone."""
        root = await edits.merge_profiles(
            tx,
            workspace_id=who.workspace_id,
            from_id=data.from_id,
            into_id=profile_id,
            now=now,
            bus=rt.bus,
        )
        if data.traits:
            await edits.set_traits(
                tx,
                workspace_id=who.workspace_id,
                profile_id=root,
                traits=data.traits,
                now=now,
                editor=who,
            )
        await write_audit(
            tx,
            who=who,
            action="profile.merged",
            object_kind="profile",
            object_id=root,
            now=now,
            detail={"from_id": data.from_id},
        )
        merges = await cards.list_merges(tx, workspace_id=who.workspace_id, profile_id=root)
        return next(merge for merge in merges if merge.reason is MergeReason.MANUAL)

    @delete(
        "/{profile_id:int}/merges/{merge_id:uuid}",
        operation_id="undo_merge",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def undo_merge(
        self,
        profile_id: FromPath[int],
        merge_id: FromPath[UUID],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        *,
        now: Now,
    ) -> Done:
        """Undo a merge: identifiers and traits go back, and no rule merges the two again."""
        parted = await edits.undo_merge(
            tx,
            workspace_id=who.workspace_id,
            profile_id=profile_id,
            merge_id=merge_id,
            now=now,
            bus=rt.bus,
        )
        await write_audit(
            tx,
            who=who,
            action="profile.merge_undone",
            object_kind="profile",
            object_id=parted,
            now=now,
        )
        return Done()


HANDLERS = [
    ProfilesController,
    *http_card.HANDLERS,
    *http_duplicates.HANDLERS,
    *http_rules.HANDLERS,
]
