"""People as columns of numbers, so that many pairs are compared in one step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from otklik.profiles.model.identifiers import Refusal, normal_email, normal_phone
from otklik.profiles.model.likeness.people import Person
from otklik.profiles.model.likeness.spelling import day_of, plain_name, sound

Numbers = npt.NDArray[np.int64]
SLOTS = 3
PHONE_TAIL = 7
TEXT_MAX = 40
"""Characters that are compared; what two values have after them is not looked at."""


class Column(msgspec.Struct, frozen=True):
    """The values of one field.

    `rows`: for each person the numbers of up to `SLOTS` values, -1 for none. `texts`: the values,
    `letters` and `lengths` the same as numbers. `common`: for each value the number of the spelling
    shared by all values that count as the same. `share`: how many people of one have that spelling.
    """

    rows: Numbers
    texts: list[str]
    letters: npt.NDArray[np.uint32]
    lengths: Numbers
    common: Numbers
    share: npt.NDArray[np.float64]


class Columns(msgspec.Struct, frozen=True):
    """All columns of some people. `mailbox` is what stands before the @ of `email`'s values."""

    count: int
    first_name: Column
    last_name: Column
    birth_date: Column
    email: Column
    mailbox: Column
    phone: Column
    city: Column


class Holders(msgspec.Struct, frozen=True):
    """How many people of a whole base have a value, for columns of some of them.

    `count`: people of the base. By field the spelling that counts as the same, and its holders;
    a value that is not named has so few that it matters nothing.
    """

    count: int
    first_name: dict[str, int]
    last_name: dict[str, int]
    birth_date: dict[str, int]
    email: dict[str, int]
    mailbox: dict[str, int]
    phone: dict[str, int]
    city: dict[str, int]


FEW: Final = 2
"""Holders of a value that is not among the `Holders`: the two who are compared."""


def columns_of(
    people: Sequence[Person], region: str | None, holders: Holders | None = None
) -> Columns:
    """Return people as columns; `holders`: of the base that they are a part of."""
    emails = [[_email(one) for one in person.emails[:SLOTS]] for person in people]
    phones = [[_phone(one, region) for one in person.phones[:SLOTS]] for person in people]
    mailboxes = [[one.rsplit("@", 1)[0] for one in row] for row in emails]
    count = len(people) if holders is None else holders.count

    def column(
        rows: list[list[str]], held: dict[str, int] | None, common: Callable[[str], str] = str
    ) -> Column:
        made = _column(rows, common)
        if held is None:
            return made
        shares = [held.get(common(text) or text, FEW) / max(1, count) for text in made.texts]
        return msgspec.structs.replace(made, share=np.array(shares, dtype=np.float64))

    def held(field: str) -> dict[str, int] | None:
        return None if holders is None else getattr(holders, field)

    return Columns(
        count=count,
        first_name=column(
            [[plain_name(one.first_name)] for one in people], held("first_name"), sound
        ),
        last_name=column([[plain_name(one.last_name)] for one in people], held("last_name"), sound),
        birth_date=column([[day_of(one.birth_date)] for one in people], held("birth_date")),
        email=column(emails, held("email")),
        mailbox=column(mailboxes, held("mailbox")),
        phone=column(phones, held("phone")),
        city=column([[plain_name(one.city)] for one in people], held("city"), sound),
    )


def numbered(values: Iterable[str]) -> tuple[Numbers, list[str]]:
    """Return each text's number, -1 for an empty one, and the texts in the order of numbers."""
    seen: dict[str, int] = {}
    numbers = [seen.setdefault(one, len(seen)) if one else -1 for one in values]
    return np.array(numbers, dtype=np.int64), list(seen)


def _column(rows: list[list[str]], common: Callable[[str], str] = str) -> Column:
    width = max([1, *map(len, rows)])
    flat, texts = numbered(value for row in rows for value in row + [""] * (width - len(row)))
    table = flat.reshape(len(rows), width)
    kinds, _ = numbered(common(text) or text for text in texts)
    compared = [(common(text) or text)[:TEXT_MAX] for text in texts] or [""]
    size = max(1, *map(len, compared)) if len(compared) > 1 else max(1, len(compared[0]))
    letters = np.array(compared, dtype=f"U{size}").view(np.uint32).reshape(len(compared), size)
    held = np.bincount(kinds[flat[flat >= 0]], minlength=1) if len(texts) else np.zeros(1)
    share = held / max(1, len(rows))
    return Column(
        rows=table,
        texts=texts,
        letters=letters,
        lengths=np.array([len(one) for one in compared], dtype=np.int64),
        common=kinds,
        share=share[kinds] if len(texts) else np.zeros(0),
    )


def _email(text: str) -> str:
    found = normal_email(text)
    return "" if isinstance(found, Refusal) else found


def _phone(text: str, region: str | None) -> str:
    if len(text) > 50:
        return ""
    found = normal_phone(text, region)
    if not isinstance(found, Refusal):
        return found
    # A number without its country is still compared by its last digits.
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) >= 7 else ""
