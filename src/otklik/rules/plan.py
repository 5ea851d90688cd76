"""From a tree to a plan: which questions to ask, and how to join their answers.

Every leaf becomes a `Question` that is answered by the set of profiles for which it is true of
some fact; what is true by absence ("never", "not equal", "not set") becomes the complement of a
question. So `city != x` and `city = x` share one question, and so do equal leaves of different
segments: a question's key is its canonical text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Literal, assert_never
from uuid import UUID

import msgspec

from otklik.rules import tree
from otklik.rules.evaluate import amount_passes

Table = Literal["profiles", "profile_traits", "events", "orders", "consents", "segments"]
"""What a question reads; `segments` are the stored memberships."""


class TraitQuestion(msgspec.Struct, frozen=True, tag="trait"):
    """Profiles whose trait passes a positive test."""

    trait: str
    test: tree.Test


class EventQuestion(msgspec.Struct, frozen=True, tag="event"):
    """Profiles with `low` to `high` events (high None: or more); low is at least 1."""

    event: str
    low: int
    high: int | None
    window: tree.Window
    filters: tuple[tree.PropertyFilter, ...]


class OrdersQuestion(msgspec.Struct, frozen=True, tag="orders"):
    """Profiles with at least one order whose measure passes (fails, when `fails`)."""

    measure: tree.Measure
    fails: bool
    statuses: tuple[str, ...]
    window: tree.Window
    products: tuple[str, ...]
    categories: tuple[str, ...]


class ConsentQuestion(msgspec.Struct, frozen=True, tag="consent"):
    channel: str
    topic: str
    states: tuple[str, ...]


class IdentifierQuestion(msgspec.Struct, frozen=True, tag="identifier"):
    identifier: str


class SegmentQuestion(msgspec.Struct, frozen=True, tag="segment"):
    segment_id: UUID


Question = (
    TraitQuestion
    | EventQuestion
    | OrdersQuestion
    | ConsentQuestion
    | IdentifierQuestion
    | SegmentQuestion
)
_canonical = msgspec.json.Encoder(order="deterministic")


def key_of(question: Question) -> str:
    """Return a short text that is equal for equal questions and different for others."""
    return hashlib.blake2b(_canonical.encode(question), digest_size=16).hexdigest()


def table_of(question: Question) -> Table:
    match question:
        case TraitQuestion():
            return "profile_traits"
        case EventQuestion():
            return "events"
        case OrdersQuestion():
            return "orders"
        case ConsentQuestion():
            return "consents"
        case IdentifierQuestion():
            return "profiles"
        case SegmentQuestion():
            return "segments"
        case never:
            assert_never(never)


def is_timed(question: Question) -> bool:
    """Return whether the answer changes as time goes by, without any new fact."""
    match question:
        case TraitQuestion(test=test):
            return _moves(test)
        case EventQuestion(window=window, filters=filters):
            return isinstance(window, tree.Last) or any(_moves(item.test) for item in filters)
        case OrdersQuestion(measure=measure, window=window):
            return isinstance(window, tree.Last) or _moves(measure.test)
        case _:
            return False


def _moves(test: object) -> bool:
    return isinstance(test, tree.InLast | tree.MoreThanAgo | tree.InNext)


class Ask(msgspec.Struct, frozen=True):
    """The answer to the question of this number."""

    number: int


class Not(msgspec.Struct, frozen=True):
    of: Formula


class And(msgspec.Struct, frozen=True):
    of: tuple[Formula, ...]


class Or(msgspec.Struct, frozen=True):
    of: tuple[Formula, ...]


class Universe(msgspec.Struct, frozen=True):
    """All profiles."""


Formula = Ask | Not | And | Or | Universe
ALL = Universe()
NOBODY = Not(of=ALL)


class Plan(msgspec.Struct, frozen=True):
    """The questions of one or more definitions, each asked once, and a formula for each."""

    questions: tuple[Question, ...]
    formulas: tuple[Formula, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key_of(question) for question in self.questions)

    @property
    def is_timed(self) -> bool:
        return any(is_timed(question) for question in self.questions)

    @property
    def tables(self) -> frozenset[Table]:
        """What the plan reads besides the list of all profiles."""
        return frozenset(table_of(question) for question in self.questions)


def plan(*nodes: tree.Node) -> Plan:
    """Return what to ask for the definitions, with questions in the order of their first use."""
    planner = _Planner()
    formulas = tuple(planner.formula(node) for node in nodes)
    return Plan(questions=tuple(planner.questions), formulas=formulas)


class _Planner:
    def __init__(self) -> None:
        self.questions: list[Question] = []
        self._numbers: dict[str, int] = {}

    def ask(self, question: Question) -> Formula:
        key = key_of(question)
        if key not in self._numbers:
            self._numbers[key] = len(self.questions)
            self.questions.append(question)
        return Ask(number=self._numbers[key])

    def formula(self, node: tree.Node) -> Formula:
        match node:
            case tree.AllOf(of=of):
                return And(of=tuple(self.formula(child) for child in of))
            case tree.AnyOf(of=of):
                return Or(of=tuple(self.formula(child) for child in of))
            case tree.NoneOf(of=of):
                return Not(of=Or(of=tuple(self.formula(child) for child in of)))
            case tree.Everyone():
                return ALL
            case tree.TraitCondition():
                return self.trait(node)
            case tree.EventCondition():
                return self.event(node)
            case tree.OrdersCondition():
                return self.orders(node)
            case tree.ConsentCondition():
                return self.consent(node)
            case tree.IdentifierCondition(identifier=identifier, present=present):
                asked = self.ask(IdentifierQuestion(identifier=identifier))
                return asked if present else Not(of=asked)
            case tree.SegmentCondition(segment_id=segment_id, member=member):
                asked = self.ask(SegmentQuestion(segment_id=segment_id))
                return asked if member else Not(of=asked)
            case never:
                assert_never(never)

    def trait(self, node: tree.TraitCondition) -> Formula:
        test, opposite = positive(node.test)
        asked = self.ask(TraitQuestion(trait=node.trait, test=test))
        return Not(of=asked) if opposite else asked

    def event(self, node: tree.EventCondition) -> Formula:
        def ask(low: int, high: int | None) -> Formula:
            filters = tuple(sorted(node.filters, key=_canonical.encode))
            return self.ask(
                EventQuestion(
                    event=node.event, low=low, high=high, window=node.window, filters=filters
                )
            )

        return _by_count(node.test, ask)

    def orders(self, node: tree.OrdersCondition) -> Formula:
        def ask(measure: tree.Measure, *, fails: bool = False) -> Formula:
            return self.ask(
                OrdersQuestion(
                    measure=measure,
                    fails=fails,
                    statuses=tuple(sorted(set(node.statuses))),
                    window=node.window,
                    products=tuple(sorted(set(node.products))),
                    categories=tuple(sorted(set(node.categories))),
                )
            )

        def ask_count(low: int, high: int | None) -> Formula:
            if high is None:
                return ask(tree.OrderCount(test=tree.CountAtLeast(n=low)))
            return ask(tree.OrderCount(test=tree.CountBetween(low=low, high=high)))

        match node.measure:
            case tree.OrderCount(test=count):
                return _by_count(count, ask_count)
            case tree.OrderSum(test=amount):
                # Who has no orders spent 0, so when 0 passes the question is who does not pass.
                if amount_passes(amount, Decimal(0), count=1):
                    return Not(of=ask(node.measure, fails=True))
                return ask(node.measure)
            case _:
                return ask(node.measure)

    def consent(self, node: tree.ConsentCondition) -> Formula:
        states = ("granted", "withdrawn") if node.state == "none" else (node.state,)
        asked = self.ask(ConsentQuestion(channel=node.channel, topic=node.topic, states=states))
        return Not(of=asked) if node.state == "none" else asked


def _by_count(test: tree.CountTest, ask: Callable[[int, int | None], Formula]) -> Formula:
    """Ask for a count; a range with 0 in it is the complement of a count above the range."""
    low, high = _range(test)
    if low > 0:
        return ask(low, high)
    if high is None:
        return ALL
    return Not(of=ask(high + 1, None))


def _range(test: tree.CountTest) -> tuple[int, int | None]:
    match test:
        case tree.CountAtLeast(n=n):
            return n, None
        case tree.CountAtMost(n=n):
            return 0, n
        case tree.CountExactly(n=n):
            return n, n
        case tree.CountBetween(low=low, high=high):
            return low, high


def positive(test: tree.Test) -> tuple[tree.Test, bool]:
    """Return a test that only a present value can pass, and whether its opposite was meant.

    Tests that mean the same get the same form: equality becomes membership in a sorted list.
    """
    match test:
        case tree.Eq(value=value):
            return tree.In(values=(value,)), False
        case tree.Neq(value=value):
            return tree.In(values=(value,)), True
        case tree.In(values=values):
            return tree.In(values=_sorted(values)), False
        case tree.NotIn(values=values):
            return tree.In(values=_sorted(values)), True
        case tree.HasAny(values=texts):
            return tree.HasAny(values=tuple(sorted(set(texts)))), False
        case tree.HasNone(values=texts):
            return tree.HasAny(values=tuple(sorted(set(texts)))), True
        case tree.IsNotSet():
            return tree.IsSet(), True
        case tree.IsTrue():
            return tree.In(values=(True,)), False
        case tree.IsFalse():
            return tree.In(values=(False,)), False
        case _:
            return test, False


def _sorted(values: tuple[tree.Scalar, ...]) -> tuple[tree.Scalar, ...]:
    # Python takes 1, 1.0 and True for one value; the type is part of what is compared here.
    unique = {(type(value).__name__, str(value)): value for value in values}
    return tuple(unique[key] for key in sorted(unique))
