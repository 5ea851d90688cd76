"""What a call becomes: a person, his traits, an event, an order, consents. Pure.

The same call and mapping give the same events with the same message ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.ingestion.hooks.bodies import at, read_body, read_query
from otklik.ingestion.hooks.maker import FieldProblem, Maker, encode, text_of
from otklik.ingestion.hooks.model import (
    EACH_MAX,
    HookCondition,
    HookMapping,
    HookService,
    MadeConsent,
    Reason,
    StoredCall,
)

_QUESTIONS = ("q", "question", "title", "name")
_ANSWERS = ("a", "answer", "value")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a call becomes. `reason` says why there are no events, when there are none."""

    events: list[dict[str, Any]] = []
    consents: list[MadeConsent] = []
    problems: list[FieldProblem] = []
    reason: Reason | None = None
    detail: str = ""


def read_call(call: StoredCall) -> dict[str, Any]:
    """Return the tree of a call: fields of its body, `@query`, `@headers`, `@answers`.

    Raises: Unreadable.
    """
    if call.tree:
        tree: dict[str, Any] = msgspec.json.decode(call.body)
    else:
        tree = read_body(call.content_type, call.body)
    if call.query:
        tree["@query"] = read_query(call.query)
    if call.headers:
        tree["@headers"] = dict(call.headers)
    if answers := _answers(tree):
        tree["@answers"] = answers
    return tree


def is_service_check(service: HookService, tree: dict[str, Any]) -> bool:
    """Say whether a service only tries the address out.

    Tilda posts test=test when a webhook is connected, and expects 200
    (https://help-ru.tilda.cc/formsscript).
    """
    return service is HookService.TILDA and tree.get("test") == "test" and len(fields_of(tree)) == 1


def fields_of(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the body alone."""
    return {key: value for key, value in tree.items() if not key.startswith("@")}


def make(
    mapping: HookMapping,
    tree: dict[str, Any],
    *,
    call_id: UUID,
    received: datetime,
    source_name: str,
    caller_ip: str,
    event_bytes_max: int,
) -> Made:
    """Return what a call becomes by a mapping."""

    def one(tree: dict[str, Any], row: int) -> Made:
        return _make_one(
            mapping,
            tree,
            row,
            call_id=call_id,
            received=received,
            source_name=source_name,
            caller_ip=caller_ip,
            event_bytes_max=event_bytes_max,
        )

    if mapping.each is None:
        return one(tree, 0)
    rows = rows_of(tree, mapping.each)
    if rows is None:
        return Made(reason=Reason.NOT_A_LIST)
    if len(rows) > EACH_MAX:
        return Made(reason=Reason.TOO_MANY_ROWS, detail=str(EACH_MAX))
    return _together([one(tree, row) for row, tree in enumerate(rows)], mapping.each)


def rows_of(tree: dict[str, Any], path: Sequence[str]) -> list[dict[str, Any]] | None:
    """Return the call once for each row of a list, with the row in the list's place.

    A single object where a list is expected stands for its only row; None: there is neither.
    """
    found = at(tree, path)
    if isinstance(found, dict) and found:
        # Forms write lists as objects whose names are numbers.
        rows = list(found.values()) if all(key.isdigit() for key in found) else [found]
    elif isinstance(found, list):
        rows = found
    else:
        return None
    return [_with(tree, path, row) for row in rows]


def _with(tree: Any, path: Sequence[str], value: Any) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(tree, dict):
        return {**tree, head: _with(tree.get(head), rest, value)}
    copy = list(tree)
    copy[int(head)] = _with(copy[int(head)], rest, value)
    return copy


def _together(parts: Sequence[Made], each: Sequence[str]) -> Made:
    """Return what the rows of a call become, as one; some of them may become nothing."""
    problems = [
        msgspec.structs.replace(problem, path=[*each, str(row), *problem.path[len(each) :]])
        if problem.path[: len(each)] == list(each)
        else problem
        for row, part in enumerate(parts)
        for problem in part.problems
    ]
    events = [event for part in parts for event in part.events]
    if not events:
        why = next((part for part in parts if part.reason not in {None, Reason.CONDITION}), None)
        first = why or next(iter(parts), Made(reason=Reason.NOTHING_MADE))
        return Made(problems=problems, reason=first.reason, detail=first.detail)
    consents = [one for part in parts for one in part.consents]
    return Made(events=events, consents=consents, problems=problems)


def _make_one(
    mapping: HookMapping,
    tree: dict[str, Any],
    row: int,
    *,
    call_id: UUID,
    received: datetime,
    source_name: str,
    caller_ip: str,
    event_bytes_max: int,
) -> Made:
    if mapping.only_if is not None and not holds(mapping.only_if, tree):
        return Made(reason=Reason.CONDITION)
    maker = Maker(mapping, tree, received, row)
    maker.read_rules()
    consents = maker.consents(source_name, call_id, caller_ip)
    events = maker.events(call_id, consents)
    problems = maker.problems
    if not events:
        return Made(problems=problems, reason=Reason.NOTHING_MADE)
    if not maker.has_identity():
        return Made(problems=problems, reason=Reason.NO_IDENTITY)
    if any(len(encode(event)) > event_bytes_max for event in events):
        return Made(problems=problems, reason=Reason.TOO_LARGE_EVENT, detail=str(event_bytes_max))
    return Made(events=events, consents=consents, problems=problems)


def holds(condition: HookCondition, tree: dict[str, Any]) -> bool:
    """Say whether a call passes a condition; a list passes when one of its values does."""
    found = at(tree, condition.path)
    values = found if isinstance(found, list) else [found]
    wanted = condition.value.strip().casefold()
    same = any((text_of(value) or "").strip().casefold() == wanted for value in values)
    return same is not condition.negated


def _answers(tree: dict[str, Any]) -> dict[str, Any]:
    """Return answers by their questions, of lists of pairs such as {q: …, a: …}.

    In a quiz the place of a question changes with the way through it; its text does not.
    """
    found: dict[str, Any] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for child in value.values():
                walk(child)
        elif isinstance(value, list):
            for row in value:
                pair = _pair(row)
                if pair is None:
                    walk(row)
                else:
                    found.setdefault(pair[0], pair[1])

    walk(fields_of(tree))
    return found


def _pair(row: Any) -> tuple[str, Any] | None:
    if not isinstance(row, dict):
        return None
    question = next((row[key] for key in _QUESTIONS if isinstance(row.get(key), str)), None)
    answer = next((key for key in _ANSWERS if key in row), None)
    if not question or not question.strip() or answer is None:
        return None
    return question.strip()[:200], row[answer]
