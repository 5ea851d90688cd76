"""`x == blank`, where nothing at all is blank too, as the language's own documentation has it; the
library takes only empty texts and lists for blank."""

from __future__ import annotations

from liquid import RenderContext
from liquid.builtin.expressions import BooleanExpression
from liquid.builtin.expressions.logical import (
    EqExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import Blank
from liquid.expression import Expression
from liquid.undefined import is_undefined


class _IsBlank(EqExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return _is_blank(self.left.evaluate(context))


class _IsNotBlank(NeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return not _is_blank(self.left.evaluate(context))


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or is_undefined(value) or value in ([], {})


def knowing_blank(expression: Expression) -> Expression:
    """Return a condition in which `blank` is also what a person does not have."""
    match expression:
        case BooleanExpression():
            expression.expression = knowing_blank(expression.expression)
        case LogicalAndExpression() | LogicalOrExpression():
            expression.left = knowing_blank(expression.left)
            expression.right = knowing_blank(expression.right)
        case EqExpression() | NeExpression():
            left, right = expression.left, expression.right
            if isinstance(left, Blank):
                left, right = right, left
            if isinstance(right, Blank):
                kind = _IsBlank if isinstance(expression, EqExpression) else _IsNotBlank
                return kind(expression.token, left, right)
        case _:
            pass
    return expression
