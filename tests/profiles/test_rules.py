"""Rules of identity: counted before they are set, applied to people known already, reversible."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from otklik.accounts.public import Workspace
from otklik.kit.errors import Invalid
from otklik.profiles.jobs import apply_rules
from otklik.profiles.model.runs import PeopleRunKind, PeopleRunState
from otklik.profiles.operations.rules import apply_some, check_rules
from otklik.profiles.public import (
    IdentityRules,
    MergeReason,
    current_ids,
    get_profile,
    list_merges,
    profile_addresses,
    set_rules,
    undo_merge,
)
from otklik.profiles.queries.consequences import EffectCode, consequences, own_kinds
from otklik.profiles.queries.runs import latest_run
from otklik.runtime.public import Runtime, Tx
from tests.conftest import Cast
from tests.profiles.conftest import Observe, said

API = "/api/v1/identity-rules"
PHONE = {"phone": "+79161234567", "trusted": True}
BY_PHONE = IdentityRules(merge_by_phone=True, default_region="RU")


async def apply(tx: Tx, workspace: Workspace, rules: IdentityRules, now: datetime) -> None:
    run_id = await set_rules(tx, workspace_id=workspace.id, rules=rules, now=now)
    assert run_id is not None
    while await apply_some(tx, workspace_id=workspace.id, run_id=run_id, now=now, at_once=2):
        pass


async def test_two_registrations_with_one_address_are_one_person_with_two_accounts_and_one_letter(
    observe: Observe, tx: Tx, workspace: Workspace
) -> None:
    account = {"email": "Anna@Shop.example", "trusted": True}
    found = await observe(
        (0, {"user_id": "100", "traits": {"name": "Анна"}, **account}),
        (9, {"user_id": "200", "email": "anna@shop.example", "trusted": True}),
    )
    person = set(found.profile_ids)
    assert len(person) == 1
    card = await get_profile(tx, workspace_id=workspace.id, profile_id=found.profile_ids[1])
    users = [one.value for one in card.identifiers if one.kind == "user_id"]
    assert users == ["100", "200"]
    letters = await profile_addresses(
        tx, workspace_id=workspace.id, profile_ids=sorted(person), channel="email"
    )
    assert list(letters.values()) == ["anna@shop.example"]


async def test_a_rule_is_counted_first_then_joins_those_known_and_can_be_switched_off(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    found = await observe(
        *((i, {"user_id": f"u{i}", **PHONE}) for i in range(3)),
        *((i, {"user_id": f"w{i}", "phone": "+79990000000", "trusted": True}) for i in range(12)),
        (0, {"user_id": "alone", "phone": "+79167777777", "trusted": True}),
    )
    told = await consequences(tx, workspace_id=workspace.id, rules=BY_PHONE)
    assert (told.joined, told.into, told.parted, told.is_whole) == (3, 1, 0, True)
    assert [(one.value, one.users) for one in told.widely_shared] == [("+79990000000", 12)]
    (example,) = told.examples
    assert (example.value, {one.user_id for one in example.people}) == (
        "+79161234567",
        {"u0", "u1", "u2"},
    )

    await apply(tx, workspace, BY_PHONE, now)
    people = await current_ids(tx, workspace_id=workspace.id, profile_ids=found.profile_ids)
    assert len(set(people.values())) == 1 + 12 + 1
    merges = await list_merges(tx, workspace_id=workspace.id, profile_id=found.profile_ids[0])
    assert [one.reason for one in merges] == [MergeReason.PHONE] * 2
    run = await latest_run(tx, workspace_id=workspace.id, kind=PeopleRunKind.RULES)
    assert run is not None
    assert run.state is PeopleRunState.DONE
    assert (run.done, run.total, run.counts["merged"]) == (2, 2, 2)

    off = IdentityRules(default_region="RU")
    told = await consequences(tx, workspace_id=workspace.id, rules=off)
    assert (told.joined, told.parted) == (0, 2)
    await apply(tx, workspace, off, now)
    people = await current_ids(tx, workspace_id=workspace.id, profile_ids=found.profile_ids)
    assert all(old == new for old, new in people.items())


async def test_what_was_taken_apart_by_hand_stays_apart_when_the_rule_comes_again(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    found = await observe((0, {"user_id": "u1", **PHONE}), (1, {"user_id": "u2", **PHONE}))
    await apply(tx, workspace, BY_PHONE, now)
    one, two = found.profile_ids
    (merge,) = await list_merges(tx, workspace_id=workspace.id, profile_id=one)
    await undo_merge(tx, workspace_id=workspace.id, profile_id=one, merge_id=merge.id, now=now)
    await apply(tx, workspace, IdentityRules(default_region="RU"), now)
    await apply(tx, workspace, BY_PHONE, now)
    people = await current_ids(tx, workspace_id=workspace.id, profile_ids=[one, two])
    assert people == {one: one, two: two}


async def test_the_eleventh_user_of_an_address_parts_those_joined_by_it(observe: Observe) -> None:
    address = {"email": "office@x.ru", "trusted": True}
    ten = await observe(*((i, {"user_id": f"u{i}", **address}) for i in range(10)))
    assert len(set(ten.profile_ids)) == 1
    await observe((11, {"user_id": "u10", **address}))
    again = await observe(*((20 + i, {"user_id": f"u{i}"}) for i in range(11)))
    assert len(set(again.profile_ids)) == 11


async def test_an_own_kind_joins_users_where_the_workspace_says_so(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    crm = {"external": (("crm_id", "7"),), "trusted": True}
    found = await observe((0, {"user_id": "u1", **crm}), (1, {"user_id": "u2", **crm}))
    assert len(set(found.profile_ids)) == 2
    assert await own_kinds(tx, workspace_id=workspace.id) == ["crm_id"]
    rules = IdentityRules(merge_by=("crm_id",), default_region="RU")
    await apply(tx, workspace, rules, now)
    (merge,) = await list_merges(tx, workspace_id=workspace.id, profile_id=found.profile_ids[0])
    assert merge.reason is MergeReason.IDENTIFIER


async def test_what_a_family_shares_names_nobody_beside_something_better(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    rules = IdentityRules(shared_kinds=("phone",), default_region="RU")
    await set_rules(tx, workspace_id=workspace.id, rules=rules, now=now)
    family: dict[str, Any] = {"phone": "+79161234567", "traits": {"x": 1}}
    found = await observe(
        (0, {"email": "he@x.ru", **family}), (1, {"email": "she@x.ru", **family}), (2, family)
    )
    assert len(set(found.profile_ids)) == 3
    card = await get_profile(tx, workspace_id=workspace.id, profile_id=found.profile_ids[1])
    assert card.traits["phone"] == card.phone == "+79161234567"
    assert [one.kind for one in card.identifiers] == ["email"]
    told = await consequences(
        tx, workspace_id=workspace.id, rules=IdentityRules(default_region="RU")
    )
    assert [(one.code, one.kind, one.count) for one in told.effects] == [
        (EffectCode.UNIQUE_NOW, "phone", 1)
    ]


async def test_the_order_of_kinds_decides_who_follows_whom(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    both = {"email": "a@x.ru", "phone": "+79161234567"}
    other = {"email": "b@x.ru", "phone": "+79161234567"}
    phone_first = IdentityRules(priority=("*", "phone", "email"), default_region="RU")
    await observe((0, both))
    told = await consequences(tx, workspace_id=workspace.id, rules=phone_first)
    assert [(one.code, one.kind, one.count) for one in told.effects] == [
        (EffectCode.ORDER, "phone", 1)
    ]
    await set_rules(tx, workspace_id=workspace.id, rules=phone_first, now=now)
    fresh = [{**one, "phone": "+79165555555"} for one in (both, other)]
    fresh[0] = {**fresh[0], "email": "c@x.ru"}
    found = await observe((1, fresh[0]), (2, fresh[1]))
    assert len(set(found.profile_ids)) == 1


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        (IdentityRules(default_region="XX"), "default_region"),
        (IdentityRules(merge_by=("email",)), "merge_by"),
        (IdentityRules(merge_by=("user_id",)), "merge_by"),
        (IdentityRules(merge_by=("crm", "crm")), "merge_by"),
        (IdentityRules(merge_by=("crm\x00",)), "merge_by"),
        (IdentityRules(merge_by=tuple(f"k{i}" for i in range(60))), "merge_by"),
        (IdentityRules(shared_kinds=("anonymous_id",)), "shared_kinds"),
        (IdentityRules(shared_kinds=("email",)), "shared_kinds"),
        (IdentityRules(priority=()), "priority"),
        (IdentityRules(priority=("email", "phone")), "priority"),
        (IdentityRules(priority=("crm", "email", "*", "phone")), "priority"),
        (IdentityRules(priority=("*", "email", "phone", "user_id")), "priority"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules: IdentityRules, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_rules(rules)
    assert path in {problem.path for problem in caught.value.problems}


async def test_the_owner_sets_rules_and_sees_how_far_they_are_applied(
    cast: Cast, rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    from otklik.profiles.public import resolve_identities

    async with rt.db.begin() as tx:
        await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[said(now, i, index=i, user_id=f"u{i}", **PHONE) for i in range(2)],
            now=now,
        )
    shown = (await cast.colleague.get(API)).json()
    wanted = {**shown, "merge_by_phone": True}
    told = await cast.colleague.post(f"{API}/preview", json=wanted)
    assert (told.json()["joined"], told.json()["into"]) == (2, 1)
    assert (await cast.stranger.post(f"{API}/preview", json=wanted)).json()["joined"] == 0
    for person in (cast.colleague, cast.marketer):
        assert (await person.patch(API, json=wanted)).status_code == 403
        assert (await person.post(f"{API}/application")).status_code == 403
    assert (await cast.nobody.post(f"{API}/preview", json=wanted)).status_code == 401
    assert (await cast.owner.patch(API, json=wanted)).status_code == 200
    run = (await cast.colleague.get(f"{API}/application")).json()["run"]
    assert run["state"] == "queued"
    assert (await cast.owner.post(f"{API}/application")).json()["code"] == "rules_being_applied"
    await apply_rules(rt, workspace_id=workspace.id, run_id=run["id"])
    run = (await cast.owner.get(f"{API}/application")).json()["run"]
    assert (run["state"], run["counts"]["merged"]) == ("done", 1)
    assert (await cast.stranger.get(f"{API}/application")).json()["run"] is None
    assert (await cast.owner.post(f"{API}/application")).status_code == 202
    assert (await cast.colleague.get(f"{API}/kinds")).json() == {"kinds": []}
    refused = await cast.owner.post(f"{API}/preview", json={**shown, "priority": ["email"]})
    assert refused.json()["errors"][0]["path"] == "priority"
