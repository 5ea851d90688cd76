"""Privacy over HTTP: topics, consents of a person, texts, the stop list, the policy."""

import ipaddress
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from otklik.accounts.public import Permission, Who, get_workspace, requires, write_audit
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.privacy import operations, queries
from otklik.privacy.errors import BadAddress, SubtopicsRefused
from otklik.privacy.http_erasures import HANDLERS as ERASURE_HANDLERS
from otklik.privacy.http_requests import HANDLERS as REQUEST_HANDLERS
from otklik.privacy.model import (
    Action,
    ConsentEntry,
    ConsentItem,
    ConsentText,
    LedgerItem,
    Policy,
    Purpose,
    Source,
    Suppression,
    SuppressionReason,
    Topic,
)
from otklik.privacy.pages.layout import HEADERS
from otklik.privacy.pages.proof import proof_page
from otklik.privacy.queries.proofs import ChainCheck, check_chain, get_proof
from otklik.profiles.public import get_profile
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
_Description = Annotated[str, msgspec.Meta(max_length=2_000)]


class NewTopic(msgspec.Struct, forbid_unknown_fields=True):
    """`parent_id` makes it a subtopic."""

    name: _Name
    description: _Description = ""
    parent_id: UUID | None = None


class TopicChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays."""

    name: _Name | None = None
    description: _Description | None = None
    archived: bool | None = None


class NewConsent(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`topic_id` null speaks of the whole channel; `at` left out means now.

    `purpose`: processing and partners go by no channel, and `channel` is left empty. `subtopics`:
    when a topic is agreed to that has refused subtopics, whether these are agreed to as well;
    left out, such an agreement is refused with their names, so that somebody asks. `ip`: from where
    the person himself acted, as the caller saw it.
    """

    purpose: Purpose = Purpose.ADVERTISING
    channel: str = ""
    action: Action
    subtopics: Literal["keep", "grant"] | None = None
    ip: str | None = None
    topic_id: UUID | None = None
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    text_id: UUID | None = None
    proof: dict[str, str | int | float | bool | None] | None = None


class NewText(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name
    lang: Lang
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]


class NewSuppression(msgspec.Struct, forbid_unknown_fields=True):
    channel: str
    address: Annotated[str, msgspec.Meta(min_length=3, max_length=320)]
    reason: SuppressionReason = SuppressionReason.MANUAL


def _address(ip: str | None) -> str | None:
    if ip is None:
        return None
    try:
        return str(ipaddress.ip_address(ip))
    except ValueError as error:
        raise BadAddress(ip=ip[:60]) from error


class TopicsController(Controller):
    path = "/topics"
    tags = ["Privacy"]

    @get("/", operation_id="list_topics", guards=[requires(Permission.VIEW)])
    async def list_topics(
        self, who: Who, tx: OpenTx, archived: FromQuery[bool] = True
    ) -> list[Topic]:
        """Topics that people can subscribe to, by name."""
        return await queries.list_topics(tx, workspace_id=who.workspace_id, archived=archived)

    @post("/", operation_id="create_topic", guards=[requires(Permission.EDIT)])
    async def create_topic(self, data: JSONBody[NewTopic], who: Who, tx: OpenTx, now: Now) -> Topic:
        """Make a topic."""
        topic = await operations.create_topic(
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            description=data.description,
            parent_id=data.parent_id,
            now=now,
        )
        await write_audit(
            tx,
            who=who,
            action="topic.created",
            object_kind="topic",
            object_id=topic.id,
            now=now,
        )
        return topic

    @patch("/{topic_id:uuid}", operation_id="update_topic", guards=[requires(Permission.EDIT)])
    async def update_topic(
        self, topic_id: FromPath[UUID], data: JSONBody[TopicChange], who: Who, tx: OpenTx, now: Now
    ) -> Topic:
        """Rename or archive a topic. People's consents to it stay."""
        topic = await operations.update_topic(
            tx,
            workspace_id=who.workspace_id,
            topic_id=topic_id,
            name=data.name,
            description=data.description,
            archived=data.archived,
        )
        await write_audit(
            tx,
            who=who,
            action="topic.changed",
            object_kind="topic",
            object_id=topic.id,
            now=now,
        )
        return topic


