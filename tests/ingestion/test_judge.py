"""Judging events: the quick answer and the careful one must agree."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.ingestion import judge
from otklik.ingestion.errors import BadBody
from otklik.ingestion.model import REASONS, RejectCode
from otklik.kit.i18n import LANGS

ids = st.one_of(st.none(), st.just(""), st.text(max_size=5), st.integers(), st.booleans())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
items = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias", "x", 5]),
        "event": st.one_of(st.none(), st.text(max_size=4), st.integers()),
        "userId": ids,
        "anonymousId": ids,
        "previousId": ids,
        "groupId": ids,
        "messageId": ids,
        "timestamp": st.one_of(st.none(), st.text(max_size=5), st.floats(allow_nan=False)),
        "properties": json_values,
        "traits": json_values,
        "context": json_values,
        "name": st.one_of(st.none(), st.text(max_size=5), st.integers()),
    },
)


@given(st.lists(st.one_of(items, json_values), max_size=5))
def test_quick_and_careful_judgement_agree(batch: list[Any]) -> None:
    body = msgspec.json.encode({"batch": batch})
    judged = judge.judge_batch(body, event_bytes_max=32_768)
    one_by_one = [
        judge.judge_item(msgspec.json.encode(item), kind=None, event_bytes_max=32_768)
        for item in batch
    ]
    good = [item for item, reject in zip(batch, one_by_one, strict=True) if reject is None]
    assert msgspec.json.decode(judged.body) == msgspec.json.decode(msgspec.json.encode(good))
    assert judged.events == len(good)
    assert [r.code for r in judged.rejects] == [r.code for r in one_by_one if r is not None]


@given(items, st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]))
def test_a_single_event_is_judged_like_one_in_a_batch(item: dict[str, Any], kind: str) -> None:
    body = msgspec.json.encode(item)
    judged, problem = judge.judge_single(body, kind=kind, event_bytes_max=32_768)
    in_batch = judge.judge_item(
        msgspec.json.encode({**item, "type": kind}), kind=None, event_bytes_max=32_768
    )
    assert (problem is None) == (in_batch is None)
    assert judged.events == (problem is None)
    if in_batch is not None:
        assert judged.rejects[0].code == in_batch.code


@given(st.binary(max_size=200))
def test_any_bytes_are_judged_or_refused_with_a_reason(body: bytes) -> None:
    refusals = []
    for judged in (
        lambda: judge.judge_batch(body, event_bytes_max=100),
        lambda: judge.judge_single(body, kind="track", event_bytes_max=100),
    ):
        try:
            judged()
        except BadBody as error:
            refusals.append(error)
    assert all(error.text("en") and error.text("ru") for error in refusals)


@pytest.mark.parametrize("code", list(RejectCode))
def test_every_reason_has_its_words(code: RejectCode) -> None:
    for lang in LANGS:
        text = REASONS[code].of(lang, {"detail": "x"})
        assert "{" not in text
        assert text.endswith(".")


def test_it_finds_the_depth() -> None:
    assert judge.depth(5) == 0
    assert judge.depth({"a": [1, {"b": []}]}) == 4
    assert judge.depth([[], {"a": 1}]) == 2


def test_a_number_of_thousands_of_digits_is_a_reject_and_no_crash() -> None:
    raw = b'{"type":"track","event":"x","userId":"u","properties":{"n":' + b"9" * 5000 + b"}}"
    judged = judge.judge_batch(b'{"batch":[' + raw + b"]}", event_bytes_max=32_768)
    assert judged.events + len(judged.rejects) == 1
