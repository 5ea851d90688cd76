"""What reaches whom: news goes upward only through the subscriptions written here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from otklik.accounts.public import use_letters_stay
from otklik.analytics.home.launches import use_launches
from otklik.analytics.home.reports import use_reporters
from otklik.campaigns.public import (
    CampaignState,
    campaign_names,
    campaigns_using,
    campaigns_using_each,
    on_mailing_finished,
    use_results,
)
from otklik.campaigns.transactional.model import TransactionalState
from otklik.campaigns.transactional.queries import transactional_using
from otklik.catalog import public as catalog
from otklik.channels.email.public import (
    use_key_vault,
    use_sender_usage,
)
from otklik.computed import public as computed
from otklik.content.public import (
    Reference,
    traits_of_letters,
    use_letter_usage,
    use_trait_titles,
    use_trial_mailer,
)
from otklik.delivery import public as delivery
from otklik.delivery.public import MailingFinished
from otklik.entrypoints.wiring.attention import REPORTERS
from otklik.entrypoints.wiring.digests import connect_digests
from otklik.entrypoints.wiring.keepers import register_keepers
from otklik.entrypoints.wiring.mail import letters_stay, send_trial
from otklik.entrypoints.wiring.views import launches_of, results_of
from otklik.exports import public as exports
from otklik.ingestion.public import (
    EventsStored,
    InsideEvent,
    consents_of_hooks,
    consents_of_import,
    record_inside,
)
from otklik.kit.uses import UseState
from otklik.privacy import public as privacy
from otklik.profiles.public import ProfilesMerged, ProfilesParted, current_ids
from otklik.runtime.public import Runtime, Tx, log
from otklik.segments.public import (
    SegmentChanged,
    Use,
    register_sources,
    register_usage,
    traits_of_segments,
)


def connect(rt: Runtime) -> None:
    """Make every job known, and let news reach who needs them. Once per runtime."""
    rt.jobs.bind(rt)
    rt.bus.subscribe(EventsStored, take_orders)
    rt.bus.subscribe(EventsStored, take_consents)
    rt.bus.subscribe(EventsStored, exports.take_events)
    rt.bus.subscribe(EventsStored, take_form_consents)
    rt.bus.subscribe(SegmentChanged, exports.take_changes)
    rt.bus.subscribe(ProfilesMerged, catalog.on_profiles_merged)
    rt.bus.subscribe(ProfilesParted, catalog.on_profiles_parted)
    rt.bus.subscribe(ProfilesMerged, privacy.on_profiles_merged)
    rt.bus.subscribe(ProfilesMerged, privacy.move_pauses)
    rt.bus.subscribe(ProfilesParted, privacy.on_profiles_parted)
    rt.bus.subscribe(ProfilesMerged, delivery.on_profiles_merged)
    rt.bus.subscribe(MailingFinished, on_mailing_finished)
    rt.bus.subscribe(delivery.LetterAnswered, take_answers)
    rt.bus.subscribe(EventsStored, partial(compute_traits, rt))
    register_keepers()
    connect_digests()
    register_usage(segments_used_by_campaigns)
    register_usage(segments_used_by_exports)
    register_sources(campaign_names)
    computed.register_usage(computed_traits_used_by_segments)
    computed.register_usage(computed_traits_used_by_letters)
    use_trait_titles(titles_of_computed_traits)
    use_launches(launches_of)
    use_results(results_of)
    use_reporters(REPORTERS)
    use_letter_usage(letters_used_by_campaigns)
    use_sender_usage(sender_used_by_campaigns)
    use_key_vault(rt.vault)
    use_letters_stay(letters_stay)
    use_trial_mailer(send_trial)


async def take_orders(news: EventsStored, tx: Tx) -> None:
    """Bring orders up to date with the order events of a batch."""
    rows = []
    events = list(news.events.rows(names=catalog.ORDER_EVENTS))
    now_known_as = await current_ids(
        tx,
        workspace_id=news.workspace_id,
        profile_ids=list({event.profile_id for event in events}),
    )
    for event in events:
        made = catalog.order_event(
            profile_id=now_known_as.get(event.profile_id, event.profile_id),
            name=event.name,
            time=event.time,
            properties=event.properties,
        )
        if isinstance(made, catalog.OrderEvent):
            rows.append(made)
        elif made is not None:
            # The event itself is stored and visible; only no order could be made of it.
            log.info("order event without an order", code=made.value, workspace=news.workspace_id)
    await catalog.apply_order_events(tx, workspace_id=news.workspace_id, rows=rows, now=news.now)


async def take_consents(news: EventsStored, tx: Tx) -> None:
    """Write what people of an imported file agreed to or refused into the ledger."""
    declared = await consents_of_import(tx, news)
    now_known_as = await current_profiles(tx, news) if declared else {}
    await privacy.record_consents(
        tx,
        workspace_id=news.workspace_id,
        entries=[
            privacy.ConsentEntry(
                profile_id=now_known_as.get(one.profile_id, one.profile_id),
                purpose=privacy.Purpose(one.purpose),
                channel=one.channel,
                action=privacy.Action(one.action),
                source=privacy.Source.IMPORT,
                at=one.at,
                topic_id=one.topic_id,
                text_id=one.text_id,
                ip=one.ip,
                proof=one.proof,
                key=one.key,
            )
            for one in declared
        ],
        now=news.now,
    )


async def take_form_consents(news: EventsStored, tx: Tx) -> None:
    """Write the consents of forms that came as webhooks into the ledger."""
    given = await consents_of_hooks(tx, news)
    now_known_as = await current_profiles(tx, news) if given else {}
    await privacy.record_consents(
        tx,
        workspace_id=news.workspace_id,
        entries=[
            privacy.ConsentEntry(
                profile_id=now_known_as.get(one.profile_id, one.profile_id),
                channel=one.channel,
                action=privacy.Action.GRANTED,
                source=privacy.Source.FORM,
                at=datetime.fromtimestamp(one.at_ms / 1000, UTC),
                topic_id=one.topic_id,
                text_id=one.text_id,
                ip=one.ip,
                proof=one.proof,
                key=one.key,
            )
            for one in given
        ],
        now=news.now,
    )


async def take_answers(news: delivery.LetterAnswered, tx: Tx) -> None:
    """Make the answer to a letter an event of its reader."""
    await record_inside(
        tx,
        workspace_id=news.workspace_id,
        source="letter",
        event=InsideEvent(
            name=news.event,
            properties=news.properties,
            key=news.key,
            at=news.at,
            user_id=news.user_id,
            email=news.email,
            phone=news.phone,
        ),
        now=news.at,
    )


async def compute_traits(rt: Runtime, news: EventsStored, tx: Tx) -> None:
    """Have the computed traits of the people in a batch brought up to date soon."""
    await computed.note_facts(rt, tx, workspace_id=news.workspace_id, now=news.now)


async def current_profiles(tx: Tx, news: EventsStored) -> dict[int, int]:
    """Map profiles that were merged after their events had been identified."""
    return await current_ids(tx, workspace_id=news.workspace_id, profile_ids=list(news.profile_ids))


async def computed_traits_used_by_segments(
    tx: Tx, workspace_id: int, names: Sequence[str]
) -> dict[str, list[computed.ComputedUse]]:
    """Tell which segments ask for a computed trait, or for a part of one."""
    return _uses_of_traits(
        "segment", await traits_of_segments(tx, workspace_id=workspace_id), names
    )


async def computed_traits_used_by_letters(
    tx: Tx, workspace_id: int, names: Sequence[str]
) -> dict[str, list[computed.ComputedUse]]:
    """Tell which letters name a computed trait, or a part of one."""
    return _uses_of_traits("letter", await traits_of_letters(tx, workspace_id=workspace_id), names)


def _uses_of_traits(
    kind: str, users: Iterable[tuple[UUID, str, frozenset[str]]], names: Sequence[str]
) -> dict[str, list[computed.ComputedUse]]:
    found: dict[str, list[computed.ComputedUse]] = {}
    for user_id, user, traits in users:
        tops = {trait.partition(".")[0] for trait in traits}
        for name in tops.intersection(names):
            use = computed.ComputedUse(kind=kind, id=user_id, name=user)
            found.setdefault(name, []).append(use)
    return found


async def titles_of_computed_traits(tx: Tx, workspace_id: int) -> dict[str, str]:
    return await computed.computed_titles(tx, workspace_id=workspace_id)


_USE_STATES = {
    CampaignState.DRAFT: UseState.PLANNED,
    CampaignState.SCHEDULED: UseState.PLANNED,
    CampaignState.PREPARING: UseState.RUNNING,
    CampaignState.RUNNING: UseState.RUNNING,
    CampaignState.PAUSED: UseState.RUNNING,
    CampaignState.FINISHED: UseState.OVER,
    CampaignState.CANCELLED: UseState.OVER,
}


async def segments_used_by_campaigns(
    tx: Tx, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, list[Use]]:
    found = await campaigns_using_each(tx, workspace_id=workspace_id, segment_ids=segment_ids)
    return {
        segment_id: [
            Use(kind=use.kind, id=use.id, name=use.name, state=_USE_STATES[use.state])
            for use in uses
        ]
        for segment_id, uses in found.items()
    }


async def segments_used_by_exports(
    tx: Tx, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, list[Use]]:
    found = await exports.exports_using(tx, workspace_id=workspace_id, segment_ids=segment_ids)
    return {
        segment_id: [Use(kind=use.kind, id=use.id, name=use.name) for use in uses]
        for segment_id, uses in found.items()
    }


async def sender_used_by_campaigns(tx: Tx, workspace_id: int, sender_id: UUID) -> list[str]:
    used = await campaigns_using(tx, workspace_id=workspace_id, sender_id=sender_id)
    asked = await transactional_using(tx, workspace_id=workspace_id, sender_id=sender_id)
    return [use.name for use in used] + [row.name for row in asked]


async def letters_used_by_campaigns(
    tx: Tx, workspace_id: int, letter_ids: Sequence[UUID]
) -> dict[UUID, list[Reference]]:
    found = await campaigns_using_each(tx, workspace_id=workspace_id, letter_ids=letter_ids)
    uses_of: defaultdict[UUID, list[Reference]] = defaultdict(list)
    for row in await transactional_using(tx, workspace_id=workspace_id, letter_ids=letter_ids):
        state = UseState.PLANNED if row.state == TransactionalState.DRAFT else UseState.RUNNING
        uses_of[row.letter_id].append(
            Reference(kind="transactional", id=str(row.id), name=row.name, state=state)
        )
    for letter_id, uses in found.items():
        uses_of[letter_id] += [
            Reference(kind=use.kind, id=str(use.id), name=use.name, state=_USE_STATES[use.state])
            for use in uses
        ]
    return uses_of
