"""What comes in: trees within the limits, or an error that names each wrong place."""

from __future__ import annotations

import contextlib
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otklik.kit.errors import Problem
from otklik.rules import tree
from otklik.rules.cycles import cycle_of
from otklik.rules.errors import DefinitionInvalid
from otklik.rules.parse import parse, parse_filters, parse_json
from tests.rules import strategies as some

TRAIT: dict[str, Any] = {"kind": "trait", "trait": "city", "test": {"op": "eq", "value": "Omsk"}}


def problems_of(value: object) -> list[Problem]:
    with pytest.raises(DefinitionInvalid) as caught:
        parse(value)
    assert caught.value.problems
    return caught.value.problems


def codes_of(value: object) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in problems_of(value)]


def test_it_reads_a_tree_and_fills_in_defaults() -> None:
    node = parse({"kind": "all", "of": [TRAIT, {"kind": "event", "event": "Viewed"}]})
    assert node == tree.AllOf(
        of=(
            tree.TraitCondition(trait="city", test=tree.Eq(value="Omsk")),
            tree.EventCondition(event="Viewed", test=tree.CountAtLeast(n=1)),
        )
    )


def test_it_names_every_wrong_place_at_once() -> None:
    of = [
        {"kind": "trait", "trait": "", "test": {"op": "gt", "value": "7"}},
        {"kind": "segment", "segment_id": "x"},
        {"kind": "event", "event": "Viewed", "test": {"op": "at_least", "n": 0}},
        {"kind": "nonsense"},
        {"kind": "any", "of": []},
        7,
    ]
    assert codes_of({"kind": "all", "of": of}) == [
        ("$.of[0].test.value", "wrong_type"),
        ("$.of[1].segment_id", "bad_id"),
        ("$.of[2].test.n", "out_of_range"),
        ("$.of[3].kind", "unknown_kind"),
        ("$.of[4].of", "empty_group"),
        ("$.of[5]", "wrong_type"),
    ]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"trait": "x" * 201}, "$.trait", "too_long"),
        ({"trait": "a\0b"}, "$.trait", "bad_character"),
        ({"test": {"op": "eq", "value": "x" * 1001}}, "$.test.value", "too_long"),
        ({"test": {"op": "eq", "value": None}}, "$.test.value", "wrong_type"),
        ({"test": {"op": "eq", "value": 10**400}}, "$.test.value", "number_too_large"),
        ({"test": {"op": "eq", "value": float("nan")}}, "$.test.value", "number_too_large"),
        ({"test": {"op": "in", "values": []}}, "$.test.values", "invalid"),
        ({"test": {"op": "in", "values": ["x"] * 1001}}, "$.test.values", "too_many"),
        ({"test": {"op": "in", "values": ["x" * 900] * 30}}, "$.test.values", "too_long"),
        ({"test": {"op": "contains", "value": ""}}, "$.test.value", "empty"),
        ({"test": {"op": "between", "low": 2, "high": 1}}, "$.test.high", "wrong_order"),
        ({"test": {"op": "before", "at": "2026-02-31"}}, "$.test.at", "bad_date"),
        ({"test": {"op": "before", "at": "tomorrow"}}, "$.test.at", "bad_date"),
        (
            {"test": {"op": "between_dates", "start": "2026-03-02", "end": "2026-03-01"}},
            "$.test.end",
            "wrong_order",
        ),
        ({"test": {"op": "in_last", "amount": 0}}, "$.test.amount", "out_of_range"),
        ({"test": {"op": "in_last", "amount": 1.5}}, "$.test.amount", "wrong_type"),
        ({"test": {"op": "in_last", "amount": 1, "unit": "weeks"}}, "$.test.unit", "not_allowed"),
        ({"test": {"op": "matches", "value": "(a+)+"}}, "$.test.op", "not_allowed"),
        ({"test": {"value": 1}}, "$.test", "missing_field"),
        ({"tets": 1}, "$", "unknown_field"),
    ],
)
def test_it_says_what_is_wrong_with_a_trait_condition(
    change: dict[str, Any], path: str, code: str
) -> None:
    assert codes_of({**TRAIT, **change}) == [(path, code)]


