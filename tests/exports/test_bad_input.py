"""Whatever an address, a header or a body says, the answer is a problem and never a failure."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.exports.errors import OtherCursor, RangeOutside
from otklik.exports.files.parts import wanted_part
from otklik.exports.model import Cursor, ExportPlan, Subject, read_cursor
from otklik.kit.ids import new_id
from otklik.kit.pagination import BadCursor, encode_cursor
from tests.conftest import NOW, Cast

from .world import World

HUGE = [2**63, 2**64, 2**70, -1, -(2**70), 10**400]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


def token(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@given(st.text(max_size=40), st.integers(0, 10**12))
def test_a_range_is_a_part_of_the_file_the_whole_or_refused(header: str, size: int) -> None:
    for asked in (header, f"bytes={header}"):
        try:
            part = wanted_part(asked, size)
        except RangeOutside:
            continue
        assert part is None or 0 <= part[0] <= part[1] < size


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", (0, 99)),
        ("bytes=10-19", (10, 19)),
        ("bytes=90-500", (90, 99)),
        ("bytes=-30", (70, 99)),
        ("bytes=-300", (0, 99)),
        ("Bytes = 99-", (99, 99)),
        ("", None),
        ("items=0-1", None),
        ("bytes=0-1,5-6", None),
    ],
)
def test_ranges_are_read_as_the_standard_has_them(asked: str, part: Any) -> None:
    assert wanted_part(asked, 100) == part


@pytest.mark.parametrize(
    "span",
    ["100-", "-", "", "5-2", "-0", "x-", "1-x", "٣-", "+1-", "1e3-", f"{2**70}-", "9" * 6000 + "-"],
)
def test_a_range_that_is_none_of_the_file_is_refused(span: str) -> None:
    with pytest.raises(RangeOutside):
        wanted_part(f"bytes={span}", 100)


@given(st.sampled_from(Subject), st.lists(JSON, max_size=7))
def test_a_cursor_is_one_of_ours_or_refused(subject: Subject, parts: list[Any]) -> None:
    plan = ExportPlan(subject=subject)
    print_ = json.loads(base64.urlsafe_b64decode(_mine(plan) + "=="))[0]
    for made in (parts, [print_, *parts], [print_, "2026-06-15T12:00:00Z", None, None, 1, parts]):
        try:
            found = read_cursor(token(*made), plan)
        except (BadCursor, OtherCursor):
            continue
        assert isinstance(found, Cursor)
        assert len(found.key) in {0, 4 if subject is Subject.EVENTS else 1}


def _mine(plan: ExportPlan) -> str:
    from otklik.exports.model import Scope

    made = Cursor(scope=Scope(as_of=NOW), key=()).token(plan)
    return made + "=" * (-len(made) % 4)


async def test_forged_cursors_of_exports_are_refused(world: World, cast: Cast) -> None:
    for subject in Subject:
        path = f"/api/v1/exports/{subject.value}.csv"
        mine = (await cast.owner.get(path)).headers["otklik-cursor"]
        print_, as_of, *_ = json.loads(base64.urlsafe_b64decode(mine + "=="))
        keys: list[list[Any]] = [[n] for n in HUGE] + [["x", n, n, "y"] for n in HUGE]
        keys += [["a\0b", "x", 1, 1], [{}], [None], ["x", 1], [1.5], ["x"] * 5]
        if subject is Subject.ORDERS:
            keys = [key for key in keys if not isinstance(key[0], str) or len(key) != 1]
        forged = [token(print_, as_of, None, None, None, key) for key in keys]
        forged += [token(print_, as_of, None, None, n, []) for n in HUGE]
        forged += [
            token(print_, at, None, None, None, [])
            for at in ("9999-12-31T23:59:59.999999Z", "2026-06-15T12:00:00", "x", 5, None)
        ]
        for one in forged:
            answer = await cast.owner.get(path, params={"cursor": one})
            assert answer.status_code == 400, (subject, json.loads(base64.b64decode(one + "==")))
            assert answer.json()["code"] == "bad_cursor"


FOREIGN = [
    "%00",
    "é",
    "A" * 20_000,
    "[" * 3000,
    token(),
    *(token(n) for n in HUGE),
    token("x", 1),
    token("9999-99-99T00:00:00Z", "x"),
    token("2026-06-15T12:00:00", str(new_id())),
]


async def test_lists_refuse_cursors_that_are_not_theirs(cast: Cast) -> None:
    target = {"kind": "webhook", "url": "https://hooks.example.org/x"}
    made = await cast.owner.post("/api/v1/forwardings", json={"name": "x", "target": target})
    one = f"/api/v1/forwardings/{made.json()['forwarding']['id']}"
    for cursor in FOREIGN:
        for path in ("/api/v1/exports", f"{one}/attempts", f"{one}/dead"):
            answer = await cast.owner.get(path, params={"cursor": cursor})
            assert answer.status_code == 400, path
            assert answer.json()["code"] == "bad_cursor"


ADDRESSES: list[tuple[dict[str, Any], set[int]]] = [
    ({"since": "2026-06-15T12:00:00"}, {422}),
    ({"limit": str(2**70)}, {422}),
    ({"limit": "-1"}, {422}),
    ({"limit": "x"}, {422}),
    ({"since": "0001-01-01T00:00:00+14:00"}, {200}),
    ({"until": "9999-12-31T23:59:59.999999Z"}, {200}),
    ({"since": "99999-01-01T00:00:00Z"}, {422}),
    ({"name": "a\0b"}, {422}),
    ({"columns": "properties.a\0b"}, {422}),
    ({"columns": "properties." + "a." * 300 + "a"}, {200}),
    ({"columns": ",".join(f"properties.p{i}" for i in range(501))}, {422}),
    ({"name": [f"n{i}" for i in range(201)]}, {422}),
    ({"segment_id": "x"}, {422}),
    ({"segment_id": str(new_id())}, {404}),
    ({"separator": "|"}, {422}),
]


async def test_the_address_of_an_export_is_checked(cast: Cast) -> None:
    for params, status in ADDRESSES:
        answer = await cast.owner.get("/api/v1/exports/events.csv", params=params)
        assert answer.status_code in status, answer.text


async def test_a_whole_period_of_all_times_can_be_asked_for(world: World, cast: Cast) -> None:
    (one,) = await world.add_people([{"name": "n"}])
    await world.add_messages([one], at=NOW)
    ends = {"since": "0001-01-01T00:00:00+14:00", "until": "9999-12-31T23:59:59.999999-14:00"}
    for subject in Subject:
        answer = await cast.owner.get(f"/api/v1/exports/{subject.value}.csv", params=ends)
        assert answer.status_code == 200, subject


NUL = "a\0b"
PLAN: dict[str, Any] = {"subject": "events"}
RHYTHM = {"every": "day"}
PLACE = {"kind": "folder", "path": ""}
HOOK: dict[str, Any] = {
    "name": "x",
    "target": {"kind": "webhook", "url": "https://hooks.example.org/x"},
}


BODIES = [
    ("exports", {"plan": PLAN, "name": NUL}),
    ("exports", {"plan": {**PLAN, "names": [NUL]}}),
    ("exports", {"plan": {**PLAN, "columns": [f"properties.{NUL}"]}}),
    ("exports", {"plan": {**PLAN, "limit": 2**70}}),
    ("exports", {"plan": {**PLAN, "limit": -1}}),
    ("exports", {"plan": {**PLAN, "since": "x"}}),
    ("exports/schedules", {"name": NUL, "plan": PLAN, "rhythm": RHYTHM}),
    ("exports/schedules", {"name": "x", "plan": PLAN, "rhythm": RHYTHM, "pattern": NUL}),
    ("exports/schedules", {"name": "x", "plan": PLAN, "rhythm": {"every": "day", "hour": -1}}),
    ("exports/schedules", {"name": "x", "plan": PLAN, "rhythm": {**RHYTHM, "minute": 2**70}}),
    ("exports/destinations", {"name": NUL, "place": PLACE}),
    ("exports/destinations", {"name": "x", "place": {**PLACE, "path": NUL}}),
    ("exports/destinations/trial", {"place": {**PLACE, "path": NUL}}),
    ("forwardings", {**HOOK, "name": NUL}),
    ("forwardings", {**HOOK, "names": [NUL]}),
    ("forwardings", {**HOOK, "batch": 2**70}),
    ("forwardings", {**HOOK, "target": {**HOOK["target"], "url": f"https://x.example/{NUL}"}}),
    ("forwardings", {**HOOK, "target": {**HOOK["target"], "url": "https://[::/x"}}),
    ("forwardings", {**HOOK, "target": {**HOOK["target"], "url": "https://x.example:9e9/"}}),
    ("forwardings", {**HOOK, "filters": [{"path": NUL, "test": {"op": "exists"}}]}),
    ("forwardings", {**HOOK, "filters": [{"path": "p", "test": {"op": "eq", "value": NUL}}]}),
    ("forwardings", {**HOOK, "segments": [{"segment_id": 2**70}]}),
]


async def test_a_body_that_can_not_be_kept_is_refused(cast: Cast) -> None:
    for path, body in BODIES:
        answer = await cast.owner.post(f"/api/v1/{path}", json=body)
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")


NOWHERE = [
    "exports/download/%00",
    "exports/download/" + "A" * 5000,
    "exports/download/é",
    f"exports/download/{encode_cursor(2**70)}",
    "exports/files/x",
    f"exports/files/{2**70}",
    "exports/segments/%00.csv",
    "exports/segments/.csv",
    f"exports?schedule_id={2**70}",
    f"exports?limit={2**70}x",
    "exports/columns?subject=%00",
    "forwardings/x/attempts",
]


async def test_an_address_that_leads_nowhere_is_said_so(cast: Cast) -> None:
    for path in NOWHERE:
        answer = await cast.owner.get(f"/api/v1/{path}")
        assert 400 <= answer.status_code < 500, answer.text


SIZES = ["0", "-5", str(2**70)]


async def test_a_page_has_a_size_whatever_is_asked(cast: Cast) -> None:
    for limit in SIZES:
        assert (await cast.owner.get(f"/api/v1/exports?limit={limit}")).status_code == 200
