"""Privacy over HTTP: topics, consent texts, a person's consents, the stop list, the policy."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import Parameter

from otklik.accounts.public import Permission, Principal, requires, write_audit
from otklik.kit.pagination import Page
from otklik.privacy import operations, queries
from otklik.privacy.model import (
    Action,
    ConsentEntry,
    ConsentItem,
    ConsentText,
    LedgerItem,
    Policy,
    Source,
    Suppression,
    SuppressionReason,
    Topic,
)
from otklik.profiles.public import get_profile
from otklik.runtime.public import Tx

Limit = Annotated[int, Parameter(ge=1, le=200)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Longer = Annotated[str, msgspec.Meta(max_length=1000)]


class NewTopic(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    description: Longer = ""
    parent_id: UUID | None = None


class TopicChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    description: Longer | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class NewText(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    lang: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]


class NewConsent(msgspec.Struct, forbid_unknown_fields=True):
    """`at`: when the person acted; now, when left out. `text_id`: the text that was agreed to."""

    channel: str
    action: Action
    topic_id: UUID | None = None
    at: datetime | None = None
    text_id: UUID | None = None
    ip: Annotated[str, msgspec.Meta(max_length=45)] | None = None
    proof: dict[str, str] | None = None


class NewSuppression(msgspec.Struct, forbid_unknown_fields=True):
    channel: str
    address: Annotated[str, msgspec.Meta(min_length=3, max_length=320)]


class Topics(Controller):
    path = "/topics"
    tags = ["Privacy"]

    @get("/", operation_id="list_topics", guards=[requires(Permission.VIEW)])
    async def list_topics(self, tx: Tx, who: Principal, archived: bool = False) -> list[Topic]:
        """Topics that people can subscribe to."""
        return await queries.list_topics(tx, workspace_id=who.workspace_id, archived=archived)

    @post("/", operation_id="create_topic", guards=[requires(Permission.EDIT)])
    async def create(self, tx: Tx, who: Principal, now: datetime, data: NewTopic) -> Topic:
        """Add a topic, or a subtopic of one."""
        topic = await operations.create_topic(
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            description=data.description,
            parent_id=data.parent_id,
            now=now,
        )
        await write_audit(
            tx, who=who, action="created", object_kind="topic", object_id=topic.id, now=now
        )
        return topic

    @patch("/{topic_id:uuid}", operation_id="change_topic", guards=[requires(Permission.EDIT)])
    async def change(
        self, tx: Tx, who: Principal, now: datetime, topic_id: UUID, data: TopicChanges
    ) -> Topic:
        """Rename, describe or archive a topic. What people said of it stays."""
        changes = {
            name: value
            for name in data.__struct_fields__
            if (value := getattr(data, name)) is not msgspec.UNSET
        }
        topic = await operations.update_topic(
            tx, workspace_id=who.workspace_id, topic_id=topic_id, changes=changes
        )
        await write_audit(
            tx,
            who=who,
            action="changed",
            object_kind="topic",
            object_id=topic_id,
            now=now,
            detail={"fields": sorted(changes)},
        )
        return topic


class ConsentTexts(Controller):
    path = "/consent-texts"
    tags = ["Privacy"]

    @get("/", operation_id="list_consent_texts", guards=[requires(Permission.VIEW)])
    async def list_texts(self, tx: Tx, who: Principal) -> list[ConsentText]:
        """All versions of all texts that people agreed to."""
        return await queries.list_texts(tx, workspace_id=who.workspace_id)

    @post("/", operation_id="add_consent_text", guards=[requires(Permission.MANAGE)])
    async def add(self, tx: Tx, who: Principal, now: datetime, data: NewText) -> ConsentText:
        """Add a text or its next version. A version never changes."""
        made = await operations.add_text(
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            lang=data.lang,
            text=data.text,
            now=now,
        )
        await write_audit(
            tx, who=who, action="added", object_kind="consent_text", object_id=made.id, now=now
        )
        return made


class ProfileConsents(Controller):
    path = "/profiles/{profile_id:int}/consents"
    tags = ["Profiles"]

    @get("/", operation_id="list_profile_consents", guards=[requires(Permission.VIEW)])
    async def ledger(
        self,
        tx: Tx,
        who: Principal,
        profile_id: int,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> Page[LedgerItem]:
        """The ledger of a person: every consent and withdrawal with its source and time."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await queries.ledger(
            tx, workspace_id=who.workspace_id, profile_id=card.id, cursor=cursor, limit=limit
        )

    @get("/state", operation_id="get_profile_consent_state", guards=[requires(Permission.VIEW)])
    async def state(
        self, tx: Tx, who: Principal, profile_id: int, at: datetime | None = None
    ) -> list[ConsentItem]:
        """Where a person stands on each channel and topic: now, or at a past moment."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        if at is None:
            return await queries.consent_states(
                tx, workspace_id=who.workspace_id, profile_id=card.id
            )
        return await queries.consents_at(
            tx, workspace_id=who.workspace_id, profile_id=card.id, at=at
        )

    @post("/", operation_id="record_profile_consent", guards=[requires(Permission.EDIT)])
    async def record(
        self, tx: Tx, who: Principal, now: datetime, profile_id: int, data: NewConsent
    ) -> list[ConsentItem]:
        """Add an entry that a person gave or withdrew a consent; returns where he stands now."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        await operations.record_consents(
            tx,
            workspace_id=who.workspace_id,
            entries=[
                ConsentEntry(
                    profile_id=card.id,
                    channel=data.channel,
                    action=data.action,
                    source=Source.API if who.key_id else Source.OPERATOR,
                    at=min(data.at, now) if data.at else now,
                    topic_id=data.topic_id,
                    text_id=data.text_id,
                    ip=data.ip,
                    proof=data.proof,
                )
            ],
            now=now,
        )
        await write_audit(
            tx,
            who=who,
            action=f"consent_{data.action.value}",
            object_kind="profile",
            object_id=card.id,
            now=now,
            detail={"channel": data.channel},
        )
        return await queries.consent_states(tx, workspace_id=who.workspace_id, profile_id=card.id)


