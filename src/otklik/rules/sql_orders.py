"""Questions about orders as ClickHouse SQL."""

from __future__ import annotations

from collections.abc import Mapping

from otklik.rules import plan as p
from otklik.rules import tree
from otklik.rules.columns import FieldColumns
from otklik.rules.moments import interval_of_test
from otklik.rules.negation import positive
from otklik.rules.sql_facts import WORKSPACE, FactSql

_LINE = "(id, category, vendor, price, quantity, texts, numbers)"
_LINES = "product_ids, " + ", ".join(
    f"arrayResize({column}, length(product_ids))"
    for column in (
        "categories",
        "vendors",
        "prices",
        "quantities",
        "line_fields_text",
        "line_fields_num",
    )
)


class OrderSql(FactSql):
    def members(self, question: p.OrdersQuestion) -> str:
        where = [WORKSPACE, *self._which(question)]
        having = self._measure(question, "")
        return self.grouped(f"FROM orders FINAL WHERE {' AND '.join(where)}", having)

    def together(self, questions: Mapping[int, p.OrdersQuestion]) -> str:
        """Return a query of one row with the members of several questions in one reading."""
        wanted = {
            index: f"({' AND '.join(self._which(question))})"
            for index, question in questions.items()
        }
        answers = [
            f"countIf({wanted[index]}) > 0 AND {self._measure(question, wanted[index])} AS a{index}"
            for index, question in questions.items()
        ]
        states = [f"groupBitmapStateIf(person, a{index}) AS q{index}" for index in questions]
        return (
            f"SELECT {', '.join(states)} FROM (SELECT {self._person} AS person,"
            f" {', '.join(answers)} FROM orders FINAL"
            f" WHERE {WORKSPACE} AND ({' OR '.join(wanted.values())})"
            " GROUP BY person)"
        )

    def _which(self, question: p.OrdersQuestion) -> list[str]:
        where = [f"status IN {self._binder.texts(question.statuses)}"]
        where += self.window("placed_at", question.window)
        for item in question.fields:
            if item.level == "order":
                where.append(self._field(item, "fields_text", "fields_num"))
        by_lines = [item for item in question.fields if item.level == "line"]
        lists = [(column, values) for column, _, values in self._lists(question) if values]
        if len(lists) == 1 and not (question.price or by_lines):
            # One list alone needs no look at lines as a whole.
            ((column, values),) = lists
            where.append(f"hasAny({column}, {self._binder.texts(values)})")
        elif tests := self._line_tests(question):
            where.append(f"arrayExists({_LINE} -> {' AND '.join(tests)}, {_LINES})")
        return where

    @staticmethod
    def _lists(question: p.OrdersQuestion) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Return (column, its name in a line, wanted values) of each list that lines may be of."""
        return (
            ("product_ids", "id", question.products),
            ("categories", "category", question.categories),
            ("vendors", "vendor", question.vendors),
        )

    def _field(self, item: tree.FieldTest, texts: str, numbers: str) -> str:
        test, opposite = positive(item.test)
        columns = FieldColumns(item.name, texts, numbers, self._binder, self._frame)
        return f"NOT {columns.test(test)}" if opposite else columns.test(test)

    def _line_tests(self, question: p.OrdersQuestion) -> list[str]:
        tests = [
            f"{name} IN {self._binder.texts(values)}"
            for _, name, values in self._lists(question)
            if values
        ]
        match question.price:
            case tree.AmountAtLeast(amount=amount):
                tests.append(f"price >= {self._binder.number(amount)}")
            case tree.AmountAtMost(amount=amount):
                tests.append(f"price <= {self._binder.number(amount)}")
            case tree.AmountBetween(low=low, high=high):
                tests.append(
                    f"price >= {self._binder.number(low)} AND price <= {self._binder.number(high)}"
                )
        tests += [
            self._field(item, "texts", "numbers")
            for item in question.fields
            if item.level == "line"
        ]
        return tests

    def _measure(self, question: p.OrdersQuestion, only: str) -> str:
        """Return the condition over the orders of a person, over those `only` when it is given."""
        passes = self._passes(question, only)
        return f"NOT ({passes})" if question.fails else passes

    def _passes(self, question: p.OrdersQuestion, only: str) -> str:
        def over(function: str, value: str) -> str:
            return f"{function}If({value}, {only})" if only else f"{function}({value})"

        count = f"countIf({only})" if only else "count()"
        match question.measure:
            case tree.OrderCount(test=test):
                return self.counted(count, test)
            case tree.OrderSum(test=amount):
                return self._amount(over("sum", "total"), amount, "")
            case tree.OrderAverage(test=amount):
                # Without dividing: a quotient would have to be rounded.
                return self._amount(over("sum", "total"), amount, f" * {count}")
            case tree.OrderLargest(test=amount):
                return self._amount(over("max", "total"), amount, "")
            case tree.OrderUnits(test=amount):
                return self.compared(over("sum", self._of_lines(question, "quantity")), amount)
            case tree.OrderLinesSum(test=amount):
                value = self._of_lines(question, "price * quantity")
                return self.compared(over("sum", value), amount)
            case tree.FirstOrder(test=date):
                return self.between(over("min", "placed_at"), interval_of_test(date, self._frame))
            case tree.LastOrder(test=date):
                return self.between(over("max", "placed_at"), interval_of_test(date, self._frame))

    def _of_lines(self, question: p.OrdersQuestion, value: str) -> str:
        """Return what the lines that are asked for have together, in whole millionths."""
        tests = self._line_tests(question)
        one = f"toInt128(round(({value}) * 1000000))"
        if tests:
            one = f"if({' AND '.join(tests)}, {one}, toInt128(0))"
        return f"arraySum(arrayMap({_LINE} -> {one}, {_LINES}))"

    def _amount(self, value: str, test: tree.AmountTest, times: str) -> str:
        match test:
            case tree.AmountAtLeast(amount=amount):
                return f"{value} >= {self._binder.amount(amount)}{times}"
            case tree.AmountAtMost(amount=amount):
                return f"{value} <= {self._binder.amount(amount)}{times}"
            case tree.AmountBetween(low=low, high=high):
                return (
                    f"{value} >= {self._binder.amount(low)}{times}"
                    f" AND {value} <= {self._binder.amount(high)}{times}"
                )
