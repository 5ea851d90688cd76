"""The outcome depends on what was said, not on the order nor on the cutting into batches."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.accounts.public import create_workspace
from otklik.profiles import tables as t
from otklik.profiles.operations.rules import apply_some
from otklik.profiles.public import (
    IdentityMemory,
    IdentityRules,
    Observation,
    Sightings,
    StreamResolution,
    profile_addresses,
    resolve_identities,
    resolve_stream,
    set_rules,
)
from otklik.profiles.queries.people import load_people
from otklik.runtime.public import Runtime, Tx
from tests.conftest import NOW


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.sampled_from(values))


OBSERVATIONS = st.builds(
    Observation,
    index=st.just(0),
    time=st.integers(0, 5).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    user_id=maybe("u1", "u2", "u3"),
    anonymous_id=maybe("d1", "d2", "d3"),
    email=maybe("a@x.ru", "b@x.ru"),
    phone=maybe("+79161234567", "+79161234568"),
    external=st.sampled_from(
        [
            (),
            (),
            (),
            (("crm", "1"),),
            (("crm", "2"),),
            (("card", "1"),),
            (("crm", "2"), ("card", "1")),
        ]
    ),
    alias_previous_id=st.sampled_from([None, None, None, None, "d1", "d2"]),
    trusted=st.booleans(),
    traits=st.one_of(
        st.none(),
        st.dictionaries(
            st.sampled_from(["x", "y", "z", "email"]),
            st.sampled_from([1, 2, None, "q", {"a": 1}, "C@x.ru"]),
            max_size=2,
        ),
    ),
)


def kinds_of(*choices: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from(choices)


RULES = st.builds(
    IdentityRules,
    merge_by_email=st.booleans(),
    merge_by_phone=st.booleans(),
    default_region=st.just("RU"),
    merge_by=kinds_of((), (), ("crm",)),
    priority=kinds_of(
        ("*", "email", "phone"), ("phone", "*", "email"), ("email", "phone", "crm", "card", "*")
    ),
)
SHARING = st.builds(
    lambda rules, shared: msgspec.structs.replace(
        rules, merge_by=(), merge_by_phone=False, shared_kinds=shared
    ),
    RULES,
    kinds_of((), ("phone",), ("crm", "phone"), ("card",)),
)
"""Rules under which some kinds may be shared; those do not join, so neither does another."""


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Observation], list[list[Observation]]]:
    """Return observations, and the same ones in another order, cut into batches."""
    observations = draw(st.lists(OBSERVATIONS, min_size=2, max_size=9))
    shuffled = draw(st.permutations(observations))
    batches: list[list[Observation]] = [[]]
    for observation in shuffled:
        if draw(st.booleans()):
            batches.append([])
        batches[-1].append(observation)
    return observations, batches


async def picture(tx: Tx, workspace_id: int) -> dict[frozenset[str], str]:
    """Return every person as the set of its identifiers, with its traits."""
    i, p = t.identifiers.c, t.profiles.c
    rows = await tx.execute(
        sa.select(sa.func.coalesce(p.merged_into, p.profile_id), i.kind, i.value)
        .join_from(t.identifiers, t.profiles, p.profile_id == i.home_id)
        .where(i.workspace_id == workspace_id)
    )
    people: dict[int, set[str]] = {}
    for root, kind, value in rows:
        people.setdefault(root, set()).add(f"{kind}:{value}")
    whole = await load_people(tx, workspace_id=workspace_id, profile_ids=list(people))
    await addresses_agree(tx, workspace_id)
    return {
        frozenset(keys): json.dumps(
            [whole[root].traits, whole[root].email, whole[root].phone, whole[root].user_id],
            sort_keys=True,
        )
        for root, keys in people.items()
    }


async def addresses_agree(tx: Tx, workspace_id: int) -> None:
    """Letters take addresses from what lists show; of everybody it must be what the card shows."""
    rows = await tx.execute(
        sa.select(t.profiles.c.profile_id).where(t.profiles.c.workspace_id == workspace_id)
    )
    ids = list(rows.scalars())
    whole = await load_people(tx, workspace_id=workspace_id, profile_ids=ids)
    for channel, field in (("email", "email"), ("sms", "phone")):
        assert await profile_addresses(
            tx, workspace_id=workspace_id, profile_ids=ids, channel=channel
        ) == {
            one: address
            for one, person in whole.items()
            if (address := getattr(person, field)) is not None
        }


async def run(
    tx: Tx,
    batches: list[list[Observation]],
    rules: IdentityRules | None = None,
    later: tuple[int, IdentityRules] | None = None,
) -> dict[frozenset[str], str]:
    """Return who is who after `batches`; `later`: rules that hold from some batch on."""
    workspace = await create_workspace(tx, name="Order", lang="ru", now=NOW)
    if rules is not None:
        await set_rules(tx, workspace_id=workspace.id, rules=rules, now=NOW)
    for place, batch in enumerate(batches):
        if later is not None and place == later[0] % len(batches):
            await change_rules(tx, workspace.id, later[1])
        await resolve_identities(tx, workspace_id=workspace.id, observations=batch, now=NOW)
    if later is not None:
        # Asked for a second time it changes nothing; asked for the first time, it applies.
        await change_rules(tx, workspace.id, later[1])
    return await picture(tx, workspace.id)


async def change_rules(tx: Tx, workspace_id: int, rules: IdentityRules) -> None:
    run_id = await set_rules(tx, workspace_id=workspace_id, rules=rules, now=NOW)
    while run_id is not None and await apply_some(
        tx, workspace_id=workspace_id, run_id=run_id, now=NOW, at_once=1
    ):
        pass


async def test_the_order_and_the_cutting_do_not_matter(rt: Runtime) -> None:
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(plan=plans())
    def check(plan: tuple[list[Observation], list[list[Observation]]]) -> None:
        observations, batches = plan
        straight, cut = runner.submit(observations, batches)
        assert straight == cut

    runner = _Runner(rt)
    await asyncio.to_thread(check)


async def test_nor_do_they_under_any_rules(rt: Runtime) -> None:
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(plan=plans(), rules=st.one_of(RULES, SHARING))
    def check(
        plan: tuple[list[Observation], list[list[Observation]]], rules: IdentityRules
    ) -> None:
        observations, batches = plan
        straight, cut = runner.submit(observations, batches, rules=rules)
        assert straight == cut

    runner = _Runner(rt)
    await asyncio.to_thread(check)


async def test_a_rule_applied_later_gives_the_people_it_would_have_given(rt: Runtime) -> None:
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(plan=plans(), before=RULES, after=RULES, place=st.integers(0, 9))
    def check(
        plan: tuple[list[Observation], list[list[Observation]]],
        before: IdentityRules,
        after: IdentityRules,
        place: int,
    ) -> None:
        # What is shared, and the order of kinds, holds from now on; which kinds join, for all.
        after = msgspec.structs.replace(after, priority=before.priority)
        always, later = runner.submit(*plan, rules=after, later=(before, place))
        assert always == later

    runner = _Runner(rt)
    await asyncio.to_thread(check)


async def test_nor_does_it_matter_what_two_processes_remember(rt: Runtime) -> None:
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(plan=plans(), steps=st.lists(STEPS, min_size=1, max_size=6))
    def check(plan: tuple[list[Observation], list[list[Observation]]], steps: list[Step]) -> None:
        observations, batches = plan
        straight, remembered = runner.submit(observations, batches, steps)
        assert straight == remembered

    runner = _Runner(rt)
    await asyncio.to_thread(check)


class Step(NamedTuple):
    """How a batch is worked on: by which process, whether its first try is rolled back, whether
    the process commits and dies before it remembers, and whether the batch is said twice."""

    process: int
    fails: bool
    forgets: bool
    twice: bool


STEPS = st.builds(Step, st.integers(0, 1), st.booleans(), st.booleans(), st.booleans())


async def run_remembering(
    tx: Tx, batches: list[list[Observation]], steps: list[Step]
) -> dict[frozenset[str], str]:
    workspace = await create_workspace(tx, name="Memory", lang="ru", now=NOW)
    # So few shapes that what is old is forgotten all the time.
    memories = [IdentityMemory(shapes_max=6), IdentityMemory()]
    for batch, step in zip(batches, itertools.cycle(steps), strict=False):
        if step.fails:
            nested = await tx.begin_nested()
            await stream(tx, workspace.id, batch, memories[step.process])
            await nested.rollback()
        for _ in range(1 + step.twice):
            resolution = await stream(tx, workspace.id, batch, memories[step.process])
            if not step.forgets:
                resolution.remember()
            await same_answers(tx, workspace.id, batch, resolution)
    return await picture(tx, workspace.id)


async def stream(
    tx: Tx, workspace_id: int, batch: list[Observation], memory: IdentityMemory
) -> StreamResolution:
    said, plain = parted(batch)
    return await resolve_stream(
        tx,
        workspace_id=workspace_id,
        observations=said,
        sightings=Sightings(
            indexes=list(range(len(plain))),
            names=[
                (o.user_id or "", o.anonymous_id or "", o.email or "", o.phone or "", o.external)
                for o in plain
            ],
            trusted=[o.trusted for o in plain],
            times_ms=[round(o.time.timestamp() * 1000) for o in plain],
        ),
        memory=memory,
        now=NOW,
    )


def parted(batch: list[Observation]) -> tuple[list[Observation], list[Observation]]:
    def is_plain(o: Observation) -> bool:
        return o.traits is None and o.alias_previous_id is None

    return [o for o in batch if not is_plain(o)], [o for o in batch if is_plain(o)]


async def same_answers(
    tx: Tx, workspace_id: int, batch: list[Observation], resolution: StreamResolution
) -> None:
    """To say the same again without a memory must change nothing and give the same profiles."""
    said, plain = parted(batch)
    again = await resolve_identities(tx, workspace_id=workspace_id, observations=batch, now=NOW)
    assert not again.changed
    of = {id(o): one for o, one in zip(batch, again.profile_ids, strict=True)}
    assert resolution.sighted == [of[id(o)] for o in plain]
    assert resolution.observed.profile_ids == [of[id(o)] for o in said]


class _Runner:
    """Lets Hypothesis, which is not asynchronous, use the test's own event loop."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._loop = asyncio.get_running_loop()

    def submit(
        self,
        observations: list[Observation],
        batches: list[list[Observation]],
        steps: list[Step] | None = None,
        *,
        rules: IdentityRules | None = None,
        later: tuple[IdentityRules, int] | None = None,
    ) -> tuple[dict[frozenset[str], str], dict[frozenset[str], str]]:
        return asyncio.run_coroutine_threadsafe(
            self._both(observations, batches, steps, rules, later), self._loop
        ).result()

    async def _both(
        self,
        observations: list[Observation],
        batches: list[list[Observation]],
        steps: list[Step] | None,
        rules: IdentityRules | None,
        later: tuple[IdentityRules, int] | None,
    ) -> tuple[dict[frozenset[str], str], dict[frozenset[str], str]]:
        async with self._rt.db.engine.connect() as connection:
            transaction = await connection.begin()
            try:
                straight = await run(connection, [observations], rules)
                if later is not None and rules is not None:
                    first, place = later
                    return straight, await run(connection, batches, first, (place, rules))
                if steps is None:
                    return straight, await run(connection, batches, rules)
                return straight, await run_remembering(connection, batches, steps)
            finally:
                await transaction.rollback()
