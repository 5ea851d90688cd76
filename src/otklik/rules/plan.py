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
from otklik.rules.desugar import desugared, domains_of, said_at
from otklik.rules.negation import positive
from otklik.rules.passing import amount_passes

__all__ = ["positive"]

Table = Literal[
    "profiles", "profile_traits", "events", "orders", "consents", "message_facts", "segments"
]
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
    times: tree.WeekTimes | None = None


class EventMeasureQuestion(msgspec.Struct, frozen=True, tag="event_measure"):
    """Profiles with at least one such event whose measure passes (fails, when `fails`)."""

    event: str
    measure: tree.EventMeasure
    fails: bool
    window: tree.Window
    filters: tuple[tree.PropertyFilter, ...]
    times: tree.WeekTimes | None


class SequenceQuestion(msgspec.Struct, frozen=True, tag="sequence"):
    steps: tuple[tree.Step, ...]
    within: tree.Period | None
    window: tree.Window


class UnfollowedQuestion(msgspec.Struct, frozen=True, tag="not_followed"):
    did: tree.Step
    next: tree.Step
    within: tree.Period | None
    window: tree.Window


class OrdersQuestion(msgspec.Struct, frozen=True, tag="orders"):
    """Profiles with at least one order whose measure passes (fails, when `fails`)."""

    measure: tree.Measure
    fails: bool
    statuses: tuple[str, ...]
    window: tree.Window
    products: tuple[str, ...]
    categories: tuple[str, ...]
    vendors: tuple[str, ...] = ()
    price: tree.AmountTest | None = None
    fields: tuple[tree.FieldTest, ...] = ()


class MessageQuestion(msgspec.Struct, frozen=True, tag="message"):
    """Profiles with `low` to `high` messages that had the fact; low is at least 1."""

    fact: str
    by: str
    channel: str
    sources: tuple[UUID, ...]
    link: str
    low: int
    high: int | None
    window: tree.Window


class VisitQuestion(msgspec.Struct, frozen=True, tag="visit"):
    """Profiles with a visit whose field passes a positive test."""

    field: tree.VisitField
    touch: str
    test: tree.Test
    window: tree.Window


class ConsentQuestion(msgspec.Struct, frozen=True, tag="consent"):
    channel: str
    topic: str
    states: tuple[str, ...]
    purpose: str = ""


class IdentifierQuestion(msgspec.Struct, frozen=True, tag="identifier"):
    identifier: str


class EmailDomainQuestion(msgspec.Struct, frozen=True, tag="email_domain"):
    """Profiles that have an address at one of the domains."""

    domains: tuple[str, ...]


class SeenQuestion(msgspec.Struct, frozen=True, tag="seen"):
    which: str
    test: tree.DateTest


class SegmentQuestion(msgspec.Struct, frozen=True, tag="segment"):
    segment_id: UUID


Question = (
    TraitQuestion
    | EventQuestion
    | EventMeasureQuestion
    | SequenceQuestion
    | UnfollowedQuestion
    | OrdersQuestion
    | MessageQuestion
    | VisitQuestion
    | ConsentQuestion
    | IdentifierQuestion
    | EmailDomainQuestion
    | SeenQuestion
    | SegmentQuestion
)
JUDGED = ("opened", "clicked")
"""Facts of messages that have a verdict: whether a person or a machine did it."""
_canonical = msgspec.json.Encoder(order="deterministic")


def key_of(question: Question) -> str:
    """Return a short text that is equal for equal questions and different for others."""
    return hashlib.blake2b(_canonical.encode(question), digest_size=16).hexdigest()


def table_of(question: Question) -> Table:
    match question:
        case TraitQuestion():
            return "profile_traits"
        case (
            EventQuestion()
            | EventMeasureQuestion()
            | SequenceQuestion()
            | UnfollowedQuestion()
            | VisitQuestion()
        ):
            return "events"
        case MessageQuestion():
            return "message_facts"
        case OrdersQuestion():
            return "orders"
        case ConsentQuestion():
            return "consents"
        case IdentifierQuestion() | EmailDomainQuestion() | SeenQuestion():
            return "profiles"
        case SegmentQuestion():
            return "segments"
        case never:
            assert_never(never)


def events_asked(question: Question) -> frozenset[str] | None:
    """Return the names of the events that the answer depends on; None: of all of them."""
    match question:
        case EventQuestion(event=event) | EventMeasureQuestion(event=event):
            return frozenset((event,))
        case SequenceQuestion(steps=steps):
            return frozenset(step.event for step in steps)
        case UnfollowedQuestion(did=did, next=then):
            return frozenset((did.event, then.event))
        case VisitQuestion():
            return None
        case _:
            return frozenset()


_MOVING = (
    tree.InLast,
    tree.MoreThanAgo,
    tree.InNext,
    tree.AgoBetween,
    tree.InPeriod,
    tree.AnniversaryInNext,
    tree.Last,
    tree.WindowAgo,
    tree.WindowPeriod,
)


def is_timed(question: Question) -> bool:
    """Return whether the answer changes as time goes by, without any new fact."""
    if isinstance(question, UnfollowedQuestion) and question.within is not None:
        return True
    return _moves(question)


