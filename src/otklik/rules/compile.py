"""From a plan to ClickHouse: one bitmap of profile ids per question, joined by bitmap algebra.

All questions run in one query, each as a branch of a UNION ALL, so the engine works on them at
the same time; measured against scalar subqueries and against nested `IN` it was the fastest form
(docs/reference/segments.md). Several questions about orders share one reading of them. Values are
bound; names of tables and columns are written here and nowhere else; the only names that come from
outside are property paths, which `otklik.kit.clickhouse_sql` quotes.

Facts keep the profile ids of their time. Where it does not matter how often a person did
something, the ids are collected as they stand and the finished bitmap is brought to the ids of
today: a look at every id that was merged away instead of one at every row. Where rows are counted
per person, each row is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import msgspec

from otklik.rules import plan as p
from otklik.rules.columns import Binder, TraitColumns, filters_sql
from otklik.rules.moments import Frame, interval_of_test
from otklik.rules.sql_events import EventSql
from otklik.rules.sql_facts import FactSql
from otklik.rules.sql_orders import OrderSql

__all__ = ["Binder", "Compiled", "Compiler", "filters_sql"]

MERGED = (
    "SELECT groupBitmapState(from_id) AS members FROM profile_merges FINAL"
    " WHERE workspace_id = {workspace:UInt32} AND undone = 0"
)
UNIVERSE = (
    "SELECT groupBitmapState(profile_id) AS members FROM profiles FINAL"
    " WHERE workspace_id = {workspace:UInt32} AND is_deleted = 0"
)
_WORKSPACE = "toUInt32({workspace:UInt32}) AS workspace_id"
_IDENTIFIER_COLUMNS = {
    "email": "has_email",
    "phone": "has_phone",
    "user_id": "has_user_id",
    "known": "known",
}
_VERDICTS = {"person": "'person'", "machine": "'machine', 'scanner'"}
_CONSENT_STATES = {"granted": "'granted'", "withdrawn": "'withdrawn'"}


class Compiled(msgspec.Struct, frozen=True):
    """A query with its bound values."""

    sql: str
    parameters: dict[str, Any]


class Compiler:
    """Compiles one plan for one workspace at one moment.

    `current_profile`: the expression that gives the profile of today for a row of facts.
    `stored`: for questions that were answered before, by key, a query that gives their `members`.
    """

    def __init__(
        self,
        plan: p.Plan,
        frame: Frame,
        *,
        workspace_id: int,
        current_profile: str,
        stored: Mapping[str, str] | None = None,
    ) -> None:
        self._plan = plan
        self._frame = frame
        self._stored = stored or {}
        self.binder = Binder(workspace_id)
        self._current = current_profile
        # Few profiles were ever merged away, and a look into a bitmap costs a fifth of a look
        # into the dictionary.
        person = f"if(bitmapContains(({MERGED}), profile_id), {current_profile}, profile_id)"
        self._facts = FactSql(self.binder, frame, person)
        self._events = EventSql(self.binder, frame, person)
        self._orders = OrderSql(self.binder, frame, person)

    def sizes(self) -> Compiled:
        """Return a query of one row: the size of each formula's set, then that of the universe."""
        columns = [self._size(formula) for formula in self._plan.formulas]
        columns.append("bitmapCardinality(universe)")
        return self._over(f"SELECT {', '.join(columns)}")

    def arrays(self) -> Compiled:
        """Return a query of one row with an ascending array for each formula; for small sets."""
        arrays = [f"bitmapToArray({self._set(formula)})" for formula in self._plan.formulas]
        return self._over(f"SELECT {', '.join(arrays)}")

    def members(
        self, number: int = 0, *, after: int | None = None, limit: int | None = None
    ) -> Compiled:
        """Return a query of one column `profile_id`: a formula's members, ascending.

        `after`: only greater ids. `limit`: at most so many.
        """
        bitmap = self._set(self._plan.formulas[number])
        if after is not None or limit is not None:
            start = self.binder.bind((after if after is not None else -1) + 1, "UInt64")
            count = self.binder.bind(limit if limit is not None else 2**63, "UInt64")
            bitmap = f"bitmapSubsetLimit({bitmap}, {start}, {count})"
        return self._over(f"SELECT arrayJoin(bitmapToArray({bitmap})) AS profile_id")

    def newest(
        self,
        number: int = 0,
        *,
        before: int | None = None,
        limit: int | None = None,
        gone_too: bool = False,
    ) -> Compiled:
        """Return the same for the `limit` greatest ids that are less than `before`.

        `gone_too`: a formula that asks only who did or is something is taken as it stands, people
        who are gone among them; gathering all present people is what it would cost otherwise.
        """
        bitmap, universe = self._members_of(self._plan.formulas[number], gone_too)
        if before is not None:
            bound = self.binder.bind(max(before, 0), "UInt64")
            bitmap = f"bitmapSubsetInRange({bitmap}, toUInt64(0), {bound})"
        sql = self._over(
            f"SELECT {bitmap} AS below, bitmapCardinality(below) AS size", universe=universe
        ).sql
        page = "below"
        if limit is not None:
            count = self.binder.bind(limit, "UInt64")
            start = f"toUInt64(if(size > {count}, size - {count}, 0))"
            page = f"subBitmap(below, {start}, {count})"
        sql = f"SELECT arrayJoin(bitmapToArray({page})) AS profile_id FROM ({sql})"
        return Compiled(sql=sql, parameters=self.binder.parameters)

    def bitmap(self, number: int = 0, *, gone_too: bool = False) -> Compiled:
        """Return a query of one row: `members` (a bitmap state) and `size` of a formula's set.

        `gone_too`: as for `newest`.
        """
        bitmap, universe = self._members_of(self._plan.formulas[number], gone_too)
        return self._over(
            f"SELECT {bitmap} AS members, bitmapCardinality(members) AS size", universe=universe
        )

    def bitmaps(self) -> Compiled:
        """Return a query of one row per formula: its `number` (from 0) and its set's `members`."""
        rows = [
            f"(toUInt32({number}), {self._set(formula)})"
            for number, formula in enumerate(self._plan.formulas)
        ]
        query = self._over(f"SELECT arrayJoin([{', '.join(rows)}]) AS one")
        return Compiled(
            sql=f"SELECT one.1 AS number, one.2 AS members FROM ({query.sql})",
            parameters=query.parameters,
        )

    def question(self, number: int) -> Compiled:
        """Return a query of one row and one column `members` for one question."""
        question = self._plan.questions[number]
        sql = self._members(question)
        if self._is_dated(question):
            sql = (
                f"SELECT {self._of_today('dated')} AS members FROM"
                f" (SELECT {_WORKSPACE}, members AS dated, ({MERGED}) AS merged FROM ({sql}))"
            )
        return Compiled(sql=sql, parameters=self.binder.parameters)

    def _over(self, select: str, *, universe: bool = True) -> Compiled:
        together = self._questions_of_orders()
        answers = {"universe": UNIVERSE} if universe else {}
        today = []
        for index, question in enumerate(self._plan.questions):
            if index in together:
                continue
            if self._is_dated(question):
                answers["merged"] = MERGED
                answers[f"d{index}"] = self._members(question)
                today.append(f"{self._of_today(f'd{index}')} AS q{index}")
            else:
                answers[f"q{index}"] = self._members(question)
        union = "\nUNION ALL ".join(
            f"SELECT {number} AS number, {sql.removeprefix('SELECT ')}"
            for number, sql in enumerate(answers.values())
        )
        states = [
            f"groupBitmapMergeStateIf(members, number = {number}) AS {name}"
            for number, name in enumerate(answers)
        ]
        columns = ", ".join([_WORKSPACE, *states, *today])
        source = f"(SELECT {columns}\nFROM (\n{union}\n)) AS one_by_one"
        if together:
            source += f"\nCROSS JOIN ({self._orders.together(together)}) AS of_orders"
        return Compiled(sql=f"{select}\nFROM {source}", parameters=self.binder.parameters)

    def _questions_of_orders(self) -> dict[int, p.OrdersQuestion]:
        """Return the questions about orders when there are several, by number.

        Reading the current state of all orders is what such a question costs, so they share it.
        """
        found = {
            index: question
            for index, question in enumerate(self._plan.questions)
            if isinstance(question, p.OrdersQuestion) and p.key_of(question) not in self._stored
        }
        return found if len(found) > 1 else {}

    def _size(self, formula: p.Formula) -> str:
        bitmap, negated = self._formula(formula)
        function = "bitmapAndnotCardinality" if negated else "bitmapAndCardinality"
        return f"{function}(universe, {bitmap})"

    def _set(self, formula: p.Formula) -> str:
        bitmap, negated = self._formula(formula)
        return f"{'bitmapAndnot' if negated else 'bitmapAnd'}(universe, {bitmap})"

    def _members_of(self, formula: p.Formula, gone_too: bool) -> tuple[str, bool]:
        """Return a formula's bitmap, and whether the set of all people is needed for it."""
        bitmap, negated = self._formula(formula)
        if gone_too and not negated and "universe" not in bitmap:
            return bitmap, False
        return self._set(formula), True

    def _formula(self, formula: p.Formula) -> tuple[str, bool]:
        """Return a bitmap, and whether the formula means its complement.

        Complements are carried outwards as long as they can be, so the universe is used once.
        """
        match formula:
            case p.Ask(number=number):
                return f"q{number}", False
            case p.Universe():
                return "universe", False
            case p.Not(of=of):
                bitmap, negated = self._formula(of)
                return bitmap, not negated
            case p.And(of=parts):
                return self._and([self._formula(part) for part in parts])
            case p.Or(of=parts):
                opposites = [self._formula(part) for part in parts]
                bitmap, negated = self._and([(b, not n) for b, n in opposites])
                return bitmap, not negated
            case never:
                assert_never(never)

    @staticmethod
    def _and(parts: list[tuple[str, bool]]) -> tuple[str, bool]:
        plain = [bitmap for bitmap, negated in parts if not negated]
        complements = [bitmap for bitmap, negated in parts if negated]
        if not plain:
            return _fold("bitmapOr", complements), True
        result = _fold("bitmapAnd", plain)
        for bitmap in complements:
            result = f"bitmapAndnot({result}, {bitmap})"
        return result, False

    def _members(self, question: p.Question) -> str:
        stored = self._stored.get(p.key_of(question))
        if stored is not None:
            return stored
        match question:
            case p.TraitQuestion():
                return self._trait(question)
            case p.EventQuestion():
                return self._events.count(question)
            case p.EventMeasureQuestion():
                return self._events.measure(question)
            case p.SequenceQuestion():
                return self._events.sequence(question)
            case p.UnfollowedQuestion():
                return self._events.unfollowed(question)
            case p.VisitQuestion():
                return self._events.visit(question)
            case p.OrdersQuestion():
                return self._orders.members(question)
            case p.MessageQuestion():
                return self._message(question)
            case p.ConsentQuestion():
                return self._consent(question)
            case p.IdentifierQuestion(identifier=identifier):
                return f"{UNIVERSE} AND {_IDENTIFIER_COLUMNS[identifier]} = 1"
            case p.EmailDomainQuestion(domains=domains):
                return f"{UNIVERSE} AND hasAny(email_domains, {self.binder.texts(domains)})"
            case p.SeenQuestion(which=which, test=date):
                column = {"first": "first_seen", "last": "last_seen"}[which]
                inside = self._facts.between(column, interval_of_test(date, self._frame))
                return f"{UNIVERSE} AND {inside}"
            case p.SegmentQuestion():
                return self._segment(question)
            case never:
                assert_never(never)

    def _is_dated(self, question: p.Question) -> bool:
        """Return whether the members come under the ids of their time."""
        if p.key_of(question) in self._stored:
            return False
        match question:
            case p.EventQuestion(low=low, high=high) | p.MessageQuestion(low=low, high=high):
                return low == 1 and high is None
            case p.VisitQuestion(touch=touch):
                return touch == "any"
            case p.SegmentQuestion():
                return True
            case _:
                return False

    def _of_today(self, dated: str) -> str:
        """Return a bitmap under the ids of today, beside the columns `merged` and _WORKSPACE."""
        gone = f"bitmapToArray(bitmapAnd({dated}, merged))"
        into = f"bitmapBuild(arrayMap(profile_id -> {self._current}, {gone}))"
        return f"bitmapOr(bitmapAndnot({dated}, merged), {into})"

    def _trait(self, question: p.TraitQuestion) -> str:
        trait = self.binder.text(question.trait)
        test = TraitColumns(self.binder, self._frame).test(question.test)
        return (
            "SELECT groupBitmapState(profile_id) AS members FROM profile_traits FINAL"
            f" WHERE workspace_id = {{workspace:UInt32}} AND trait = {trait} AND {test}"
        )

    def _message(self, question: p.MessageQuestion) -> str:
        where = ["workspace_id = {workspace:UInt32}", f"fact = {self.binder.text(question.fact)}"]
        if question.sources:
            sources = self.binder.bind([str(one) for one in question.sources], "Array(UUID)")
            where.append(f"source_id IN {sources}")
        if question.channel:
            where.append(f"channel = {self.binder.text(question.channel)}")
        if question.link:
            where.append(f"position(url, {self.binder.text(question.link)}) > 0")
        if question.by != "anybody":
            where.append(f"verdict IN ({_VERDICTS[question.by]})")
        where += self._facts.window("at", question.window)
        source = f"FROM message_facts WHERE {' AND '.join(where)}"
        if question.low == 1 and question.high is None:
            return f"SELECT groupBitmapState(profile_id) AS members {source}"
        # Whoever opened one letter five times opened one letter.
        having = f"uniqExact(message_id) >= {self.binder.whole(question.low)}"
        if question.high is not None:
            having += f" AND uniqExact(message_id) <= {self.binder.whole(question.high)}"
        return self._facts.grouped(source, having)

    def _consent(self, question: p.ConsentQuestion) -> str:
        states = ", ".join(_CONSENT_STATES[state] for state in question.states)
        return (
            "SELECT groupBitmapState(profile_id) AS members FROM consents FINAL"
            " WHERE workspace_id = {workspace:UInt32}"
            f" AND channel = {self.binder.text(question.channel)}"
            f" AND topic = {self.binder.text(question.topic)}"
            f" AND purpose = {self.binder.text(question.purpose)} AND state IN ({states})"
        )

    def _segment(self, question: p.SegmentQuestion) -> str:
        segment = self.binder.bind(str(question.segment_id), "UUID")
        mine = f"workspace_id = {{workspace:UInt32}} AND segment_id = {segment}"
        return (
            "SELECT groupBitmapMergeState(members) AS members FROM segment_memberships"
            f" WHERE {mine} AND computed_at ="
            f" (SELECT max(computed_at) FROM segment_memberships WHERE {mine})"
        )


def _fold(function: str, bitmaps: list[str]) -> str:
    result = bitmaps[0]
    for bitmap in bitmaps[1:]:
        result = f"{function}({result}, {bitmap})"
    return result
