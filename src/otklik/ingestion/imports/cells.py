"""What a cell of a file means: numbers, dates, identifiers, as the plan says they are written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from otklik.ingestion.imports.model import ImportOptions
from otklik.profiles.public import Refusal, normalise

_FLOAT_ID = re.compile(r"(\d+)\.0+")
_SPACES = re.compile(r"[\s\u00a0\u202f']")
_GROUPED = {
    ",": re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"),
    ".": re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?"),
}
_NUMERIC_DATE = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*([AaPp][Mm])?"
)
_TRUE = frozenset({"1", "true", "yes", "y", "t", "да", "д", "истина", "+"})
_FALSE = frozenset({"0", "false", "no", "n", "f", "нет", "н", "ложь", "-"})
_CURRENCY = re.compile(r"[A-Z]{3}")
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

    def value(self, type_: str, cell: str) -> Any:
        match type_:
            case "number":
                return plain(self.number(cell))
            case "date":
                moment = self.moment(cell)
                if ":" in cell:
                    return moment.isoformat()
                # A day is a day in the file's own zone; in UTC it might be the one before.
                return moment.astimezone(self._zone).date().isoformat()
            case "bool":
                lowered = cell.lower()
                if lowered not in _TRUE | _FALSE:
                    raise Wrong("bad_bool")
                return lowered in _TRUE
            case "list":
                return [part.strip() for part in re.split(r"[;,|]", cell) if part.strip()]
            case _:
                return cell

    def identifier(self, kind: str, cell: str) -> str:
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
        text = _SPACES.sub("", cell)
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

    def _read_moment(self, cell: str) -> datetime:
        found = _NUMERIC_DATE.fullmatch(cell)
        try:
            if found is not None:
                moment = self._by_order(found)
            else:
                moment = datetime.fromisoformat(cell)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self._zone)
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise Wrong("bad_date") from error
        if not 1900 <= moment.year <= 2200:
            raise Wrong("bad_date")
        return moment

    def _by_order(self, found: re.Match[str]) -> datetime:
        a, b, c = (int(found.group(i)) for i in (1, 2, 3))
        if len(found.group(1)) == 4:
            year, month, day = a, b, c
        elif self._options.date_order == "mdy":
            month, day, year = a, b, c
        elif self._options.date_order == "dmy" or len(found.group(3)) == 4:
            day, month, year = a, b, c
        else:
            raise ValueError("the order of day and month is not known")
        if year < 100:
            year += 2000 if year < 70 else 1900
        hour, minute, second = (int(found.group(i) or 0) for i in (4, 5, 6))
        half = (found.group(7) or "").lower()
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        return datetime.combine(date(year, month, day), time(hour, minute, second))


def id_text(cell: str) -> str:
    """17850.0 is 17850: a program wrote the column of ids as numbers because some were missing."""
    found = _FLOAT_ID.fullmatch(cell)
    return found.group(1) if found else cell


def plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
