"""Questions and formulas: what is the same is asked once, absence is a complement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from otklik.rules import plan as p
from otklik.rules import tree
from otklik.rules.compile import Compiler
from otklik.rules.moments import Frame
from tests.rules import strategies as some

FRAME = Frame(now=datetime(2026, 3, 31, 12, 0, tzinfo=UTC))
PERSON = "profile_id"


def trait(test: tree.Test) -> tree.Node:
    return tree.TraitCondition(trait="city", test=test)


def event(test: tree.CountTest, **more: Any) -> tree.Node:
    return tree.EventCondition(event="Viewed", test=test, **more)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (trait(tree.Eq(value="x")), trait(tree.Neq(value="x"))),
        (trait(tree.Eq(value="x")), trait(tree.In(values=("x", "x")))),
        (trait(tree.In(values=("x", "y"))), trait(tree.NotIn(values=("y", "x")))),
        (trait(tree.IsSet()), trait(tree.IsNotSet())),
        (trait(tree.Eq(value=True)), trait(tree.IsTrue())),
        (trait(tree.HasAny(values=("a", "b"))), trait(tree.HasNone(values=("b", "a", "a")))),
        (event(tree.CountAtLeast(n=1)), event(tree.CountExactly(n=0))),
        (event(tree.CountAtLeast(n=4)), event(tree.CountAtMost(n=3))),
        (event(tree.CountAtLeast(n=4)), event(tree.CountBetween(low=0, high=3))),
        (
            tree.IdentifierCondition(identifier="email"),
            tree.IdentifierCondition(identifier="email", present=False),
        ),
    ],
)
def test_opposites_and_equals_share_a_question(one: tree.Node, other: tree.Node) -> None:
    assert len(p.plan(tree.AllOf(of=(one, other))).questions) == 1
    assert p.plan(one, other, one).questions == p.plan(one).questions


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (trait(tree.Eq(value=1)), trait(tree.Eq(value=True))),
        (trait(tree.Eq(value=1)), trait(tree.Eq(value="1"))),
        (event(tree.CountAtLeast(n=1)), event(tree.CountAtLeast(n=2))),
        (
            event(tree.CountAtLeast(n=1)),
            event(tree.CountAtLeast(n=1), window=tree.Last(amount=1)),
        ),
        (tree.ConsentCondition(channel="email"), tree.ConsentCondition(channel="sms")),
    ],
)
def test_different_conditions_have_different_questions(one: tree.Node, other: tree.Node) -> None:
    assert len(p.plan(one, other).questions) == 2


def test_only_what_moves_with_time_is_timed() -> None:
    timed = [
        event(tree.CountAtLeast(n=1), window=tree.Last(amount=1)),
        trait(tree.InLast(amount=1)),
        tree.OrdersCondition(measure=tree.LastOrder(test=tree.MoreThanAgo(amount=1))),
        event(
            tree.CountAtLeast(n=1),
            filters=(tree.PropertyFilter(path="at", test=tree.InNext(amount=1)),),
        ),
    ]
    still = [
        event(tree.CountAtLeast(n=1), window=tree.WindowAfter(at="2026-01-01")),
        trait(tree.Before(at="2026-01-01")),
        tree.OrdersCondition(measure=tree.OrderSum(test=tree.AmountAtMost(amount=1))),
        tree.Everyone(),
    ]
    assert all(p.plan(node).is_timed for node in timed)
    assert not any(p.plan(node).is_timed for node in still)


@settings(max_examples=300, deadline=None)
@given(definition=some.definitions)
def test_no_text_of_a_user_is_in_the_query(definition: tree.Node) -> None:
    """Values are bound; of all that a definition says only property paths are names."""
    marked = _marked(definition)
    compiled = Compiler(p.plan(marked), FRAME, workspace_id=1, current_profile=PERSON).bitmap()
    assert "\u2620" not in compiled.sql
    for name in compiled.parameters:
        assert f"{{{name}:" in compiled.sql


def _marked(node: tree.Node) -> tree.Node:
    """Return the tree with a skull in every text but property paths and dates."""
    import msgspec

    def mark(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {k: mark(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [mark(v, key) for v in value]
        keys = {"value", "values", "trait", "event", "products", "categories", "channel", "topic"}
        return f"{value}\u2620" if isinstance(value, str) and key in keys else value

    marked: tree.Node = msgspec.convert(
        mark(msgspec.json.decode(msgspec.json.encode(node))), tree.Node
    )
    return marked
