"""Whatever arrives at the event API: an answer below 500, and nothing lost."""

from __future__ import annotations

import gzip
import json
import uuid
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingestion.support import Ingestion

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
ADDRESSES = ["track", "identify", "page", "screen", "group", "alias", "batch", "b", "import", "x"]

surprising = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["\0", "<script>", "{{7*7}}", "'; DROP TABLE x", "\u202e", "a\nb", "𝕳", "-1"]),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | surprising,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(surprising, inner, max_size=4),
    max_leaves=12,
)
calls = st.dictionaries(
    st.sampled_from(
        [
            "type",
            "event",
            "userId",
            "anonymousId",
            "messageId",
            "timestamp",
            "sentAt",
            "name",
            "properties",
            "traits",
            "context",
            "previousId",
            "groupId",
            "writeKey",
            "category",
        ]
    ),
    values | st.sampled_from(["track", "identify", "page", "2026-01-01T00:00:00Z", {"a": 1}]),
    max_size=10,
)


@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
@given(
    body=st.binary(max_size=300) | calls.map(lambda v: json.dumps(v).encode()),
    address=st.sampled_from(ADDRESSES),
    encoding=st.sampled_from(["", "gzip", "GZIP", "deflate", "identity", "gzip, gzip"]),
    packed=st.booleans(),
)
async def test_any_bytes_get_an_answer_below_500(
    api: httpx.AsyncClient, body: bytes, address: str, encoding: str, packed: bool
) -> None:
    headers = {"content-encoding": encoding} if encoding else {}
    content = gzip.compress(body) if packed else body
    answer = await api.post(f"/v1/{address}", content=content, headers=headers)
    assert answer.status_code in {200, 400, 404, 415}
    assert answer.json()["success"] == (answer.status_code == 200)
    if answer.status_code != 200:
        assert answer.json()["code"]
        assert answer.json()["message"]


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(batch=st.lists(calls | values, max_size=8))
async def test_every_event_of_a_readable_batch_is_logged_or_shown(
    api: httpx.AsyncClient, seen: Ingestion, batch: list[Any]
) -> None:
    before = await seen.logged() + len(await seen.rejects())
    body = json.dumps({"batch": batch})
    answer = await api.post("/v1/batch", content=body)
    assert answer.status_code == 200 or b"NaN" in body.encode() or b"Infinity" in body.encode()
    if answer.status_code == 200:
        after = await seen.logged() + len(await seen.rejects())
        assert after - before == len(batch)


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(batch=st.lists(calls, min_size=1, max_size=12))
async def test_every_logged_event_reaches_the_store_or_is_shown(
    api: httpx.AsyncClient, seen: Ingestion, batch: list[Any]
) -> None:
    items = [
        {**item, "type": "track", "event": f"e{i % 3}", "messageId": str(uuid.uuid4())}
        for i, item in enumerate(batch)
    ]
    stored_before = len(await seen.stored())
    shown_before = sum(r.code != "part_refused" for r in await seen.rejects())
    answer = await api.post("/v1/batch", content=json.dumps({"batch": items}))
    await seen.drain()
    states = {b.state for b in await seen.batches()}
    assert states <= {"done"}
    if answer.status_code == 200:
        stored = len(await seen.stored()) - stored_before
        shown = sum(r.code != "part_refused" for r in await seen.rejects()) - shown_before
        assert stored + shown == len(items)


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(name=st.binary(min_size=1, max_size=12), value=st.binary(max_size=60))
async def test_any_header_gets_an_answer_below_500(
    bare_api: httpx.AsyncClient, name: bytes, value: bytes
) -> None:
    allowed = bytes(c for c in value if c >= 0x20 and c != 0x7F)
    for key in (b"authorization", b"content-encoding", b"accept-language", b"x-forwarded-for"):
        request = bare_api.build_request("POST", "/v1/track", content=b"{}")
        request.headers.raw.append((key, allowed))
        answer = await bare_api.send(request)
        assert answer.status_code < 500
