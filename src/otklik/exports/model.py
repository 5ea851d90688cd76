"""The words of exports: what is taken out, in which form, in which order."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from otklik.exports.errors import BadPlan, OtherCursor, UnusableText
from otklik.kit.pagination import BadCursor, decode_cursor, encode_cursor

COLUMNS_MAX = 500
NAMES_MAX = 200
ROWS_MAX = 1_000_000_000

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Millis = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]


def refuse_nul(data: msgspec.Struct) -> None:
    """Refuse texts that no PostgreSQL text can hold. Raises: UnusableText."""
    if _has_nul(msgspec.to_builtins(data)):
        raise UnusableText()


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


class Subject(StrEnum):
    """What an export is of; the members of a segment are profiles with a segment named."""

    PROFILES = "profiles"
    EVENTS = "events"
    ORDERS = "orders"
    MESSAGES = "messages"


class FileFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Compression(StrEnum):
    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


MEDIA_TYPES: dict[FileFormat, str] = {
    FileFormat.CSV: "text/csv",
    FileFormat.JSONL: "application/x-ndjson",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
}
SUFFIXES: dict[Compression, str] = {
    Compression.NONE: "",
    Compression.GZIP: ".gz",
    Compression.ZSTD: ".zst",
}


class ExportPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to take out and how to write it.

    `columns` empty: the usual ones of the subject. `since` (included) and `until` (not included)
    bound an event's time, an order's placing, a message's last change, a profile's last visit.
    `names`: events of these names only. `source_id`: messages of one campaign only.
    `zone` "workspace": times carry the offset of the workspace's zone instead of Z.
    `marks`: CSV and JSON lines carry a cursor in the last row of each page, see `Cursor`.
    """

    subject: Subject
    format: FileFormat = FileFormat.CSV
    columns: Annotated[list[str], msgspec.Meta(max_length=COLUMNS_MAX)] = []
    segment_id: UUID | None = None
    since: Moment | None = None
    until: Moment | None = None
    names: Annotated[list[str], msgspec.Meta(max_length=NAMES_MAX)] = []
    source_id: UUID | None = None
    compress: Compression = Compression.NONE
    separator: Literal[",", ";"] = ","
    bom: bool = False
    zone: Literal["utc", "workspace"] = "utc"
    marks: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=ROWS_MAX)] | None = None

    def check(self) -> None:
        """Refuse what makes no sense together. Raises: BadPlan, UnusableText."""
        refuse_nul(self)
        self._check_limits()
        if self.names and self.subject is not Subject.EVENTS:
            raise BadPlan(
                what="Only events are chosen by name.",
                what_ru="По названию выбирают только события.",
            )
        if self.source_id is not None and self.subject is not Subject.MESSAGES:
            raise BadPlan(
                what="Only messages are chosen by campaign.",
                what_ru="По рассылке выбирают только сообщения.",
            )
        if self.since and self.until and self.since >= self.until:
            raise BadPlan(
                what="The period ends before it begins.",
                what_ru="Период заканчивается раньше, чем начинается.",
            )
        if self.format is FileFormat.PARQUET and self.compress is not Compression.NONE:
            raise BadPlan(
                what="Parquet is compressed inside; it is not compressed once more.",
                what_ru="Parquet сжат внутри, повторно его не сжимают.",
            )
        if len(set(self.columns)) != len(self.columns):
            raise BadPlan(
                what="A column is named twice.", what_ru="Один из столбцов назван дважды."
            )

    def _check_limits(self) -> None:
        """Hold what an address says to the limits that a body is read with."""
        if len(self.columns) > COLUMNS_MAX or len(self.names) > NAMES_MAX:
            raise BadPlan(
                what=f"At most {COLUMNS_MAX} columns and {NAMES_MAX} events can be chosen.",
                what_ru=f"Можно выбрать не больше {COLUMNS_MAX} столбцов и {NAMES_MAX} событий.",
            )
        if self.limit is not None and not 1 <= self.limit <= ROWS_MAX:
            raise BadPlan(
                what=f"The number of rows is from 1 to {ROWS_MAX}.",
                what_ru=f"Число строк — от 1 до {ROWS_MAX}.",
            )
        if any(at is not None and at.tzinfo is None for at in (self.since, self.until)):
            raise BadPlan(
                what="A moment needs its offset: 2026-06-15T12:00:00+03:00 or …Z.",
                what_ru="У момента нужно смещение: 2026-06-15T12:00:00+03:00 или …Z.",
            )

    @property
    def suffix(self) -> str:
        return f".{self.format.value}{SUFFIXES[self.compress]}"

    @property
    def media_type(self) -> str:
        if self.compress is Compression.GZIP:
            return "application/gzip"
        if self.compress is Compression.ZSTD:
            return "application/zstd"
        return MEDIA_TYPES[self.format]


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows exactly, fixed at the start so that a continuation gives exactly the rest.

    `as_of`: what came later is not taken. `arrived_after`: only what came after that moment
    (events by receipt, messages by their last change). `members`: the set of profiles. `top`: the
    greatest number of a profile at the start.
    """

    as_of: datetime
    arrived_after: datetime | None = None
    members: UUID | None = None
    top: int | None = None


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """A place in an export: the scope, and the key of the last row that was written."""

    scope: Scope
    key: tuple[str | int, ...]

    def token(self, plan: ExportPlan) -> str:
        scope = self.scope
        return encode_cursor(
            _fingerprint(plan),
            scope.as_of,
            scope.arrived_after,
            scope.members,
            scope.top,
            list(self.key),
        )


_KEYS: dict[Subject, Any] = {
    Subject.PROFILES: tuple[Number],
    Subject.EVENTS: tuple[str, Number, Millis, str],
    Subject.ORDERS: tuple[str],
    Subject.MESSAGES: tuple[Number],
}
"""What names a place among the rows of a subject: number; name, person, time and id; order."""
_LAST_YEAR = 9998
"""A moment of the year 9999 has none behind it."""


def read_cursor(token: str, plan: ExportPlan) -> Cursor:
    """Return the place that a token names. Raises: BadCursor; OtherCursor."""
    print_, as_of, arrived_after, members, top, parts = decode_cursor(
        token,
        str,
        Moment,
        Moment | None,  # type: ignore[arg-type]  # msgspec takes unions as well
        UUID | None,  # type: ignore[arg-type]  # the same
        Number | None,  # type: ignore[arg-type]  # the same
        list[str | int],
    )
    if print_ != _fingerprint(plan):
        raise OtherCursor()
    if any(at.year > _LAST_YEAR for at in (as_of, arrived_after) if at is not None):
        raise BadCursor()
    try:
        # No key: the very beginning, with the scope fixed.
        key = msgspec.convert(parts, _KEYS[plan.subject]) if parts else ()
    except msgspec.ValidationError as error:
        raise BadCursor() from error
    scope = Scope(as_of=as_of, arrived_after=arrived_after, members=members, top=top)
    return Cursor(scope=scope, key=key)


def _fingerprint(plan: ExportPlan) -> str:
    """Name the choice of rows; columns and form may differ between a file and its continuation."""
    rows = [plan.subject, plan.segment_id, plan.since, plan.until, plan.names, plan.source_id]
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()[:12]


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(plan: ExportPlan, *, at: datetime, name: str = "") -> str:
    """Return a name that every file system takes: `profiles-2026-06-15-1200.csv`."""
    base = _UNSAFE.sub("-", name).strip("-.") or plan.subject.value
    return f"{base}-{at:%Y-%m-%d-%H%M}{plan.suffix}"
