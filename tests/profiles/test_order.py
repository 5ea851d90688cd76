"""The outcome depends on what was said, not on the order nor on the cutting into batches."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.accounts.public import create_workspace
from otklik.profiles import tables as t
from otklik.profiles.public import Observation, profile_addresses, resolve_identities
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
    external=st.sampled_from([(), (), (), (("crm", "1"),), (("crm", "2"),)]),
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


async def run(tx: Tx, batches: list[list[Observation]]) -> dict[frozenset[str], str]:
    workspace = await create_workspace(tx, name="Order", lang="ru", now=NOW)
    for batch in batches:
        await resolve_identities(tx, workspace_id=workspace.id, observations=batch, now=NOW)
    return await picture(tx, workspace.id)


async def test_the_order_and_the_cutting_do_not_matter(rt: Runtime) -> None:
    @settings(
        max_examples=60,
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


class _Runner:
    """Lets Hypothesis, which is not asynchronous, use the test's own event loop."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._loop = asyncio.get_running_loop()

    def submit(
        self, observations: list[Observation], batches: list[list[Observation]]
    ) -> tuple[dict[frozenset[str], str], dict[frozenset[str], str]]:
        return asyncio.run_coroutine_threadsafe(
            self._both(observations, batches), self._loop
        ).result()

    async def _both(
        self, observations: list[Observation], batches: list[list[Observation]]
    ) -> tuple[dict[frozenset[str], str], dict[frozenset[str], str]]:
        async with self._rt.db.engine.connect() as connection:
            transaction = await connection.begin()
            try:
                return await run(connection, [observations]), await run(connection, batches)
            finally:
                await transaction.rollback()