class ProfileConsentsController(Controller):
    path = "/profiles/{profile_id:int}"
    tags = ["Privacy"]

    @get("/consents", operation_id="list_profile_consents", guards=[requires(Permission.VIEW)])
    async def list_consents(
        self,
        profile_id: FromPath[int],
        who: Who,
        tx: OpenTx,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[LedgerItem]:
        """The ledger of a person's consents, newest line first."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await queries.ledger(
            tx, workspace_id=who.workspace_id, profile_id=card.id, cursor=cursor, limit=limit
        )

    @get("/consent-states", operation_id="get_consent_states", guards=[requires(Permission.VIEW)])
    async def get_states(
        self, profile_id: FromPath[int], who: Who, tx: OpenTx, at: FromQuery[datetime | None] = None
    ) -> list[ConsentItem]:
        """Where a person stands now, or stood at a past moment."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        if at is None:
            return await queries.consent_states(
                tx, workspace_id=who.workspace_id, profile_id=card.id
            )
        return await queries.consents_at(
            tx, workspace_id=who.workspace_id, profile_id=card.id, at=at
        )

    @post("/consents", operation_id="record_consent", guards=[requires(Permission.EDIT)])
    async def record_consent(
        self, profile_id: FromPath[int], data: JSONBody[NewConsent], who: Who, tx: OpenTx, now: Now
    ) -> Done:
        """Write down that a person agreed or refused."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        entry = ConsentEntry(
            profile_id=card.id,
            purpose=data.purpose,
            channel=data.channel,
            action=data.action,
            # A key speaks for the company's own systems, a user for what he was told.
            source=Source.OPERATOR if who.key_id is None else Source.API,
            at=data.at or now,
            topic_id=data.topic_id,
            text_id=data.text_id,
            # Not the caller's: that of a colleague or of the company's server proves nothing.
            ip=_address(data.ip),
            proof=data.proof,
        )
        refused = await queries.refused_subtopics(tx, workspace_id=who.workspace_id, entry=entry)
        if refused and data.subtopics is None:
            raise SubtopicsRefused(names=", ".join(topic.name for topic in refused))
        entries = [entry]
        if data.subtopics == "grant":
            entries += [msgspec.structs.replace(entry, topic_id=topic.id) for topic in refused]
        await operations.record_consents(
            tx, workspace_id=who.workspace_id, entries=entries, now=now
        )
        await write_audit(
            tx,
            who=who,
            action=f"consent.{data.action.value}",
            object_kind="profile",
            object_id=card.id,
            now=now,
            detail={"purpose": data.purpose.value, "channel": data.channel},
        )
        return Done()

    @get(
        "/consents/{entry_id:int}/proof",
        operation_id="print_consent_proof",
        guards=[requires(Permission.VIEW)],
        media_type="text/html",
    )
    async def print_proof(
        self,
        profile_id: FromPath[int],
        entry_id: FromPath[int],
        who: Who,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
        in_lang: FromQuery[Lang | None] = None,
    ) -> Response[str]:
        """One line of the ledger as a page for paper: what was agreed to, when, and its hash."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        proof = await get_proof(
            tx, workspace_id=who.workspace_id, profile_id=card.id, entry_id=entry_id
        )
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        page = proof_page(
            lang=in_lang or lang, workspace=workspace, card=card, proof=proof, now=now
        )
        return Response(page, media_type="text/html; charset=utf-8", headers=HEADERS)


class ConsentChainController(Controller):
    path = "/consent-chain"
    tags = ["Privacy"]

    @get("/", operation_id="check_consent_chain", guards=[requires(Permission.VIEW)])
    async def check(self, who: Who, tx: OpenTx) -> ChainCheck:
        """Whether every line of the ledger is as it was written."""
        return await check_chain(tx, workspace_id=who.workspace_id)


