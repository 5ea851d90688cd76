"""What stands on a person's card beside the facts: timeline, notes, changes by hand, segments."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation

from otklik.accounts.public import Forbidden, Permission, Principal, Who, requires, write_audit
from otklik.kit.pagination import Page
from otklik.profiles.model.timeline import Sources, TimelineItem, TimelineKind
from otklik.profiles.operations import notes
from otklik.profiles.queries.cards import homes_of
from otklik.profiles.queries.notes import ProfileNote, TraitEdit, list_edits, list_notes
from otklik.profiles.queries.timeline import timeline
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_NOTES_MAX = 200
_BODY_MAX = 100_000


class NoteText(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=_BODY_MAX)]


def _may_write(who: Principal) -> None:
    # Operators leave notes too, though they change nothing else of a customer.
    if not (who.may(Permission.EDIT) or who.may(Permission.INBOX)):
        raise Forbidden(role=who.role)


class CardMembership(msgspec.Struct, frozen=True, kw_only=True):
    """A time in a segment. `entered_at` null: before the history begins; `left_at` null: until
    now. The moments are those of the last recount of a day."""

    segment_id: UUID
    name: str
    entered_at: datetime | None
    left_at: datetime | None


MembershipReader = Callable[[Runtime, Tx, int, int, datetime], Awaitable[list[CardMembership]]]
"""(rt, tx, workspace_id, profile_id, now) → memberships; the dependency `segment_history`."""


class CardController(Controller):
    path = "/profiles/{profile_id:int}"
    tags = ["Profiles"]

    @get("/timeline", operation_id="get_profile_timeline", guards=[requires(Permission.VIEW)])
    async def get_timeline(
        self,
        profile_id: FromPath[int],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        *,
        now: Now,
        lang: ReaderLang,
        timeline_sources: NamedDependency[SkipValidation[Sources | None]] = None,
        kinds: FromQuery[list[TimelineKind] | None] = None,
        names: FromQuery[list[str] | None] = None,
        since: FromQuery[datetime | None] = None,
        until: FromQuery[datetime | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[TimelineItem]:
        """Everything that happened with a person, newest first: events, messages, returned mail,
        consents, orders, merges, notes, changes by hand. `names`: events of these names only."""
        return await timeline(
            rt,
            tx,
            workspace_id=who.workspace_id,
            profile_id=profile_id,
            now=now,
            others=timeline_sources or {},
            lang=lang,
            kinds=kinds,
            names=names,
            since=since,
            until=until,
            cursor=cursor,
            limit=limit,
        )

    @get("/segments", operation_id="list_profile_segments", guards=[requires(Permission.VIEW)])
    async def list_segments(
        self,
        profile_id: FromPath[int],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        *,
        now: Now,
        segment_history: NamedDependency[SkipValidation[MembershipReader | None]] = None,
    ) -> list[CardMembership]:
        """The segments a person is in, then those he was in, the last entered or left first."""
        homes = await homes_of(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        if segment_history is None:
            return []
        return await segment_history(rt, tx, who.workspace_id, homes[0], now)

    @get("/edits", operation_id="list_trait_edits", guards=[requires(Permission.VIEW)])
    async def list_edits(self, profile_id: FromPath[int], who: Who, tx: OpenTx) -> list[TraitEdit]:
        """The newest changes of traits by hand: who, when, from where, before and after."""
        homes = await homes_of(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await list_edits(tx, workspace_id=who.workspace_id, homes=homes)

    @get("/notes", operation_id="list_notes", guards=[requires(Permission.VIEW)])
    async def list_notes(
        self, profile_id: FromPath[int], who: Who, tx: OpenTx
    ) -> list[ProfileNote]:
        """What colleagues wrote of a person, newest first."""
        homes = await homes_of(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await list_notes(tx, workspace_id=who.workspace_id, homes=homes, limit=_NOTES_MAX)

    @post("/notes", operation_id="add_note", guards=[requires(Permission.VIEW)])
    async def add_note(
        self, profile_id: FromPath[int], data: JSONBody[NoteText], who: Who, tx: OpenTx, *, now: Now
    ) -> ProfileNote:
        """Write a note on a person's card."""
        _may_write(who)
        note = await notes.add_note(tx, who=who, profile_id=profile_id, text=data.text, now=now)
        await write_audit(
            tx,
            who=who,
            action="note.added",
            object_kind="profile",
            object_id=note.profile_id,
            now=now,
            detail={"note_id": str(note.id), "characters": len(note.text)},
        )
        return note

    @patch("/notes/{note_id:uuid}", operation_id="change_note", guards=[requires(Permission.VIEW)])
    async def change_note(
        self,
        profile_id: FromPath[int],
        note_id: FromPath[UUID],
        data: JSONBody[NoteText],
        who: Who,
        tx: OpenTx,
        *,
        now: Now,
    ) -> ProfileNote:
        """Change a note: one's own, or any for who manages the workspace."""
        _may_write(who)
        note = await notes.change_note(
            tx, who=who, profile_id=profile_id, note_id=note_id, text=data.text, now=now
        )
        await write_audit(
            tx,
            who=who,
            action="note.changed",
            object_kind="profile",
            object_id=note.profile_id,
            now=now,
            detail={"note_id": str(note.id), "characters": len(note.text)},
        )
        return note

    @delete(
        "/notes/{note_id:uuid}",
        operation_id="delete_note",
        status_code=200,
        guards=[requires(Permission.VIEW)],
    )
    async def delete_note(
        self, profile_id: FromPath[int], note_id: FromPath[UUID], who: Who, tx: OpenTx, *, now: Now
    ) -> Done:
        """Delete a note: one's own, or any for who manages the workspace."""
        _may_write(who)
        await notes.delete_note(tx, who=who, profile_id=profile_id, note_id=note_id)
        await write_audit(
            tx,
            who=who,
            action="note.deleted",
            object_kind="profile",
            object_id=profile_id,
            now=now,
            detail={"note_id": str(note_id)},
        )
        return Done()


HANDLERS = [CardController]
