"""The list: pages, search, and the segment that bounds it."""

from __future__ import annotations

import pytest

from otklik.accounts.public import Workspace
from otklik.kit.pagination import BadCursor
from otklik.profiles.public import (
    count_profiles,
    list_profiles,
    newest_of,
    profile_addresses,
    render_context,
)
from otklik.runtime.public import Tx
from tests.profiles.conftest import Observe

PEOPLE = [
    {"user_id": "A-17", "email": "anna.lee@shop.example", "traits": {"name": "Анна Ли"}},
    {"user_id": "A-18", "phone": "+79161234567", "traits": {"first_name": "Иван"}},
    {"user_id": "o'neil", "traits": {"name": "O'Neil <script>"}},
    {"anonymous_id": "device-1"},
]


@pytest.fixture
async def ids(observe: Observe) -> list[int]:
    return (await observe(*((i, one) for i, one in enumerate(PEOPLE)))).profile_ids


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("анн", [0]),
        ("ли АННА", [0]),
        ("anna", [0]),
        ("lee", [0]),
        ("ANNA.LEE@shop.example", [0]),
        ("anna.lee@sh", [0]),
        ("@shop.exa", [0]),
        ("8 916 123-45-67", [1]),
        ("+7 916", [1]),
        ("916123", [1]),
        ("4567", [1]),
        ("иван", [1]),
        ("a-17", [0]),
        ("A-1", [0, 1]),
        ("o'neil", [2]),
        ("<script>", [2]),
        ("device-1", [3]),
        ("нна", [0]),
        ("нна ли", [0]),
        ("na.le", [0]),
        ("hop.ex", [0]),
        ("123456", [1]),
        ("23-45", [1]),
        ("ва", []),
        ("ив", [1]),
        ("л", [0]),
        ("le", [0]),
        ("neil", [2]),
        ("ript>", [2]),
        ("nobody", []),
        ("_nna", []),
        ("a%lee", []),
        (".*", []),
        ("' | 'x", []),
        (":*&!()", []),
        ("\\", []),
        ("%", []),
    ],
)
async def test_a_search_finds_people_by_parts(
    typed: str, found: list[int], ids: list[int], tx: Tx, workspace: Workspace
) -> None:
    page = await list_profiles(tx, workspace_id=workspace.id, search=typed)
    assert sorted(item.id for item in page.items) == sorted(ids[i] for i in found)


async def test_a_profile_is_found_by_its_number(
    ids: list[int], tx: Tx, workspace: Workspace, other_workspace: Workspace
) -> None:
    page = await list_profiles(tx, workspace_id=workspace.id, search=str(ids[3]))
    assert ids[3] in [item.id for item in page.items]
    page = await list_profiles(tx, workspace_id=other_workspace.id, search=str(ids[3]))
    assert page.items == []


async def test_pages_follow_each_other_newest_first(
    ids: list[int], tx: Tx, workspace: Workspace
) -> None:
    first = await list_profiles(tx, workspace_id=workspace.id, limit=3)
    assert first.next_cursor is not None
    second = await list_profiles(tx, workspace_id=workspace.id, limit=3, cursor=first.next_cursor)
    assert second.next_cursor is None
    listed = [item.id for item in first.items + second.items]
    assert listed == sorted(ids, reverse=True)
    with pytest.raises(BadCursor):
        await list_profiles(tx, workspace_id=workspace.id, cursor="???")


async def test_a_segment_bounds_the_list(ids: list[int], tx: Tx, workspace: Workspace) -> None:
    members = newest_of([ids[0], ids[1], 2**40])
    first = await list_profiles(tx, workspace_id=workspace.id, within=members, limit=1)
    assert first.next_cursor is not None
    second = await list_profiles(
        tx, workspace_id=workspace.id, within=members, limit=1, cursor=first.next_cursor
    )
    assert sorted([first.items[0].id, second.items[0].id]) == sorted(ids[:2])
    assert second.next_cursor is None
    found = await list_profiles(tx, workspace_id=workspace.id, within=members, search="анна")
    assert [item.id for item in found.items] == [ids[0]]
    nobody = await list_profiles(tx, workspace_id=workspace.id, within=newest_of([]), search="анна")
    assert nobody.items == []


async def test_a_merged_profile_is_listed_once(
    observe: Observe, tx: Tx, workspace: Workspace
) -> None:
    await observe((0, {"user_id": "u1", "traits": {"name": "Анна"}}))
    await observe((1, {"anonymous_id": "d1", "traits": {"city": "Псков"}}))
    await observe((2, {"anonymous_id": "d1", "user_id": "u1"}))
    page = await list_profiles(tx, workspace_id=workspace.id)
    assert [item.traits for item in page.items] == [{"city": "Псков", "name": "Анна"}]
    assert await count_profiles(tx, workspace_id=workspace.id) == 1
    assert await count_profiles(tx, workspace_id=workspace.id, known=False) == 0


async def test_letters_get_plain_values(ids: list[int], tx: Tx, workspace: Workspace) -> None:
    context = await render_context(tx, workspace_id=workspace.id, profile_ids=ids)
    anna = context[ids[0]]["customer"]
    assert (anna["name"], anna["email"], anna["user_id"]) == (
        "Анна Ли",
        "anna.lee@shop.example",
        "A-17",
    )
    assert context[ids[3]]["customer"]["email"] == ""
    addresses = await profile_addresses(
        tx, workspace_id=workspace.id, profile_ids=ids, channel="email"
    )
    assert addresses == {ids[0]: "anna.lee@shop.example"}
    phones = await profile_addresses(tx, workspace_id=workspace.id, profile_ids=ids, channel="sms")
    assert phones == {ids[1]: "+79161234567"}


async def test_the_latest_address_is_written_to(
    observe: Observe, tx: Tx, workspace: Workspace
) -> None:
    await observe((0, {"user_id": "u1", "email": "old@b.ru", "traits": {}}))
    found = await observe(
        (1, {"user_id": "u1", "email": "new@b.ru", "traits": {}}), (2, {"email": "old@b.ru"})
    )
    addresses = await profile_addresses(
        tx, workspace_id=workspace.id, profile_ids=found.profile_ids, channel="email"
    )
    assert set(addresses.values()) == {"new@b.ru"}
