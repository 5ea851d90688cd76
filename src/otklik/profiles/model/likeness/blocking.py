"""Which pairs are looked at at all: those that share something that few people share.

Comparing everybody with everybody would cost the square of the base (Fellegi & Sunter 1969,
section 3.3, name the way out; Christen 2012, "A survey of indexing techniques for scalable record
linkage and deduplication", compares ways). A key held by more than `BLOCK_MAX` people says nothing
of one person and is left out, so a rule costs at most `BLOCK_MAX / 2` pairs a person and key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np

from otklik.profiles.model.likeness.columns import PHONE_TAIL, Column, Columns, Numbers, numbered
from otklik.profiles.model.likeness.people import Field
from otklik.profiles.model.likeness.spelling import sound

BLOCK_MAX = 60
Keys = Callable[["_Row"], Iterator[str]]


class _Row(msgspec.Struct, frozen=True):
    first: str
    last: str
    birth: str
    emails: list[str]
    phones: list[str]
    city: str


class Rule(msgspec.Struct, frozen=True):
    """A way to find pairs. `fields`: those on which its pairs agree because they were so chosen."""

    fields: frozenset[Field]
    keys: Keys


def _mailbox(row: _Row) -> Iterator[str]:
    for one in row.emails:
        yield one.rsplit("@", 1)[0]


def _domain(row: _Row) -> Iterator[str]:
    for one in row.emails:
        yield one.rsplit("@", 1)[1]


def _phone_tail(row: _Row) -> Iterator[str]:
    for one in row.phones:
        yield one[-PHONE_TAIL:]


def _names(row: _Row) -> Iterator[str]:
    if row.first and row.last:
        # Both ways round, so that exchanged names meet.
        yield f"{row.last} {row.first[0]}"
        yield f"{row.first} {row.last[0]}"


def _both_names_and_year(row: _Row) -> Iterator[str]:
    # Two frequent names make a block too large; the year parts it.
    if row.first and row.last and row.birth:
        yield " ".join(sorted((row.first, row.last))) + row.birth[:4]


def _birth(row: _Row) -> Iterator[str]:
    if row.birth:
        yield row.birth


def _name_and_birth(row: _Row) -> Iterator[str]:
    if row.birth:
        year, month, day = row.birth[:4], row.birth[4:6], row.birth[6:]
        for name in {row.first, row.last} - {""}:
            yield f"{name} {year}{month}"
            yield f"{name} {year}-{day}"
            yield f"{name} -{month}{day}"


def _name_and_city(row: _Row) -> Iterator[str]:
    if row.city:
        for name in {row.first, row.last} - {""}:
            yield f"{name} {row.city}"


_NAMES = frozenset({Field.FIRST_NAME, Field.LAST_NAME})
RULES: tuple[Rule, ...] = (
    Rule(frozenset({Field.EMAIL}), _mailbox),
    Rule(frozenset({Field.EMAIL}), _domain),
    Rule(frozenset({Field.PHONE}), _phone_tail),
    Rule(_NAMES, _names),
    Rule(_NAMES | {Field.BIRTH_DATE}, _both_names_and_year),
    Rule(frozenset({Field.BIRTH_DATE}), _birth),
    Rule(_NAMES | {Field.BIRTH_DATE}, _name_and_birth),
    Rule(_NAMES | {Field.CITY}, _name_and_city),
)


def pairs_by_rule(columns: Columns, rules: Sequence[Rule] = RULES) -> list[Numbers]:
    """Return for each rule the pairs that it finds, as sorted numbers `left * count + right`."""
    rows = list(_rows(columns))
    return [_pairs(rule, rows, columns.count) for rule in rules]


def keys_by_person(columns: Columns, rules: Sequence[Rule] = RULES) -> list[list[tuple[int, str]]]:
    """Return for each person the (number of the rule, key) under which it is looked at."""
    return [
        [(at, key) for at, rule in enumerate(rules) for key in set(rule.keys(row))]
        for row in _rows(columns)
    ]


def _pairs(rule: Rule, rows: list[_Row], count: int) -> Numbers:
    people: list[int] = []
    texts: list[str] = []
    for person, row in enumerate(rows):
        for key in rule.keys(row):
            people.append(person)
            texts.append(key)
    keys, _ = numbered(texts)
    holders = np.array(people, dtype=np.int64)
    if not len(keys):
        return keys
    kept = np.bincount(keys[keys >= 0], minlength=1)[keys] <= BLOCK_MAX
    keys, holders = keys[kept], holders[kept]
    order = np.lexsort((holders, keys))
    keys, holders = keys[order], holders[order]
    found: list[Numbers] = []
    for apart in range(1, BLOCK_MAX):
        at = np.flatnonzero(keys[:-apart] == keys[apart:])
        if not len(at):
            break
        left, right = holders[at], holders[at + apart]
        found.append((left * count + right)[left != right])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def _rows(columns: Columns) -> Iterator[_Row]:
    sounds = [_texts(columns.first_name, True), _texts(columns.last_name, True)]
    others = [_texts(one) for one in (columns.birth_date, columns.email, columns.phone)]
    cities = _texts(columns.city, True)
    for first, last, birth, emails, phones, city in zip(*sounds, *others, cities, strict=True):
        yield _Row(_one(first), _one(last), _one(birth), emails, phones, _one(city))


def _texts(column: Column, by_sound: bool = False) -> list[list[str]]:
    texts = [sound(one) or one for one in column.texts] if by_sound else column.texts
    return [[texts[at] for at in row if at >= 0] for row in column.rows.tolist()]


def _one(texts: list[str]) -> str:
    return texts[0] if texts else ""