class Suppressions(Controller):
    path = "/suppressions"
    tags = ["Privacy"]

    @get("/", operation_id="list_suppressions", guards=[requires(Permission.VIEW)])
    async def list_suppressions(
        self, tx: Tx, who: Principal, cursor: str | None = None, limit: Limit = 50
    ) -> Page[Suppression]:
        """The stop list. Addresses are stored as keyed hashes; a hint tells them apart."""
        return await queries.list_suppressions(
            tx, workspace_id=who.workspace_id, cursor=cursor, limit=limit
        )

    @post("/", operation_id="add_suppression", status_code=204, guards=[requires(Permission.EDIT)])
    async def add(self, tx: Tx, who: Principal, now: datetime, data: NewSuppression) -> None:
        """Put an address on the stop list: it gets nothing, whatever its consents say."""
        added = await operations.suppress(
            tx,
            workspace_id=who.workspace_id,
            channel=data.channel,
            address=data.address,
            reason=SuppressionReason.MANUAL,
            now=now,
        )
        if added:
            await write_audit(
                tx,
                who=who,
                action="added",
                object_kind="suppression",
                object_id="",
                now=now,
                detail={"channel": data.channel},
            )

    @delete(
        "/{suppression_id:uuid}",
        operation_id="lift_suppression",
        guards=[requires(Permission.MANAGE)],
    )
    async def lift(self, tx: Tx, who: Principal, now: datetime, suppression_id: UUID) -> None:
        """Take an address off the stop list."""
        await operations.lift_suppression(
            tx, workspace_id=who.workspace_id, suppression_id=suppression_id
        )
        await write_audit(
            tx,
            who=who,
            action="lifted",
            object_kind="suppression",
            object_id=suppression_id,
            now=now,
        )


class Policies(Controller):
    path = "/consent-policy"
    tags = ["Privacy"]

    @get("/", operation_id="get_consent_policy", guards=[requires(Permission.VIEW)])
    async def get_policy(self, tx: Tx, who: Principal) -> Policy:
        """Whether a letter needs a consent that was given."""
        return await queries.get_policy(tx, workspace_id=who.workspace_id)

    @put("/", operation_id="set_consent_policy", guards=[requires(Permission.MANAGE)])
    async def set_policy(self, tx: Tx, who: Principal, now: datetime, data: Policy) -> Policy:
        """Set the policy. Without consent, advertising letters are unlawful in many countries."""
        await operations.set_policy(tx, workspace_id=who.workspace_id, policy=data)
        await write_audit(
            tx,
            who=who,
            action="changed",
            object_kind="consent_policy",
            object_id=who.workspace_id,
            now=now,
            detail=msgspec.structs.asdict(data),
        )
        return await queries.get_policy(tx, workspace_id=who.workspace_id)


HANDLERS: list[Any] = [Topics, ConsentTexts, ProfileConsents, Suppressions, Policies]