def _moves(part: object) -> bool:
    """Return whether a moving window or test is anywhere in a question."""
    if isinstance(part, _MOVING):
        return True
    if isinstance(part, msgspec.Struct):
        return any(_moves(getattr(part, name)) for name in part.__struct_fields__)
    return isinstance(part, tuple) and any(_moves(one) for one in part)


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
            case tree.EventMeasureCondition():
                return self.event_measure(node)
            case tree.SequenceCondition(steps=steps, within=within, window=window):
                ready = tuple(_step(step.event, step.filters) for step in steps)
                return self.ask(SequenceQuestion(steps=ready, within=within, window=window))
            case tree.UnfollowedCondition(next=then):
                return self.ask(
                    UnfollowedQuestion(
                        did=_step(node.event, node.filters),
                        next=_step(then.event, then.filters),
                        within=node.within,
                        window=node.window,
                    )
                )
            case tree.OrdersCondition():
                return self.orders(node)
            case tree.MessageCondition():
                return self.message(node)
            case tree.VisitCondition(field=field, touch=touch, window=window):
                test, opposite = positive(node.test)
                asked = self.ask(VisitQuestion(field=field, touch=touch, test=test, window=window))
                return Not(of=asked) if opposite else asked
            case tree.ProductCondition():
                return self.formula(desugared(node))
            case tree.EmailDomainCondition():
                known = self.ask(EmailDomainQuestion(domains=domains_of(node)))
                return Or(of=(known, *map(self.trait, said_at(node))))
            case tree.ConsentCondition():
                return self.consent(node)
            case tree.IdentifierCondition(identifier=identifier, present=present):
                asked = self.ask(IdentifierQuestion(identifier=identifier))
                return asked if present else Not(of=asked)
            case tree.SeenCondition(which=which, test=date):
                return self.ask(SeenQuestion(which=which, test=date))
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
            return self.ask(
                EventQuestion(
                    event=node.event,
                    low=low,
                    high=high,
                    window=node.window,
                    filters=_sorted_filters(node.filters),
                    times=node.times,
                )
            )

        return _by_count(node.test, ask)

    def event_measure(self, node: tree.EventMeasureCondition) -> Formula:
        def ask(measure: tree.EventMeasure, *, fails: bool = False) -> Formula:
            return self.ask(
                EventMeasureQuestion(
                    event=node.event,
                    measure=measure,
                    fails=fails,
                    window=node.window,
                    filters=_sorted_filters(node.filters),
                    times=node.times,
                )
            )

        match node.measure:
            case tree.EventDays(test=count) | tree.EventValues(test=count):
                measure = node.measure

                def ask_count(low: int, high: int | None) -> Formula:
                    return ask(msgspec.structs.replace(measure, test=_count(low, high)))

                return _by_count(count, ask_count)
            case tree.EventSum(test=amount):
                # Who has no such events has the sum 0.
                if amount_passes(amount, Decimal(0), count=1):
                    return Not(of=ask(node.measure, fails=True))
                return ask(node.measure)
            case _:
                return ask(node.measure)

    def message(self, node: tree.MessageCondition) -> Formula:
        def ask(low: int, high: int | None) -> Formula:
            return self.ask(
                MessageQuestion(
                    fact=node.fact,
                    by=node.by if node.fact in JUDGED else "anybody",
                    channel=node.channel,
                    sources=tuple(sorted(set(node.sources))),
                    link=node.link,
                    low=low,
                    high=high,
                    window=node.window,
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
                    vendors=tuple(sorted(set(node.vendors))),
                    price=node.price,
                    fields=tuple(sorted(node.fields, key=_canonical.encode)),
                )
            )

        def ask_count(low: int, high: int | None) -> Formula:
            return ask(tree.OrderCount(test=_count(low, high)))

        match node.measure:
            case tree.OrderCount(test=count):
                return _by_count(count, ask_count)
            case (
                tree.OrderSum(test=amount)
                | tree.OrderUnits(test=amount)
                | tree.OrderLinesSum(test=amount)
            ):
                # Who has no orders spent 0, so when 0 passes the question is who does not pass.
                if amount_passes(amount, Decimal(0), count=1):
                    return Not(of=ask(node.measure, fails=True))
                return ask(node.measure)
            case _:
                return ask(node.measure)

    def consent(self, node: tree.ConsentCondition) -> Formula:
        states = ("granted", "withdrawn") if node.state == "none" else (node.state,)
        asked = self.ask(
            ConsentQuestion(
                channel=node.channel, topic=node.topic, states=states, purpose=node.purpose
            )
        )
        return Not(of=asked) if node.state == "none" else asked


def _step(event: str, filters: tuple[tree.PropertyFilter, ...]) -> tree.Step:
    return tree.Step(event=event, filters=_sorted_filters(filters))


def _sorted_filters(
    filters: tuple[tree.PropertyFilter, ...],
) -> tuple[tree.PropertyFilter, ...]:
    return tuple(sorted(filters, key=_canonical.encode))


def _count(low: int, high: int | None) -> tree.CountTest:
    if high is None:
        return tree.CountAtLeast(n=low)
    return tree.CountBetween(low=low, high=high)


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
