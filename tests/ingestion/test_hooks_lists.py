"""A call with many people: every row of its list becomes a customer and events of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from otklik.ingestion.hooks.mapping import make, rows_of
from otklik.ingestion.hooks.model import (
    EACH_MAX,
    HookCondition,
    HookConsentRule,
    HookMapping,
    HookRule,
    Reason,
)
from otklik.privacy.public import consent_states
from tests.conftest import NOW, Cast
from tests.ingestion.hooking import Hook
from tests.ingestion.support import Ingestion

CALL = UUID("01900000-0000-7000-8000-000000000001")
MAPPING = HookMapping(
    event="Lead",
    each=["data", "leads"],
    rules=[
        HookRule(path=["data", "leads", "mail"], to="email"),
        HookRule(path=["data", "leads", "name"], to="trait", name="name"),
        HookRule(path=["form"], to="property", name="form"),
    ],
    consents=[HookConsentRule(path=["data", "leads", "news"], channel="email")],
)


def body(*leads: Any) -> dict[str, Any]:
    return {"form": "f1", "data": {"leads": list(leads)}}


def made(tree: dict[str, Any], mapping: HookMapping = MAPPING) -> Any:
    return make(
        mapping,
        tree,
        call_id=CALL,
        received=NOW,
        source_name="CRM",
        caller_ip="192.0.2.9",
        event_bytes_max=32_768,
    )


def test_every_row_becomes_a_person_with_ids_of_its_own() -> None:
    found = made(body({"mail": "a@x.example", "name": "A"}, {"mail": "b@x.example", "news": "yes"}))
    ids = [event["messageId"] for event in found.events]
    assert len(set(ids)) == len(ids) == 4
    tracks = [event for event in found.events if event["type"] == "track"]
    assert [event["context"]["traits"]["email"] for event in tracks] == [
        "a@x.example",
        "b@x.example",
    ]
    assert {event["properties"]["form"] for event in tracks} == {"f1"}
    assert [(one.row, one.channel) for one in found.consents] == [(1, "email")]
    # One that was taken as a whole before gives its event no second time.
    alone = made({"form": "f1", "data": {"leads": {"mail": "a@x.example"}}})
    assert alone.events[-1]["messageId"] == tracks[0]["messageId"] == f"hook:{CALL}:event"


def test_rows_that_become_nothing_hold_up_no_others() -> None:
    found = made(body({"name": "nobody"}, "text", None, {"mail": "b@x.example"}, {"mail": "bad"}))
    assert [e["context"]["traits"]["email"] for e in found.events if e["type"] == "track"] == [
        "b@x.example"
    ]
    assert [problem.path for problem in found.problems] == [["data", "leads", "4", "mail"]]
    only = HookMapping(
        event="Lead",
        each=["data", "leads"],
        rules=MAPPING.rules,
        only_if=HookCondition(path=["data", "leads", "kind"], value="new"),
    )
    kinds = body({"mail": "a@x.example", "kind": "new"}, {"mail": "b@x.example", "kind": "old"})
    assert len([e for e in made(kinds, only).events if e["type"] == "track"]) == 1
    assert made(body({"mail": "b@x.example"}), only).reason is Reason.CONDITION


def test_what_is_no_list_or_too_long_says_so() -> None:
    assert made({"data": {}}).reason is Reason.NOT_A_LIST
    assert made(body()).reason is Reason.NOTHING_MADE
    many = made(body(*({"mail": f"p{i}@x.example"} for i in range(EACH_MAX + 1))))
    assert (many.reason, many.detail) == (Reason.TOO_MANY_ROWS, str(EACH_MAX))
    numbered = {"data": {"leads": {"0": {"mail": "a@x.example"}, "1": {"mail": "b@x.example"}}}}
    assert len([e for e in made(numbered).events if e["type"] == "track"]) == 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["data", "form"]), values), st.lists(st.sampled_from("ab01"))
)
def test_any_call_is_taken_apart_or_refused(tree: dict[str, Any], path: list[str]) -> None:
    rows = rows_of(tree, ["data", *path])
    assert rows is None or all(isinstance(row, dict) for row in rows)
    made(tree)


async def test_a_batch_of_people_arrives_with_its_consents_and_once(
    hook: Hook, seen: Ingestion, cast: Cast
) -> None:
    await hook.send(json=body({"mail": "a@x.example", "news": "1"}, {"mail": "b@x.example"}))
    path = f"/api/v1/sources/{hook.source_id}/preview"
    asked = {"mapping": {"each": ["data", "leads"]}}
    shown = (await cast.owner.post(path, json=asked)).json()
    fields = ["/".join(one["path"]) for one in shown["fields"] if one["path"][0] != "@headers"]
    assert fields == ["form", "data/leads/mail", "data/leads/news"]
    assert shown["suggested"]["each"] == ["data", "leads"]
    assert [rule["to"] for rule in shown["suggested"]["rules"] if rule["path"][-1] == "mail"] == [
        "email"
    ]
    await hook.map(MAPPING)
    for _ in range(2):
        await hook.drain()
        await seen.drain()
        await hook.replay()
    stored = await seen.stored("name, profile_id")
    assert sorted(name for name, _ in stored) == ["Identified", "Identified", "Lead", "Lead"]
    first = (await hook.rows())[0].profile_id
    async with hook.rt.db.begin() as tx:
        states = {
            profile: [
                one.channel
                for one in await consent_states(
                    tx, workspace_id=hook.workspace_id, profile_id=profile
                )
            ]
            for profile in {profile for _, profile in stored}
        }
    assert sorted(states.values()) == [[], ["email"]]
    assert states[first] == ["email"]
