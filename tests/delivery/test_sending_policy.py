"""The sending policy at work: the ledger under real concurrency, waiting, crashes, priorities."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.public import SmtpPool
from otklik.delivery.jobs import tend, wake
from otklik.delivery.operations.blocks import LEASE
from otklik.delivery.operations.freeze import preview_audience
from otklik.delivery.operations.mailings import stop_mailing
from otklik.delivery.policy.filling import fill_ledger
from otklik.delivery.policy.model import (
    FrequencyLimit,
    GlobalControl,
    Holiday,
    QuietSpan,
    SendingPolicy,
)
from otklik.delivery.policy.operations import (
    Wish,
    reserve,
    set_sending_policy,
)
from otklik.delivery.policy.queries import marks_of, policy_row
from otklik.delivery.queries import list_recipients
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.profiles.public import set_traits
from otklik.runtime.public import Runtime
from tests.conftest import Clock
from tests.delivery.returned import bounce, message_of, take, way_back
from tests.delivery.support import (
    MailServer,
    facts_of,
    fates,
    mailing_to,
    make_people,
    order,
    tallies_match,
)

NAMES = ("anna", "boris", "vera")


async def put(rt: Runtime, workspace: Workspace, policy: SendingPolicy) -> None:
    async with rt.db.begin() as tx:
        row = await policy_row(tx, workspace_id=workspace.id)
        await set_sending_policy(
            tx,
            workspace_id=workspace.id,
            policy=policy,
            version=row.version if row else 0,
            now=rt.clock(),
        )


async def drain(rt: Runtime, pool: SmtpPool, **settings: int) -> None:
    dispatcher = Dispatcher(pool, **settings)
    while await dispatcher.step(rt):
        pass
    await tend(rt)


async def ledger(rt: Runtime, workspace: Workspace, ids: list[int]) -> dict[int, int]:
    async with rt.db.begin() as tx:
        found = await marks_of(tx, workspace_id=workspace.id, profile_ids=ids)
    return {one: len(marks) for one, marks in found.items()}


ONCE = SendingPolicy(limits=[FrequencyLimit(1)])


async def test_it_sends_one_mass_message_a_day_and_skips_the_next(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, ONCE)
    ids = await make_people(rt, workspace, NAMES)
    await mailing_to(rt, workspace, ids[:2])
    await drain(rt, pool)
    second = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    found = await fates(rt, second)
    assert [found[one] for one in ids] == [("skipped", "frequency")] * 2 + [("sent", "")]
    assert (await facts_of(rt, second))["skipped"] == Counter({"frequency": 2})
    assert await tallies_match(rt, second)
    # A service message is held back by nothing of this and uses nothing up.
    service = await order(rt, workspace, service=True)
    await mailing_freeze(rt, workspace, service, ids)
    await drain(rt, pool)
    assert Counter((await fates(rt, service)).values()) == {("sent", ""): 3}
    clock.move(days=1)
    third = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    assert Counter((await fates(rt, third)).values()) == {("sent", ""): 3}
    assert await ledger(rt, workspace, ids) == dict(zip(ids, (2, 2, 2), strict=True))


async def test_a_new_limit_counts_what_went_out_before_it(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    ids = await make_people(rt, workspace, NAMES)
    await mailing_to(rt, workspace, ids[:2])
    service = await order(rt, workspace, service=True)
    await mailing_freeze(rt, workspace, service, ids)
    await drain(rt, pool)
    await put(rt, workspace, ONCE)
    for _ in range(2):
        assert await fill_ledger(rt, workspace_id=workspace.id) == 2
        assert await ledger(rt, workspace, ids) == dict.fromkeys(ids[:2], 1)
    second = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    found = await fates(rt, second)
    assert [found[one] for one in ids] == [("skipped", "frequency")] * 2 + [("sent", "")]
    clock.move(days=1)
    third = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    assert Counter((await fates(rt, third)).values()) == {("sent", ""): 3}


async def mailing_freeze(
    rt: Runtime, workspace: Workspace, source_id: UUID, ids: list[int]
) -> None:
    import numpy as np

    from otklik.delivery.operations.freeze import freeze_audience

    await freeze_audience(
        rt,
        workspace_id=workspace.id,
        source_id=source_id,
        ids=np.array(sorted(ids), dtype=np.uint64),
    )


async def test_it_gives_back_what_surely_did_not_go_and_keeps_the_rest(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, ONCE)
    names = ("fine", "full", "gone", "doubt")
    ids = await make_people(rt, workspace, names)
    server.script = {
        "full@example.com": ["452 4.2.2 full", "ok"],
        "gone@example.com": ["554 5.7.1 no"],
        "doubt@example.com": ["drop_after_dot"],
    }
    source_id = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    fine, full, gone, doubt = ids
    assert await ledger(rt, workspace, ids) == {fine: 1, full: 1, doubt: 1}
    # The one that waits for another attempt holds its place against a second mailing …
    other = await mailing_to(rt, workspace, [full, gone, doubt])
    await drain(rt, pool)
    found = await fates(rt, other)
    assert found[full] == found[doubt] == ("skipped", "frequency")
    # … and is sent on its own reservation; the next day it would count for that day.
    clock.move(hours=4)
    await drain(rt, pool)
    assert (await fates(rt, source_id))[full] == ("sent", "")
    assert await ledger(rt, workspace, ids) == {fine: 1, full: 1, doubt: 1}
    # A letter that comes back later was not heard either.
    back = way_back(rt, await message_of(rt, source_id, full))
    await take(rt, bounce("full@example.com"), back)
    assert await ledger(rt, workspace, ids) == {fine: 1, doubt: 1}


async def test_it_gives_back_what_waits_when_a_mailing_is_stopped(
    rt: Runtime, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, ONCE)
    ids = await make_people(rt, workspace, NAMES)
    server.script = {f"{name}@example.com": ["452 4.2.2 full"] for name in NAMES}
    source_id = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    assert await ledger(rt, workspace, ids) == dict.fromkeys(ids, 1)
    async with rt.db.begin() as tx:
        await stop_mailing(tx, workspace_id=workspace.id, source_id=source_id)
    await drain(rt, pool)
    assert await ledger(rt, workspace, ids) == {}


class Crash(BaseException):
    pass


@pytest.mark.parametrize("place", ["marked", "handed"])
async def test_a_crash_between_the_two_commits_keeps_the_reservation(
    *, rt: Runtime, clock: Clock, workspace: Workspace, pool: SmtpPool, place: str
) -> None:
    await put(rt, workspace, ONCE)
    ids = await make_people(rt, workspace, NAMES)
    await mailing_to(rt, workspace, ids)

    async def die(at: str) -> None:
        if at == place:
            raise Crash

    with pytest.raises(Crash):
        await Dispatcher(pool, checkpoint=die).step(rt)
    clock.move(seconds=LEASE.total_seconds() + 1)
    await tend(rt)
    second = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    assert set((await fates(rt, second)).values()) == {("skipped", "frequency")}


async def test_two_workers_and_two_mailings_at_once_never_exceed_the_limit(
    rt: Runtime, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, SendingPolicy(limits=[FrequencyLimit(2)]))
    ids = await make_people(rt, workspace, [f"p{number}" for number in range(60)])
    sources = [await mailing_to(rt, workspace, ids) for _ in range(4)]
    workers = [Dispatcher(pool, chunk=7) for _ in range(4)]

    async def work(dispatcher: Dispatcher) -> None:
        while await dispatcher.step(rt):
            pass

    await asyncio.gather(*map(work, workers))
    assert set(server.copies().values()) == {2}
    everything = [fate for source in sources for fate in (await fates(rt, source)).values()]
    assert Counter(everything) == {("sent", ""): 120, ("skipped", "frequency"): 120}
    assert await ledger(rt, workspace, ids) == dict.fromkeys(ids, 2)


async def test_the_ledger_decides_between_many_transactions_at_once(
    rt: Runtime, workspace: Workspace
) -> None:
    day, people = date(2026, 6, 15).toordinal(), list(range(1_000_001, 1_000_041))
    policy = SendingPolicy(limits=[FrequencyLimit(1, "days", 7)])

    async def mark(number: int) -> int:
        # Each has the people in another order and another day of one window.
        order = people[number:] + people[:number]
        async with rt.db.begin() as tx:
            refused = await reserve(
                tx,
                workspace_id=workspace.id,
                policy=policy,
                mass=True,
                wishes=[
                    Wish(number * 1_000 + place, one, day + number % 3)
                    for place, one in enumerate(order)
                ],
            )
        return len(order) - len(refused)

    granted = await asyncio.gather(*(mark(number) for number in range(8)))
    assert sum(granted) == len(people)
    assert await ledger(rt, workspace, people) == dict.fromkeys(people, 1)


async def test_more_important_mailings_go_first(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, ONCE)
    ids = await make_people(rt, workspace, NAMES)
    low = await mailing_to(rt, workspace, ids, priority=0)
    high = await mailing_to(rt, workspace, ids[:2], priority=2)
    # The relay refuses for now, so the important one keeps waiting for its people.
    server.script = {f"{name}@example.com": ["452 4.2.2 full", "ok"] for name in NAMES[:2]}
    await drain(rt, pool)
    found = await fates(rt, low)
    assert found[ids[2]] == ("sent", "")
    assert {found[one] for one in ids[:2]} <= {
        ("planned", "waits_others_first"),
        ("skipped", "frequency"),
    }
    clock.move(hours=4)
    await drain(rt, pool)
    clock.move(hours=4)
    await drain(rt, pool)
    assert Counter((await fates(rt, high)).values()) == {("sent", ""): 2}
    assert {(await fates(rt, low))[one] for one in ids[:2]} == {("skipped", "frequency")}


async def test_triggered_and_mass_messages_go_on_different_days(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, SendingPolicy(mass_apart_from_triggered=True))
    anna, boris, vera = ids = await make_people(rt, workspace, NAMES)
    await mailing_to(rt, workspace, [anna])
    await drain(rt, pool)
    trigger = await mailing_to(rt, workspace, [anna, boris], source_kind="journey")
    await drain(rt, pool)
    found = await fates(rt, trigger)
    assert found == {anna: ("planned", "waits_another_day"), boris: ("sent", "")}
    mass = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    found = await fates(rt, mass)
    # The waiting triggered message has no day yet; the one that went has.
    assert found[boris] == ("skipped", "frequency")
    assert found[vera] == ("sent", "")
    clock.move(days=1)
    await drain(rt, pool)
    assert (await fates(rt, trigger))[anna] == ("sent", "")


NIGHT = SendingPolicy(
    quiet_weekdays=QuietSpan("22:00", "09:00"),
    quiet_weekends=QuietSpan("22:00", "09:00"),
    holidays=[Holiday("06-12")],
)


async def test_messages_wait_for_the_morning_of_each_person(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, NIGHT)
    berlin, york, nowhere = ids = await make_people(rt, workspace, NAMES)
    async with rt.db.begin() as tx:
        for one, zone in ((berlin, "europe/berlin"), (york, "America/New_York"), (nowhere, "x")):
            await set_traits(
                tx,
                workspace_id=workspace.id,
                profile_id=one,
                traits={"timezone": zone},
                now=rt.clock(),
            )
    clock.now = datetime(2026, 6, 17, 5, tzinfo=UTC)  # 7:00 in Berlin, 1:00 in New York
    source_id = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    async with rt.db.begin() as tx:
        page = await list_recipients(tx, workspace_id=workspace.id, source_id=source_id, lang="en")
    waiting = {row.profile_id: (row.reason_text, row.next_at) for row in page.items}
    said = "waits until the quiet hours or the holiday end"
    assert waiting[berlin] == (said, datetime(2026, 6, 17, 7, tzinfo=UTC))
    assert waiting[york] == (said, datetime(2026, 6, 17, 13, tzinfo=UTC))
    clock.now = datetime(2026, 6, 17, 7, tzinfo=UTC)
    await drain(rt, pool)
    assert (await fates(rt, source_id))[berlin] == ("sent", "")
    assert (await fates(rt, source_id))[york][0] == "planned"
    clock.now = datetime(2026, 6, 17, 13, tzinfo=UTC)
    await drain(rt, pool)
    assert set((await fates(rt, source_id)).values()) == {("sent", "")}
    assert set(server.copies().values()) == {1}


async def test_letters_go_at_once_when_the_quiet_hours_they_wait_for_are_taken_back(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, NIGHT)
    ids = await make_people(rt, workspace, NAMES)
    clock.now = datetime(2026, 6, 16, 23, tzinfo=UTC)
    source_id = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    clock.move(minutes=1)
    shorter = SendingPolicy(quiet_weekdays=QuietSpan("22:00", "07:00"))
    await put(rt, workspace, shorter)
    await drain(rt, pool)
    async with rt.db.begin() as tx:
        page = await list_recipients(tx, workspace_id=workspace.id, source_id=source_id, lang="en")
    # Seven in the morning in the zone of the workspace.
    assert {row.next_at for row in page.items} == {datetime(2026, 6, 17, 4, tzinfo=UTC)}
    await put(rt, workspace, SendingPolicy())
    await drain(rt, pool)
    assert set((await fates(rt, source_id)).values()) == {("sent", "")}
    assert set(server.copies().values()) == {1}


async def test_a_block_that_was_held_while_the_rules_changed_has_a_second_look(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, NIGHT)
    ids = await make_people(rt, workspace, NAMES)
    clock.now = datetime(2026, 6, 16, 23, tzinfo=UTC)
    source_id = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    hold = "UPDATE message_blocks SET state = :state WHERE workspace_id = :workspace_id"
    for state in ("claimed", "ready"):
        async with rt.db.begin() as tx:
            await tx.execute(sa.text(hold), {"state": state, "workspace_id": workspace.id})
        if state == "claimed":
            await put(rt, workspace, SendingPolicy())
    await drain(rt, pool)
    assert {state for state, _ in (await fates(rt, source_id)).values()} == {"planned"}
    await wake(rt, workspace_id=workspace.id)
    await drain(rt, pool)
    assert set((await fates(rt, source_id)).values()) == {("sent", "")}


async def test_who_would_wait_past_the_latest_moment_gets_none(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, NIGHT)
    ids = await make_people(rt, workspace, NAMES)
    holiday = datetime(2026, 6, 12, 10, tzinfo=UTC)
    clock.now = holiday
    late = await mailing_to(rt, workspace, ids, until=holiday + timedelta(hours=19))
    early = await mailing_to(rt, workspace, ids, until=holiday + timedelta(hours=30))
    await drain(rt, pool)
    assert set((await fates(rt, late)).values()) == {("skipped", "quiet_hours")}
    assert {state for state, _ in (await fates(rt, early)).values()} == {"planned"}
    clock.now = holiday + timedelta(hours=31)
    await drain(rt, pool)
    assert set((await fates(rt, early)).values()) == {("skipped", "too_late")}


async def test_the_global_group_gets_nothing_but_service_messages(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    await put(rt, workspace, SendingPolicy(global_control=GlobalControl(20.0)))
    ids = await make_people(rt, workspace, [f"p{number}" for number in range(40)])
    mass = await mailing_to(rt, workspace, ids, control_share=5_000)
    await drain(rt, pool)
    found = await fates(rt, mass)
    group = {one for one, fate in found.items() if fate == ("skipped", "global_control")}
    assert 1 <= len(group) <= 20
    # The local control group is drawn among the others.
    assert (await facts_of(rt, mass))["assigned"][""] == len(ids) - len(group)
    async with rt.db.begin() as tx:
        import numpy as np

        from otklik.delivery.model import MailingSpec, Variant
        from tests.delivery.support import letter

        spec = MailingSpec(
            workspace_id=workspace.id,
            source_kind="campaign",
            source_id=mass,
            name="",
            channel="email",
            topic_id=None,
            sender_id=mass,
            variants=(Variant("A", "", 10_000, letter()),),
        )
        seen = await preview_audience(
            tx, spec=spec, ids=np.array(sorted(ids), dtype=np.uint64), now=rt.clock()
        )
    assert seen.skips == {"global_control": len(group)}
    trigger = await mailing_to(rt, workspace, ids, source_kind="journey")
    await drain(rt, pool)
    assert {
        one for one, fate in (await fates(rt, trigger)).items() if fate[0] == "skipped"
    } == group
    service = await mailing_to(rt, workspace, ids, service=True)
    await drain(rt, pool)
    assert set((await fates(rt, service)).values()) == {("sent", "")}


async def test_service_messages_need_consent_unless_the_workspace_says_otherwise(
    rt: Runtime, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    ids = await make_people(rt, workspace, NAMES, consent=False)
    before = await mailing_to(rt, workspace, ids, service=True)
    assert set((await fates(rt, before)).values()) == {("skipped", "no_consent")}
    await put(rt, workspace, SendingPolicy(service_without_consent=True))
    after = await mailing_to(rt, workspace, ids, service=True)
    advertising = await mailing_to(rt, workspace, ids)
    await drain(rt, pool)
    assert set((await fates(rt, after)).values()) == {("sent", "")}
    assert set((await fates(rt, advertising)).values()) == {("skipped", "no_consent")}
