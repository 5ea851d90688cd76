"""What a cell of a file means: numbers, dates, identifiers, as the plan says they are written."""

from __future__ import annotations

import re
from datetime import UTC
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from otklik.ingestion.imports.model import DateOrder, ImportOptions
from otklik.ingestion.imports.moments import Moment, read_moment
from otklik.profiles.public import Refusal, normalise

_FLOAT_ID = re.compile(r"(\d+)\.0+")
_SPACES = re.compile(r"[\s\u00a0\u202f']")
_GROUPED = {
    ",": re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"),
    ".": re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?"),
}
TRUE = frozenset({"1", "true", "yes", "y", "t", "да", "д", "истина", "+", "on", "вкл", "есть"})
FALSE = frozenset({"0", "false", "no", "n", "f", "нет", "н", "ложь", "-", "off", "выкл"})
# What `normalise` would return as it is: no sign in it can change, and no placeholder matches.
_PLAIN_ID = re.compile(r"(?=[a-zA-Z]*[1-9])[a-zA-Z1-9][a-zA-Z0-9_-]{0,127}", re.ASCII)
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.ASCII,
)
_PLAIN_EMAIL_MAX = 64
_QUOTED = re.compile(r"'[=+@\-]")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MONEY = re.compile(r"^[$€£₽₸¥]|(?:[$€£₽₸¥]|руб\.?|р\.|rub|usd|eur)$", re.IGNORECASE)
_AMOUNT_MAX = Decimal(10) ** 13


class Wrong(Exception):
    """A cell that can't be what its column says."""

    def __init__(self, code: str) -> None:
        self.code = code


class Cells:
    """Reads cells by the options of an import; every method raises Wrong with a code."""

    def __init__(self, options: ImportOptions) -> None:
        self._options = options
        self._zone = ZoneInfo(options.timezone)
        # The lines of an order repeat its date, and prices repeat everywhere.
        self.moment = lru_cache(4096)(self._read_moment)
        self.number = lru_cache(4096)(self._read_number)

    def value(self, type_: str, cell: str, order: DateOrder | None = None) -> Any:
        """Return a cell as its type; `order`: of day and month in its column."""
        match type_:
            case "number":
                return plain(self.number(cell))
            case "date":
                at, has_time = self.moment(cell, order)
                if has_time:
                    return at.isoformat()
                # A day is a day in the file's own zone; in UTC it might be the one before.
                return at.astimezone(self._zone).date().isoformat()
            case "bool":
                lowered = cell.lower()
                if lowered not in TRUE and lowered not in FALSE:
                    raise Wrong("bad_bool")
                return lowered in TRUE
            case "list":
                return list_of(cell)
            case _:
                return cell

    def identifier(self, kind: str, cell: str) -> str:
        if kind == "email":
            lowered = cell.lower()
            short = len(lowered) <= _PLAIN_EMAIL_MAX
            if short and _PLAIN_EMAIL.fullmatch(lowered) and "xn--" not in lowered:
                return lowered
        elif kind != "phone":
            if _PLAIN_ID.fullmatch(cell):
                return cell
            cell = id_text(cell)
        else:
            cell = id_text(cell)
        found = normalise(kind, cell, self._options.phone_region)
        if isinstance(found, Refusal):
            raise Wrong({"email": "bad_email", "phone": "bad_phone"}.get(kind, "bad_id"))
        return found.value

    def currency(self, cell: str) -> str:
        if not _CURRENCY.fullmatch(cell.upper()):
            raise Wrong("bad_currency")
        return cell.upper()

    def _read_number(self, cell: str) -> Decimal:
        text = number_signs(cell)
        thousands = "." if self._options.decimal == "comma" else ","
        if thousands in text:
            # 1,234.50 has groups of three; 1,5 has cents of another country, and is no 15.
            if not _GROUPED[thousands].fullmatch(text):
                raise Wrong("bad_number")
            text = text.replace(thousands, "")
        text = text.replace(",", ".")
        try:
            number = Decimal(text)
        except InvalidOperation as error:
            raise Wrong("bad_number") from error
        if not number.is_finite() or abs(number) > _AMOUNT_MAX:
            raise Wrong("bad_number")
        return number

    def _read_moment(self, cell: str, order: DateOrder | None = None) -> Moment:
        try:
            at, has_time = read_moment(cell, order or self._options.date_order or "ymd")
            if at.tzinfo is None:
                at = at.replace(tzinfo=self._zone)
            at = at.astimezone(UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise Wrong("bad_date") from error
        if not 1900 <= at.year <= 2200:
            raise Wrong("bad_date")
        return Moment(at, has_time)


def clean(cell: str) -> str:
    """Return a cell without outer blanks, and without the apostrophe that spreadsheets put before
    a text that looks like a formula (as does the file of errors)."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and _QUOTED.match(cell) else cell


def number_signs(cell: str) -> str:
    """Return a number without blanks (the unbreakable ones too) and without its currency."""
    return _MONEY.sub("", _SPACES.sub("", cell))


def list_of(cell: str) -> list[str]:
    """Return the values of a cell that holds several: a JSON list, or parted by `;`, `,` or `|`."""
    if cell.startswith("[") and cell.endswith("]"):
        try:
            found = msgspec.json.decode(cell)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            cell = cell[1:-1]
        else:
            return [text for one in found if (text := str(one).strip())]
    # The rarer sign parts the values where several of them occur: "Doe, John; Roe, Jane".
    sign = next((sign for sign in (";", "|", ",") if sign in cell), None)
    parts = cell.split(sign) if sign else [cell]
    return [part.strip().strip('"') for part in parts if part.strip().strip('"')]


def id_text(cell: str) -> str:
    """17850.0 is 17850: a program wrote the column of ids as numbers because some were missing."""
    found = _FLOAT_ID.fullmatch(cell)
    return found.group(1) if found else cell


def plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
