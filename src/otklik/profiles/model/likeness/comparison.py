"""How far the values of two people agree, for many pairs at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from otklik.profiles.model.likeness.columns import PHONE_TAIL, Column, Columns, Numbers, numbered
from otklik.profiles.model.likeness.people import Field, Level

LEVELS: Final[dict[Field, tuple[Level, ...]]] = {
    Field.FIRST_NAME: (Level.SAME, Level.SOUNDS, Level.NEAR, Level.BEGINS, Level.DIFFERENT),
    Field.LAST_NAME: (Level.SAME, Level.SOUNDS, Level.NEAR, Level.BEGINS, Level.DIFFERENT),
    Field.BIRTH_DATE: (Level.SAME, Level.SWAPPED, Level.NEAR, Level.NEARLY, Level.DIFFERENT),
    Field.EMAIL: (Level.SAME, Level.NEAR, Level.PART, Level.NEARLY, Level.DIFFERENT),
    Field.PHONE: (Level.SAME, Level.NEAR, Level.PART, Level.DIFFERENT),
    Field.CITY: (Level.SAME, Level.SOUNDS, Level.NEAR, Level.BEGINS, Level.DIFFERENT),
}
"""The levels of each field from agreement to disagreement; a level's number is its place here."""

MISSING: Final = 99
_FAR: Final = 3
_CHUNK: Final = 50_000
Codes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
_How = Callable[[Columns, Numbers, Numbers], tuple[Codes, Floats]]


class Compared(msgspec.Struct, frozen=True):
    """Levels of pairs by field, and how frequent the value is on which two agree (0: no matter)."""

    levels: dict[Field, Codes]
    shares: dict[Field, Floats]
    exchanged: npt.NDArray[np.bool_]


def compare(columns: Columns, left: Numbers, right: Numbers) -> Compared:
    """Compare people pair by pair. Symmetric: exchanging left and right changes nothing."""
    first, last = columns.first_name, columns.last_name
    straight = [_names(one, one, left, right) for one in (first, last)]
    crossed = [_names(first, last, left, right), _names(last, first, left, right)]
    exchanged = _worth(crossed) > _worth(straight)
    levels: dict[Field, Codes] = {}
    shares: dict[Field, Floats] = {}
    # Exchanged names are told under the field of the left side.
    for at, field in enumerate((Field.FIRST_NAME, Field.LAST_NAME)):
        levels[field] = np.where(exchanged, crossed[at][0], straight[at][0])
        shares[field] = np.where(exchanged, crossed[at][1], straight[at][1])
    levels[Field.CITY], shares[Field.CITY] = _names(columns.city, columns.city, left, right)
    levels[Field.BIRTH_DATE], shares[Field.BIRTH_DATE] = _slots(
        columns, columns.birth_date, left, right, _dates
    )
    levels[Field.EMAIL], shares[Field.EMAIL] = _slots(columns, columns.email, left, right, _emails)
    levels[Field.PHONE], shares[Field.PHONE] = _slots(columns, columns.phone, left, right, _phones)
    return Compared(levels, shares, exchanged)


def edits(a: Column, a_at: Numbers, b: Column, b_at: Numbers) -> Numbers:
    """Return the Damerau-Levenshtein distance of values pair by pair, 3 for three and more.

    The restricted distance (optimal string alignment: insertion, deletion, substitution, exchange
    of two neighbours; Damerau 1964), computed only in the band in which it can be less than three.
    """
    out = np.full(len(a_at), _FAR, dtype=np.int64)
    close = np.flatnonzero(abs(a.lengths[a_at] - b.lengths[b_at]) < _FAR)
    for begin in range(0, len(close), _CHUNK):
        some = close[begin : begin + _CHUNK]
        i, j = a_at[some], b_at[some]
        out[some] = _banded(a.letters[i], a.lengths[i], b.letters[j], b.lengths[j])
    return out


def _banded(
    a: npt.NDArray[np.uint32], a_len: Numbers, b: npt.NDArray[np.uint32], b_len: Numbers
) -> npt.NDArray[np.int8]:
    count, size = len(a), int(a_len.max(initial=0))
    wide = np.zeros((count, size + 3), dtype=np.uint32)
    used = min(b.shape[1], size + 3)
    wide[:, :used] = b[:, :used]
    # Row by row of letters, each row in one piece of memory.
    left, right = np.ascontiguousarray(a.T), np.ascontiguousarray(wide.T)
    far = np.full(count, _FAR, dtype=np.int8)
    rows = [[far] * 5, [far, far, *(np.full(count, j, dtype=np.int8) for j in range(3))]]
    answer = far.copy()
    apart = (b_len - a_len).astype(np.int64)

    def take(i: int, row: list[npt.NDArray[np.int8]]) -> None:
        for offset in range(-2, 3):
            done = (a_len == i) & (apart == offset)
            answer[done] = row[offset + 2][done]

    take(0, rows[1])
    for i in range(1, size + 1):
        before, above = rows
        row: list[npt.NDArray[np.int8]] = []
        for offset in range(-2, 3):
            j = i + offset
            if j < 0:
                row.append(far)
                continue
            if j == 0:
                row.append(np.full(count, min(i, _FAR), dtype=np.int8))
                continue
            best = above[offset + 2] + (left[i - 1] != right[j - 1])
            if offset < 2:
                best = np.minimum(best, above[offset + 3] + 1)
            if offset > -2:
                best = np.minimum(best, row[offset + 1] + 1)
            if i > 1 and j > 1:
                turned = (left[i - 1] == right[j - 2]) & (left[i - 2] == right[j - 1])
                best = np.where(turned, np.minimum(best, before[offset + 2] + 1), best)
            row.append(np.minimum(best, _FAR).astype(np.int8))
        take(i, row)
        rows = [above, row]
    return answer


