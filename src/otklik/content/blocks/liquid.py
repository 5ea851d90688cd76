"""Liquid that the renderer writes for conditions, lists and dates: from checked parts only."""

from __future__ import annotations

import re
from datetime import datetime

from otklik.content.blocks.model import Condition, ConditionTest
from otklik.content.engine.own_nodes import SAFE_IF_END, SAFE_IF_TAG

# A name as traits have it, without what would end it in Liquid, in markup or in a quoted key.
_STEP = r"""[^\W][^\x00-\x1f.\[\](){}<>"'|%,:;=!?\\]*"""
_PATH = re.compile(rf"{_STEP}(?:\.{_STEP}){{0,9}}")
_WORD = re.compile(r"[^\W\d][\w-]*")
_UNQUOTABLE = re.compile(r"""[\x00-\x1f\x7f{}%\\]""")
ITEM = "item"


def is_path(text: str) -> bool:
    """Tell whether `text` is a dotted name that may be asked for."""
    return _PATH.fullmatch(text) is not None and not text.endswith(" ")


def as_liquid(path: str) -> str:
    """Return a dotted path as Liquid takes it: parts that are no words stand in brackets."""
    assert is_path(path), path
    first, *rest = path.split(".")
    return first + "".join(f".{step}" if _WORD.fullmatch(step) else f'["{step}"]' for step in rest)


def quotable(text: str) -> bool:
    """Tell whether `text` can be written as a text of Liquid, which knows no escapes."""
    return not _UNQUOTABLE.search(text) and not ('"' in text and "'" in text)


def quoted(text: str) -> str:
    assert quotable(text), text
    return f"'{text}'" if '"' in text else f'"{text}"'


def value_fits(test: ConditionTest) -> bool:
    """Tell whether a test has a value of a kind that its comparison takes."""
    if test.op in ("set", "not_set"):
        return True
    if test.op == "contains":
        return isinstance(test.value, str) and bool(test.value) and quotable(test.value)
    if isinstance(test.value, str):
        return quotable(test.value) and (bool(test.value) or test.op in ("eq", "ne"))
    if isinstance(test.value, bool):
        return test.op in ("eq", "ne")
    return test.value is not None and abs(test.value) < 10**15


def opening(condition: Condition) -> str:
    """Return the tag that opens a condition; `CLOSING` ends it."""
    word = " and " if condition.match == "all" else " or "
    return f"{{% {SAFE_IF_TAG} {word.join(map(_comparison, condition.test))} %}}"


CLOSING = f"{{% {SAFE_IF_END} %}}"


def loop(over: str, limit: int, offset: int = 0) -> str:
    """Return the tag that opens a loop over a list of the reader's."""
    start = f" offset: {offset}" if offset else ""
    return f"{{% for {ITEM} in {as_liquid(over)} limit: {limit}{start} %}}"


LOOP_END = "{% endfor %}"
_SIGNS = {"eq": "==", "ne": "!=", "contains": "contains", "gt": ">", "lt": "<"}


def _comparison(test: ConditionTest) -> str:
    name = as_liquid(test.path)
    match test.op:
        case "set":
            return f"{name} != blank"
        case "not_set":
            return f"{name} == blank"
        case op:
            return f"{name} {_SIGNS[op]} {_literal(test.value)}"


def _literal(value: str | int | float | bool | None) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case str():
            return quoted(value)
        case None:
            return "nil"


def time_left(until: str, units: str, done_text: str) -> str:
    """Return the output that says how long it is until a moment or the date of a path."""
    what = f'"{until}"' if is_moment(until) else as_liquid(until)
    done = quoted(done_text) if quotable(done_text) else '""'
    return f'{{{{ {what} | time_left: "{units}", {done} }}}}'


def is_moment(text: str) -> bool:
    """Tell whether `text` is a moment of ISO 8601 with its zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
