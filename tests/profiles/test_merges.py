"""Merging by hand, undoing, and what stays."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest

from otklik.accounts.public import Workspace
from otklik.kit.ids import new_id
from otklik.profiles.public import (
    MergeItem,
    MergeNotFound,
    MergeReason,
    ProfileNotFound,
    UnableToMerge,
    UnableToUndo,
    current_ids,
    get_profile,
    list_merges,
    merge_profiles,
    set_traits,
    undo_merge,
)
from otklik.runtime.public import Tx
from tests.profiles.conftest import Observe


async def merges_of(tx: Tx, workspace: Workspace, profile_id: int) -> list[MergeItem]:
    return await list_merges(tx, workspace_id=workspace.id, profile_id=profile_id)


async def test_a_merge_by_hand_can_be_undone_with_everything(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    found = await observe(
        (0, {"user_id": "u1", "email": "a@b.ru", "traits": {"city": "Тверь", "a": 1}}),
        (1, {"user_id": "u2", "email": "c@d.ru", "traits": {"city": "Псков", "b": 2}}),
    )
    one, two = found.profile_ids
    kept = await merge_profiles(tx, workspace_id=workspace.id, from_id=two, into_id=one, now=now)
    assert kept == one
    card = await get_profile(tx, workspace_id=workspace.id, profile_id=two)
    assert (card.id, card.merged_from) == (one, [two])
    assert card.traits == {"a": 1, "b": 2, "city": "Псков", "email": "c@d.ru"}
    assert {item.value for item in card.identifiers} == {"u1", "u2", "a@b.ru", "c@d.ru"}

    (merge,) = await merges_of(tx, workspace, one)
    assert (merge.reason, merge.from_id, merge.into_id) == (MergeReason.MANUAL, two, one)
    parted = await undo_merge(
        tx, workspace_id=workspace.id, profile_id=one, merge_id=merge.id, now=now
    )
    assert parted == two
    first = await get_profile(tx, workspace_id=workspace.id, profile_id=one)
    second = await get_profile(tx, workspace_id=workspace.id, profile_id=two)
    assert (first.id, second.id) == (one, two)
    assert first.traits == {"a": 1, "city": "Тверь", "email": "a@b.ru"}
    assert second.traits == {"b": 2, "city": "Псков", "email": "c@d.ru"}
    assert {item.value for item in second.identifiers} == {"u2", "c@d.ru"}
    (merge,) = await merges_of(tx, workspace, one)
    assert merge.undone_at == now


async def test_the_profile_that_is_merged_into_stays_though_it_is_younger(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    older, younger = (await observe((0, {"user_id": "u1"}), (1, {"user_id": "u2"}))).profile_ids
    kept = await merge_profiles(
        tx, workspace_id=workspace.id, from_id=older, into_id=younger, now=now
    )
    assert kept == younger


async def test_what_was_taken_apart_is_not_merged_again_by_a_rule(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    address = {"email": "a@b.ru", "trusted": True}
    one, two = (await observe((0, {"user_id": "u1"}), (1, {"user_id": "u2"}))).profile_ids
    await observe((2, {"user_id": "u1", **address}), (3, {"user_id": "u2", **address}))
    (merge,) = await merges_of(tx, workspace, one)
    assert merge.reason is MergeReason.EMAIL
    await undo_merge(tx, workspace_id=workspace.id, profile_id=one, merge_id=merge.id, now=now)
    again = await observe((4, {"user_id": "u1", **address}), (5, {"user_id": "u2", **address}))
    assert again.profile_ids == [one, two]
    kept = await merge_profiles(tx, workspace_id=workspace.id, from_id=two, into_id=one, now=now)
    assert kept == one


async def test_a_visitor_taken_out_of_a_user_stays_out(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    user = (await observe((0, {"user_id": "u1"}))).profile_ids[0]
    visitor = (await observe((1, {"anonymous_id": "d1", "traits": {"x": 1}}))).profile_ids[0]
    await observe((2, {"anonymous_id": "d1", "user_id": "u1"}))
    (merge,) = await merges_of(tx, workspace, user)
    await undo_merge(tx, workspace_id=workspace.id, profile_id=user, merge_id=merge.id, now=now)
    found = await observe((3, {"anonymous_id": "d1", "user_id": "u1"}), (4, {"anonymous_id": "d1"}))
    assert found.profile_ids == [user, visitor]


async def test_chains_of_merges_lead_to_the_last_profile(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    ids = (await observe(*((i, {"user_id": f"u{i}"}) for i in range(4)))).profile_ids
    for source, target in pairwise(ids):
        await merge_profiles(tx, workspace_id=workspace.id, from_id=source, into_id=target, now=now)
    current = await current_ids(tx, workspace_id=workspace.id, profile_ids=ids)
    assert current == dict.fromkeys(ids, ids[-1])
    middle = next(m for m in await merges_of(tx, workspace, ids[0]) if m.from_id == ids[1])
    await undo_merge(tx, workspace_id=workspace.id, profile_id=ids[0], merge_id=middle.id, now=now)
    current = await current_ids(tx, workspace_id=workspace.id, profile_ids=ids)
    assert current == {ids[0]: ids[1], ids[1]: ids[1], ids[2]: ids[3], ids[3]: ids[3]}


async def test_an_edit_by_hand_is_newer_than_everything_known(
    observe: Observe, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    found = await observe((3600, {"user_id": "u1", "traits": {"city": "Тверь", "old": 1}}))
    profile_id = found.profile_ids[0]
    await set_traits(
        tx,
        workspace_id=workspace.id,
        profile_id=profile_id,
        traits={"city": "Псков", "old": None},
        now=now,
    )
    card = await get_profile(tx, workspace_id=workspace.id, profile_id=profile_id)
    assert card.traits == {"city": "Псков"}


async def test_impossible_merges_say_why(
    observe: Observe, tx: Tx, workspace: Workspace, other_workspace: Workspace, now: datetime
) -> None:
    one, two = (await observe((0, {"user_id": "u1"}), (1, {"user_id": "u2"}))).profile_ids
    ws = {"workspace_id": workspace.id, "now": now}
    with pytest.raises(UnableToMerge):
        await merge_profiles(tx, from_id=one, into_id=one, **ws)
    with pytest.raises(ProfileNotFound):
        await merge_profiles(tx, from_id=2**62, into_id=one, **ws)
    with pytest.raises(ProfileNotFound):
        await merge_profiles(tx, workspace_id=other_workspace.id, from_id=two, into_id=one, now=now)
    with pytest.raises(MergeNotFound):
        await undo_merge(tx, profile_id=one, merge_id=new_id(), **ws)
    await merge_profiles(tx, from_id=two, into_id=one, **ws)
    merge_id: UUID = (await merges_of(tx, workspace, one))[0].id
    third = (await observe((2, {"user_id": "u3"}))).profile_ids[0]
    with pytest.raises(MergeNotFound):
        await undo_merge(tx, profile_id=third, merge_id=merge_id, **ws)
    await undo_merge(tx, profile_id=one, merge_id=merge_id, **ws)
    with pytest.raises(UnableToUndo):
        await undo_merge(tx, profile_id=one, merge_id=merge_id, **ws)