def _once(a: Numbers, b: Numbers, width: int) -> tuple[Numbers, Numbers, Numbers]:
    """Return each pair of values once, and for every pair which of them it is."""
    unique, back = np.unique(a * width + b, return_inverse=True)
    return unique // width, unique % width, back


def _names(a: Column, b: Column, left: Numbers, right: Numbers) -> tuple[Codes, Floats]:
    x, y = a.rows[left, 0], b.rows[right, 0]
    levels = np.full(len(x), MISSING, dtype=np.int8)
    shares = np.zeros(len(x))
    there = np.flatnonzero((x >= 0) & (y >= 0))
    if not len(there):
        return levels, shares
    i, j, back = _once(x[there], y[there], len(b.texts))
    distance = edits(a, i, b, j)
    shorter = np.minimum(a.lengths[i], b.lengths[j])
    longer = np.maximum(a.lengths[i], b.lengths[j])
    found = np.full(len(i), 4, dtype=np.int8)
    found[_begins(a, i, b, j, shorter)] = 3
    # In a short name one letter makes another name: Ян, Ия, Лев, Лея.
    found[(distance <= np.where(longer > 5, 2, 1)) & (longer > 3)] = 2
    found[distance == 0] = 1
    found[_same_text(a, i, b, j)] = 0
    agreed = np.where(distance == 0, np.maximum(a.share[i], b.share[j]), 0.0)
    levels[there] = found[back]
    shares[there] = agreed[back]
    return levels, shares


def _same_text(a: Column, i: Numbers, b: Column, j: Numbers) -> npt.NDArray[np.bool_]:
    if a is b:
        return np.asarray(i == j, dtype=np.bool_)
    known = {text: at for at, text in enumerate(b.texts)}
    other = np.array([known.get(text, -1) for text in a.texts], dtype=np.int64)
    return np.asarray(other[i] == j, dtype=np.bool_)


def _begins(
    a: Column, i: Numbers, b: Column, j: Numbers, shorter: Numbers
) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = np.ones(len(i), dtype=np.bool_)
    for at in range(min(a.letters.shape[1], b.letters.shape[1])):
        same &= (a.letters[i, at] == b.letters[j, at]) | (shorter <= at)
    # One letter is an initial, three are a short form; two are neither.
    same &= (shorter == 1) | (shorter > 2)
    return same


def _worth(both: list[tuple[Codes, Floats]]) -> Numbers:
    worth = np.array([4, 4, 3, 1, -1], dtype=np.int64)
    return sum(
        (np.where(code == MISSING, 0, worth[np.minimum(code, 4)]) for code, _ in both),
        np.zeros(len(both[0][0]), dtype=np.int64),
    )


def _slots(
    columns: Columns, column: Column, left: Numbers, right: Numbers, how: _How
) -> tuple[Codes, Floats]:
    """Compare every value of the one with every value of the other; the best agreement counts."""
    levels = np.full(len(left), MISSING, dtype=np.int8)
    shares = np.zeros(len(left))
    for a in range(column.rows.shape[1]):
        for b in range(column.rows.shape[1]):
            x, y = column.rows[left, a], column.rows[right, b]
            there = np.flatnonzero((x >= 0) & (y >= 0))
            if not len(there):
                continue
            i, j, back = _once(x[there], y[there], len(column.texts))
            found, share = how(columns, i, j)
            found, share = found[back], share[back]
            better = (found < levels[there]) | ((found == levels[there]) & (share < shares[there]))
            at = there[better]
            levels[at], shares[at] = found[better], share[better]
    return levels, shares


def _dates(columns: Columns, i: Numbers, j: Numbers) -> tuple[Codes, Floats]:
    column = columns.birth_date
    distance = edits(column, i, column, j)
    a, b = column.letters[i], column.letters[j]
    turned = (a[:, :4] == b[:, :4]).all(axis=1)
    turned &= (a[:, 4:6] == b[:, 6:8]).all(axis=1) & (a[:, 6:8] == b[:, 4:6]).all(axis=1)
    found = np.full(len(i), 4, dtype=np.int8)
    found[distance == 2] = 3
    found[distance == 1] = 2
    found[turned] = 1
    found[i == j] = 0
    return found, np.where(i == j, column.share[i], 0.0)


def _emails(columns: Columns, i: Numbers, j: Numbers) -> tuple[Codes, Floats]:
    whole, box = columns.email, columns.mailbox
    distance = edits(whole, i, whole, j)
    # Each address has one mailbox; which, is read where both stand in one row.
    of = np.zeros(len(whole.texts), dtype=np.int64)
    of[whole.rows[whole.rows >= 0]] = box.rows[whole.rows >= 0]
    x, y = of[i], of[j]
    apart = edits(box, x, box, y)
    found = np.full(len(i), 4, dtype=np.int8)
    found[(apart == 1) & (np.minimum(box.lengths[x], box.lengths[y]) > 5)] = 3
    found[x == y] = 2
    found[(distance < _FAR) & (np.minimum(whole.lengths[i], whole.lengths[j]) > 9)] = 1
    found[i == j] = 0
    share = np.where(i == j, whole.share[i], np.where(found == 2, box.share[x], 0.0))
    return found, share


def _phones(columns: Columns, i: Numbers, j: Numbers) -> tuple[Codes, Floats]:
    column = columns.phone
    distance = edits(column, i, column, j)
    tails, _ = numbered(one[-PHONE_TAIL:] for one in column.texts)
    found = np.full(len(i), 3, dtype=np.int8)
    found[tails[i] == tails[j]] = 2
    found[distance == 1] = 1
    found[i == j] = 0
    return found, np.where(i == j, column.share[i], 0.0)