class ConsentTextsController(Controller):
    path = "/consent-texts"
    tags = ["Privacy"]

    @get("/", operation_id="list_consent_texts", guards=[requires(Permission.VIEW)])
    async def list_texts(self, who: Who, tx: OpenTx) -> list[ConsentText]:
        """Every version of every text that people agree to."""
        return await queries.list_texts(tx, workspace_id=who.workspace_id)

    @post("/", operation_id="add_consent_text", guards=[requires(Permission.MANAGE)])
    async def add_text(
        self, data: JSONBody[NewText], who: Who, tx: OpenTx, now: Now
    ) -> ConsentText:
        """Add the next version of a text; versions never change."""
        text = await operations.add_text(
            tx,
            workspace_id=who.workspace_id,
            name=data.name.strip(),
            lang=data.lang,
            text=data.text,
            now=now,
        )
        await write_audit(
            tx,
            who=who,
            action="consent_text.added",
            object_kind="consent_text",
            object_id=text.id,
            now=now,
            detail={"version": text.version},
        )
        return text


class SuppressionsController(Controller):
    path = "/suppressions"
    tags = ["Privacy"]

    @get("/", operation_id="list_suppressions", guards=[requires(Permission.VIEW)])
    async def list_suppressions(
        self,
        who: Who,
        tx: OpenTx,
        *,
        channel: FromQuery[str | None] = None,
        address: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[Suppression]:
        """The stop list. Addresses are kept as hashes; `address` finds exactly one."""
        return await queries.list_suppressions(
            tx,
            workspace_id=who.workspace_id,
            channel=channel,
            address=address,
            cursor=cursor,
            limit=limit,
        )

    @post("/", operation_id="add_suppression", guards=[requires(Permission.EDIT)])
    async def add_suppression(
        self, data: JSONBody[NewSuppression], who: Who, tx: OpenTx, now: Now
    ) -> Done:
        """Put an address on the stop list."""
        added = await operations.suppress(
            tx,
            workspace_id=who.workspace_id,
            channel=data.channel,
            address=data.address,
            reason=data.reason,
            now=now,
        )
        if added:
            await write_audit(
                tx,
                who=who,
                action="suppression.added",
                object_kind="suppression",
                object_id=data.channel,
                now=now,
                detail={"reason": data.reason.value},
            )
        return Done()

    @delete(
        "/{suppression_id:uuid}",
        operation_id="remove_suppression",
        status_code=200,
        guards=[requires(Permission.MANAGE)],
    )
    async def remove_suppression(
        self, suppression_id: FromPath[UUID], who: Who, tx: OpenTx, now: Now
    ) -> Done:
        """Take an address off the stop list; only somebody who answers for it may."""
        await operations.lift_suppression(
            tx, workspace_id=who.workspace_id, suppression_id=suppression_id
        )
        await write_audit(
            tx,
            who=who,
            action="suppression.removed",
            object_kind="suppression",
            object_id=suppression_id,
            now=now,
        )
        return Done()


class PolicyController(Controller):
    path = "/consent-policy"
    tags = ["Privacy"]

    @get("/", operation_id="get_consent_policy", guards=[requires(Permission.VIEW)])
    async def get_policy(self, who: Who, tx: OpenTx) -> Policy:
        """Whether a letter needs a consent that was given."""
        return await queries.get_policy(tx, workspace_id=who.workspace_id)

    @patch("/", operation_id="set_consent_policy", guards=[requires(Permission.MANAGE)])
    async def set_policy(self, data: JSONBody[Policy], who: Who, tx: OpenTx, now: Now) -> Policy:
        """Change it. In many countries advertising without a consent is unlawful."""
        await operations.set_policy(tx, workspace_id=who.workspace_id, policy=data)
        await write_audit(
            tx,
            who=who,
            action="consent_policy.changed",
            object_kind="workspace",
            object_id=who.workspace_id,
            now=now,
            detail={"email_needs_consent": data.email_needs_consent},
        )
        return data


HANDLERS = [
    TopicsController,
    ProfileConsentsController,
    ConsentTextsController,
    ConsentChainController,
    SuppressionsController,
    PolicyController,
    *REQUEST_HANDLERS,
    *ERASURE_HANDLERS,
]
