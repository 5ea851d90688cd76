"""Resolution: what becomes of people when events name them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from otklik.accounts.public import Workspace
from otklik.profiles.public import (
    IdentityRules,
    ProfilesMerged,
    ProfilesParted,
    get_profile,
    render_context,
    set_rules,
    trait_names,
)
from otklik.runtime.public import Bus, Tx
from tests.profiles.conftest import Observe

D1 = {"anonymous_id": "d1"}


async def test_a_visitor_becomes_known_and_keeps_the_profile(observe: Observe) -> None:
    visitor = await observe((0, D1))
    known = await observe((1, {**D1, "user_id": "u1", "traits": {"name": "Анна"}}))
    assert visitor.created == visitor.profile_ids == known.profile_ids
    assert known.merged == []


async def test_a_visitor_joins_a_user_who_was_known_before(
    observe: Observe, tx: Tx, workspace: Workspace
) -> None:
    user = await observe((0, {"user_id": "u1"}))
    visitor = await observe((1, {**D1, "traits": {"seen": "pricing"}}))
    login = await observe((2, {**D1, "user_id": "u1"}))
    assert login.profile_ids == user.profile_ids
    assert login.merged == [(visitor.profile_ids[0], user.profile_ids[0])]
    card = await get_profile(tx, workspace_id=workspace.id, profile_id=visitor.profile_ids[0])
    assert card.id == user.profile_ids[0]
    assert card.traits == {"seen": "pricing"}
    assert (await observe((3, D1))).profile_ids == user.profile_ids


async def test_an_anonymous_subscriber_who_registers_is_one_person(observe: Observe) -> None:
    subscribed = await observe((0, {**D1, "email": "a@b.ru"}))
    registered = await observe((1, {**D1, "user_id": "u1"}))
    again = await observe((2, {"email": "A@B.ru"}), (3, {"user_id": "u1"}))
    assert len({*again.profile_ids, *registered.profile_ids}) == 1
    assert subscribed.created


async def test_a_shared_computer_does_not_join_two_users(observe: Observe) -> None:
    first = await observe((0, {**D1, "user_id": "u1"}))
    second = await observe((1, {**D1, "user_id": "u2"}))
    assert first.profile_ids != second.profile_ids
    assert (await observe((2, D1))).profile_ids == first.profile_ids


async def test_a_shared_computer_does_not_join_two_addresses(observe: Observe) -> None:
    found = await observe((0, {**D1, "email": "a@b.ru"}), (1, {**D1, "email": "c@d.ru"}), (2, D1))
    assert found.profile_ids[0] != found.profile_ids[1]
    assert found.profile_ids[2] == found.profile_ids[0]


async def test_a_second_address_parts_a_guess_made_by_device(observe: Observe) -> None:
    typed = await observe((0, {**D1, "email": "a@b.ru"}))
    user = await observe((1, {**D1, "user_id": "u1"}))
    assert user.merged
    told = await observe((2, {"user_id": "u1", "email": "other@b.ru"}))
    assert told.parted == typed.profile_ids
    after = await observe((3, {"email": "a@b.ru"}), (4, {"user_id": "u1"}))
    assert after.profile_ids == [*typed.profile_ids, *user.profile_ids]


async def test_an_earlier_link_that_comes_late_takes_the_device(observe: Observe) -> None:
    later = await observe((10, {**D1, "user_id": "u2"}))
    earlier = await observe((5, {**D1, "user_id": "u1"}))
    assert (await observe((20, D1))).profile_ids == earlier.profile_ids
    assert later.profile_ids != earlier.profile_ids


async def test_two_registrations_with_one_confirmed_address_are_one_person(
    observe: Observe,
) -> None:
    bus, heard = Bus(), []

    async def hear(event: ProfilesMerged, _: Tx) -> None:
        heard.extend(event.pairs)

    bus.subscribe(ProfilesMerged, hear)
    address = {"email": "a@b.ru", "trusted": True}
    first = await observe((0, {"user_id": "u1", **address}))
    second = await observe((1, {"user_id": "u2"}))
    third = await observe((2, {"user_id": "u2", **address}), bus=bus)
    assert third.profile_ids == first.profile_ids
    assert heard == [(second.profile_ids[0], first.profile_ids[0])]


@pytest.mark.parametrize("kind", ["browser", "rule off"])
async def test_an_unconfirmed_address_joins_no_two_users(
    kind: str, observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    if kind == "rule off":
        rules = IdentityRules(merge_by_email=False)
        await set_rules(tx, workspace_id=workspace.id, rules=rules, now=now)
    said: dict[str, Any] = {"email": "a@b.ru", "trusted": kind == "rule off"}
    first = await observe((0, {"user_id": "u1", **said}))
    second = await observe((1, {"user_id": "u2", **said}))
    assert first.profile_ids != second.profile_ids


async def test_an_address_of_everybody_joins_no_crowd(observe: Observe) -> None:
    crowd = [(i, {"user_id": f"u{i}", "email": "no@mail.ru", "trusted": True}) for i in range(40)]
    found = await observe(*crowd)
    assert len(set(found.profile_ids)) == 40


async def test_phones_join_users_only_where_the_workspace_says_so(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    one = {"phone": "+79161234567", "trusted": True}
    found = await observe((0, {"user_id": "u1", **one}), (1, {"user_id": "u2", **one}))
    assert found.profile_ids[0] != found.profile_ids[1]
    rules = IdentityRules(merge_by_phone=True, default_region="RU")
    await set_rules(tx, workspace_id=workspace.id, rules=rules, now=now)
    two = {"phone": "8 916 765 43 21", "trusted": True}
    found = await observe((0, {"user_id": "u3", **two}), (1, {"user_id": "u4", **two}))
    assert found.profile_ids[0] == found.profile_ids[1]


async def test_an_alias_joins_a_visitor_but_no_second_user(observe: Observe) -> None:
    visitor = await observe((0, D1))
    alias = await observe((1, {"user_id": "u1", "alias_previous_id": "d1"}))
    assert (await observe((2, D1))).profile_ids == alias.profile_ids
    assert visitor.profile_ids == alias.profile_ids
    other = await observe((3, {"user_id": "u2"}))
    await observe((4, {"user_id": "u1", "alias_previous_id": "u2"}))
    assert (await observe((5, {"user_id": "u2"}))).profile_ids == other.profile_ids


async def test_own_kinds_of_identifiers_name_people(observe: Observe) -> None:
    imported = await observe((0, {"external": (("crm_id", "77"),), "email": "a@b.ru"}))
    user = await observe((1, {"user_id": "u1", "external": (("crm_id", "77"),)}))
    found = await observe((2, {"email": "a@b.ru"}))
    assert imported.profile_ids == user.profile_ids == found.profile_ids


async def test_traits_follow_the_time_of_events(
    observe: Observe, tx: Tx, workspace: Workspace
) -> None:
    await observe((10, {"user_id": "u1", "traits": {"city": "Тверь", "gone": 1, "plan": "pro"}}))
    found = await observe(
        (5, {"user_id": "u1", "traits": {"city": "Москва", "old": True}}),
        (11, {"user_id": "u1", "traits": {"gone": None}}),
    )
    card = await get_profile(tx, workspace_id=workspace.id, profile_id=found.profile_ids[0])
    assert card.traits == {"city": "Тверь", "old": True, "plan": "pro"}
    assert card.trait_types == {"city": "string", "old": "bool", "plan": "string"}


async def test_a_clock_from_another_century_has_not_the_last_word(
    observe: Observe, tx: Tx, workspace: Workspace
) -> None:
    century = 3.2e9
    await observe((century, {"user_id": "u1", "traits": {"city": "Тверь"}}))
    found = await observe((2 * 86400, {"user_id": "u1", "traits": {"city": "Псков"}}))
    card = await get_profile(tx, workspace_id=workspace.id, profile_id=found.profile_ids[0])
    assert card.last_seen.year == 2026
    assert card.traits in ({"city": "Тверь"}, {"city": "Псков"})


async def test_new_traits_can_be_chosen_at_once(
    observe: Observe, tx: Tx, workspace: Workspace
) -> None:
    await observe(
        (0, {"user_id": "u1", "traits": {"age": 3, "address": {"city": "Псков"}}}),
        (0, {"user_id": "u2", "traits": {"age": "three"}}),
    )
    await observe((1, {"user_id": "u2", "traits": {"age": 4}}))
    names = await trait_names(tx, workspace_id=workspace.id)
    assert [(name.trait, name.type, name.count) for name in names] == [
        ("address.city", "string", 1),
        ("age", "number", 2),
        ("age", "string", 0),
    ]


async def test_bad_parts_are_refused_and_the_rest_is_taken(observe: Observe) -> None:
    found = await observe(
        (0, {"user_id": "u1", "email": "a\nb@c.ru", "traits": {"ok": 1, "bad": "\0"}}),
        (0, {"user_id": "null"}),
        (0, {"phone": "12"}),
    )
    assert [bool(one) for one in found.profile_ids] == [True, False, False]
    assert {(one.index, one.part, one.code) for one in found.refused} == {
        (0, "email", "bad_characters"),
        (0, "traits.bad", "bad_trait_value"),
        (1, "user_id", "placeholder"),
        (2, "phone", "bad_phone"),
    }


async def test_a_repeated_batch_changes_nothing(observe: Observe) -> None:
    facts = [
        (0, {**D1, "traits": {"a": 1}}),
        (1, {**D1, "user_id": "u1", "email": "a@b.ru", "trusted": True}),
        (2, {"user_id": "u2", "email": "a@b.ru", "trusted": True, "traits": {"b": {"c": 2}}}),
    ]
    first = await observe(*facts)
    again = await observe(*facts)
    assert again.profile_ids == first.profile_ids
    assert (again.created, again.changed, again.merged, again.parted) == ([], [], [], [])


async def test_an_empty_batch_is_fine(observe: Observe) -> None:
    assert (await observe()).profile_ids == []


async def test_workspaces_do_not_see_each_other(
    observe: Observe, tx: Tx, workspace: Workspace, other_workspace: Workspace
) -> None:
    found = await observe((0, {"user_id": "u1", "traits": {"name": "Анна"}}))
    seen = await render_context(tx, workspace_id=other_workspace.id, profile_ids=found.profile_ids)
    assert seen == {}


async def test_parting_is_told_to_the_bus(observe: Observe) -> None:
    bus, heard = Bus(), []

    async def hear(event: ProfilesParted, _: Tx) -> None:
        heard.extend(event.pairs)

    bus.subscribe(ProfilesParted, hear)
    typed = await observe((0, {**D1, "email": "a@b.ru"}))
    user = await observe((1, {**D1, "user_id": "u1"}))
    await observe((2, {"user_id": "u1", "email": "other@b.ru"}), bus=bus)
    assert heard == [(typed.profile_ids[0], user.profile_ids[0])]
