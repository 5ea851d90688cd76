"""What comes back: bounces, complaints, automatic replies and answers of people."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.public import ReturnKind
from otklik.delivery.model import MessageState
from otklik.delivery.operations.blocks import Outcome, Row
from otklik.delivery.operations.erasure import erase_messages
from otklik.delivery.operations.returns import Taken, TakenMail, accepts
from otklik.delivery.operations.verdicts import recount_returned, take_refusals
from otklik.delivery.queries import mailing_by_number, progress
from otklik.delivery.tables import message_blocks
from otklik.delivery.tokens import MessageLinks, MessageRef
from otklik.kit.traces import Traces
from otklik.privacy.public import State, SuppressionReason, consent_states
from otklik.runtime.public import Runtime
from tests.conftest import Clock
from tests.delivery.returned import (
    bounce,
    complaint,
    full,
    kept,
    message_of,
    send,
    stopped,
    take,
    way_back,
)
from tests.delivery.support import (
    MailServer,
    facts_of,
    fates,
    make_people,
    tallies_match,
)


async def test_a_hard_bounce_stops_the_address(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    ids = await make_people(rt, workspace, ["ann", "bob"])
    source_id = await send(rt, server, workspace, ids)
    ref = await message_of(rt, source_id, ids[0])
    # Servers may change the case of a return path.
    taken = await take(rt, bounce("ann@example.com"), way_back(rt, ref).upper())
    assert taken == TakenMail(Taken.APPLIED, ReturnKind.BOUNCE, workspace.id, ref.message_id)
    assert await fates(rt, source_id) == {ids[0]: ("bounced", "no_mailbox"), ids[1]: ("sent", "")}
    assert await stopped(rt, workspace, "ann") is SuppressionReason.HARD_BOUNCE
    assert await stopped(rt, workspace, "bob") is None
    assert (await facts_of(rt, source_id))["bounced"] == {"no_mailbox": 1}
    assert await tallies_match(rt, source_id)
    async with rt.db.begin() as tx:
        now = rt.clock()
        done = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=now)
    assert (done.sent, done.bounced) == (1, 1)

    # The same mail again, by another way: nothing changes.
    again = b"Received: from elsewhere\n\tby here\n" + bounce("ann@example.com")
    assert (await take(rt, again, way_back(rt, ref))).outcome is Taken.KNOWN
    assert (await facts_of(rt, source_id))["bounced"] == {"no_mailbox": 1}
    assert await kept(rt, workspace) == [ReturnKind.BOUNCE]

    # The gate of the next mailing leaves the address out.
    next_id = await send(rt, server, workspace, ids)
    assert (await fates(rt, next_id))[ids[0]] == ("skipped", "suppressed")


async def test_a_refusal_at_the_moment_of_sending_ends_the_same_way(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    ids = await make_people(rt, workspace, ["dead", "full"])
    server.script = {
        "dead@example.com": ["550 5.1.1 User unknown"],
        "full@example.com": ["552 5.2.2 Mailbox full"],
    }
    source_id = await send(rt, server, workspace, ids)
    assert (await fates(rt, source_id))[ids[0]] == ("bounced", "no_mailbox")
    assert await stopped(rt, workspace, "dead") is SuppressionReason.HARD_BOUNCE
    for _ in range(3):
        await send(rt, server, workspace, [ids[1]])
        assert await stopped(rt, workspace, "full") is None
    await send(rt, server, workspace, [ids[1]])
    assert await stopped(rt, workspace, "full") is SuppressionReason.SOFT_BOUNCES


async def test_five_soft_bounces_in_a_row_stop_the_address(
    rt: Runtime, workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    for number in range(7):
        clock.move(days=1)
        source_id = await send(rt, server, workspace, [ann])
        if number == 1:
            continue  # This one arrives: the row begins anew.
        ref = await message_of(rt, source_id, ann)
        taken = await take(rt, full("ann@example.com", f"n{number}"), way_back(rt, ref))
        assert taken.outcome is Taken.APPLIED
        assert (await fates(rt, source_id))[ann] == ("bounced", "mailbox_full")
        row_is_full = number == 6
        assert (await stopped(rt, workspace, "ann") is not None) == row_is_full
    assert await stopped(rt, workspace, "ann") is SuppressionReason.SOFT_BOUNCES


async def test_a_click_of_the_person_ends_a_row_of_soft_bounces(
    rt: Runtime, workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    for number in range(5):
        clock.move(days=1)
        source_id = await send(rt, server, workspace, [ann])
        ref = await message_of(rt, source_id, ann)
        if number == 3:
            await rt.ch.command(
                "INSERT INTO message_facts (workspace_id, message_id, profile_id, channel,"
                " source_kind, source_id, fact, verdict, at, fact_id) VALUES ({ws:UInt32}, 1,"
                " {id:UInt64}, 'email', 'campaign', {source:UUID}, 'clicked', 'person',"
                " {at:DateTime64(3, 'UTC')}, 'click')",
                {"ws": workspace.id, "id": ann, "source": str(source_id), "at": rt.clock()},
            )
        await take(rt, full("ann@example.com", f"n{number}"), way_back(rt, ref))
    assert await stopped(rt, workspace, "ann") is None


async def test_a_delay_changes_nothing(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    raw = bounce("ann@example.com", "4.4.1", "timed out").replace(b"failed", b"delayed")
    assert (await take(rt, raw, way_back(rt, ref))).kind is ReturnKind.NOTICE
    assert (await fates(rt, source_id))[ann] == ("sent", "")


async def test_a_complaint_stops_the_address_and_withdraws_the_consent(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    ann, bob = await make_people(rt, workspace, ["ann", "bob"])
    source_id = await send(rt, server, workspace, [ann, bob])
    for profile_id, name, kind in ((ann, "ann", "abuse"), (bob, "bob", "opt-out")):
        ref = await message_of(rt, source_id, profile_id)
        raw = complaint(f"{name}@example.com", kind)
        assert (await take(rt, raw, way_back(rt, ref))).kind is ReturnKind.COMPLAINT
        async with rt.db.begin() as tx:
            states = await consent_states(tx, workspace_id=workspace.id, profile_id=profile_id)
        assert {one.state for one in states if one.channel == "email"} == {State.WITHDRAWN}
    assert await stopped(rt, workspace, "ann") is SuppressionReason.COMPLAINT
    # Who only asked to be taken off is not stopped for letters that are no advertising.
    assert await stopped(rt, workspace, "bob") is None
    facts = await facts_of(rt, source_id)
    assert (facts["complained"], facts["unsubscribed"]) == ({"abuse": 1}, {"feedback_loop": 1})
    assert await fates(rt, source_id) == {ann: ("sent", ""), bob: ("sent", "")}


async def test_an_automatic_reply_is_kept_and_changes_nothing(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    raw = (
        b"From: ann@example.com\nSubject: Automatic reply: Hello\nAuto-Submitted: auto-replied\n\n"
        b"I am out of the office.\n"
    )
    assert (await take(rt, raw, way_back(rt, ref))).kind is ReturnKind.AUTO_REPLY
    assert (await fates(rt, source_id))[ann] == ("sent", "")
    assert await stopped(rt, workspace, "ann") is None
    assert "bounced" not in await facts_of(rt, source_id)


async def test_a_reply_finds_its_message_and_its_person(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    links = MessageLinks(rt.signer, "http://x", ref, variant=0, static=lambda _: None)
    raw = (
        f"From: Ann <ann@example.com>\nTo: news@shop.example\nSubject: Re: Hello\n"
        f"In-Reply-To: <{links.mail_id()}@shop.example>\n\nWhen do you open?\n"
    ).encode()
    taken = await take(rt, raw, "news@shop.example")
    assert taken == TakenMail(Taken.APPLIED, ReturnKind.REPLY, workspace.id, ref.message_id)
    # Without a trace of the letter it is still known who wrote.
    await take(rt, b"From: ann@example.com\nSubject: Hi\n\nHi.\n", way_back(rt, ref))
    assert await kept(rt, workspace) == [ReturnKind.REPLY, ReturnKind.REPLY]
    assert await kept(rt, other_workspace) == []


async def test_a_report_that_proves_nothing_stops_nobody(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    good = way_back(rt, ref)
    forged = f"b-{'a' if good[2] != 'a' else 'b'}{good[3:]}"
    foreign = way_back(rt, MessageRef(other_workspace.id, 0, ref.message_id, 0))
    for recipient in (forged, foreign, "nobody@elsewhere.example"):
        assert (await take(rt, bounce("ann@example.com"), recipient)).outcome is Taken.REFUSED
    # It may come to the sender's address; but then nothing shows that it is about our letter.
    await take(rt, bounce("ann@example.com"), "news@shop.example")
    assert await stopped(rt, workspace, "ann") is None
    assert (await fates(rt, source_id))[ann] == ("sent", "")
    async with rt.db.begin() as tx:
        for recipient, wanted in ((good, True), ("NEWS@shop.example", True), (forged, False)):
            assert await accepts(tx, rt.signer, recipient=recipient) is wanted
        assert not await accepts(tx, rt.signer, recipient="nobody@elsewhere.example")


async def test_nothing_is_kept_of_an_erased_person(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    await facts_of(rt, source_id)
    async with rt.db.begin() as tx:
        await erase_messages(
            rt,
            tx,
            Traces(
                workspace_id=workspace.id,
                profile_ids=(ann,),
                stand_in=ann + 1_000_000,
                identifiers=(("email", "ann@example.com"),),
                words=(),
                until=rt.clock(),
            ),
        )
    taken = await take(rt, bounce("ann@example.com"), way_back(rt, ref))
    assert taken.outcome is Taken.GONE
    assert await kept(rt, workspace) == []


async def test_counts_of_a_block_in_work_are_made_right_later(
    rt: Runtime, workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    ids = await make_people(rt, workspace, ["ann", "bob"])
    source_id = await send(rt, server, workspace, ids)
    ref = await message_of(rt, source_id, ids[0])
    block_id = ref.message_id // 1000 * 1000

    async def hold(state: str) -> None:
        async with rt.db.begin() as tx:
            await tx.execute(
                message_blocks.update()
                .where(message_blocks.c.block_id == block_id)
                .values(state=state, lease_until=rt.clock() + timedelta(minutes=1))
            )

    await hold("claimed")
    await take(rt, bounce("ann@example.com"), way_back(rt, ref))
    assert not await tallies_match(rt, source_id)
    await hold("done")
    async with rt.db.begin() as tx:
        await recount_returned(rt, tx, block_id=block_id, now=clock.move(minutes=3))
    assert await tallies_match(rt, source_id)


async def test_a_refusal_of_the_letter_does_not_count_against_the_mailbox(
    rt: Runtime, workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    for number in range(6):
        clock.move(days=1)
        source_id = await send(rt, server, workspace, [ann])
        ref = await message_of(rt, source_id, ann)
        raw = bounce("ann@example.com", "5.7.26", "550 5.7.26 fails DMARC", f"n{number}")
        assert (await take(rt, raw, way_back(rt, ref))).outcome is Taken.APPLIED
        assert (await fates(rt, source_id))[ann] == ("bounced", "policy")
    assert await stopped(rt, workspace, "ann") is None


async def test_a_chunk_of_refusals_costs_the_same_statements_as_one(
    rt: Runtime, workspace: Workspace, server: MailServer
) -> None:
    (ann,) = await make_people(rt, workspace, ["ann"])
    source_id = await send(rt, server, workspace, [ann])
    ref = await message_of(rt, source_id, ann)
    asked: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    async def cost(count: int) -> int:
        asked.clear()
        rows = [
            Row(1_000_000 + number, ann, "A", f"p{count}-{number}@full.example", 0)
            for number in range(count)
        ]
        outcomes = [
            Outcome(
                row=row,
                state=MessageState.BOUNCED if number % 2 else MessageState.FAILED,
                reason="no_mailbox" if number % 2 else "mailbox_full",
            )
            for number, row in enumerate(rows)
        ]
        async with rt.db.begin() as tx:
            mailing = await mailing_by_number(tx, mailing_id=ref.mailing_id)
            await take_refusals(rt, tx, mailing=mailing, outcomes=outcomes, now=rt.clock())
        return len(asked)

    engine = rt.db.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert await cost(2) == await cost(150)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