def test_every_problem_is_told_in_both_languages() -> None:
    for bad in (7, {}, {**TRAIT, "x{y}": 1}, {**TRAIT, "test": {"op": "{op}"}}):
        for problem in problems_of(bad):
            assert problem.message.of("en") != problem.message.of("ru")
            assert any("а" <= letter <= "я" for letter in problem.message.of("ru"))


def test_it_refuses_nesting_beyond_the_limit() -> None:
    node: dict[str, Any] = TRAIT
    for _ in range(tree.DEPTH_MAX):
        node = {"kind": "all", "of": [node]}
    assert [code for _, code in codes_of(node)] == ["too_deep"]
    parse(node["of"][0])


def test_it_refuses_more_nodes_than_allowed() -> None:
    assert [code for _, code in codes_of({"kind": "any", "of": [TRAIT] * 200})] == [
        "too_many_nodes"
    ]
    parse({"kind": "any", "of": [TRAIT] * 199})


@pytest.mark.parametrize(
    "source",
    [b"", b"{", b"[" * 100_000, b'{"kind":' * 50_000, b"\xff", b'"\\ud800"', b"1e999", b"9" * 9999],
)
def test_text_that_is_no_json_is_a_problem_like_any_other(source: bytes) -> None:
    with pytest.raises(DefinitionInvalid):
        parse_json(source)


def test_filters_alone_are_parsed_by_the_same_rules() -> None:
    assert parse_filters([{"path": "price", "test": {"op": "gt", "value": 5}}]) == (
        tree.PropertyFilter(path="price", test=tree.Gt(value=5)),
    )
    for bad in (None, 5, [5], [{"path": "a..b", "test": {"op": "is_set"}}], [{"path": "a"}]):
        with pytest.raises(DefinitionInvalid):
            parse_filters(bad)


json_junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(["all", "any", "none", "trait", "event", "orders", "eq", "in", "{", "\0"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["kind", "of", "test", "op", "value", "values", "trait", "event"]),
                st.sampled_from(["measure", "window", "filters", "path", "amount", "at", "n"]),
                st.text(max_size=5),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=30,
)


@settings(max_examples=400, deadline=None)
@given(value=json_junk)
@example(value={"kind": ["all"], "of": {}})
@example(value={"kind": "all", "of": "abc"})
def test_any_json_gives_a_tree_or_the_typed_error(value: object) -> None:
    try:
        node = parse(value)
    except DefinitionInvalid as error:
        for problem in error.problems:
            assert problem.message.of("en")
            assert problem.message.of("ru")
    else:
        assert parse(tree.to_builtins(node)) == node


@settings(max_examples=300, deadline=None)
@given(definition=some.definitions, data=st.data())
def test_a_damaged_tree_gives_a_tree_or_the_typed_error(
    definition: tree.Node, data: st.DataObject
) -> None:
    raw = msgspec.json.decode(msgspec.json.encode(definition))
    assert parse(raw) == definition
    place: Any = raw
    while True:
        key = data.draw(
            st.sampled_from(sorted(place))
            if isinstance(place, dict)
            else st.integers(0, len(place) - 1)
        )
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(json_junk)
        break
    with contextlib.suppress(DefinitionInvalid):
        parse(raw)


@settings(max_examples=200, deadline=None)
@given(source=st.binary(max_size=200))
def test_any_bytes_give_a_tree_or_the_typed_error(source: bytes) -> None:
    with contextlib.suppress(DefinitionInvalid):
        parse_json(source)


def test_a_cycle_of_segments_is_found_with_its_path() -> None:
    one, two, three = (UUID(int=n, version=4) for n in (1, 2, 3))

    def uses(*ids: UUID) -> tree.Node:
        return tree.AllOf(of=tuple(tree.SegmentCondition(segment_id=id_) for id_ in ids))

    others = {two: uses(three), three: uses(one)}
    assert cycle_of(one, others, of=uses(two)) == (one, two, three, one)
    assert cycle_of(one, {two: uses(three)}, of=uses(two, three)) is None
    assert cycle_of(one, {}, of=uses(one)) == (one, one)
