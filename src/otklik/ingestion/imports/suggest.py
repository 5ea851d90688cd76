"""What a file seems to hold: which kind of rows, which field each column goes to, what to ask."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from otklik.ingestion.imports import recognise
from otklik.ingestion.imports.cells import FALSE, TRUE, number_signs
from otklik.ingestion.imports.fields import may_repeat, parse_field
from otklik.ingestion.imports.model import (
    REASON,
    ROW_NUMBER,
    TRAIT_CHARS_MAX,
    FileFormat,
    ImportKind,
    ImportOptions,
)
from otklik.ingestion.imports.moments import is_written_date, read_moment
from otklik.ingestion.imports.names import field_named
from otklik.profiles.public import Refusal, normal_phone

SAMPLES = 50
# Columns of a file of errors that speak of its rows.
_NOTES = {text.of(lang) for text in (ROW_NUMBER, REASON) for lang in ("en", "ru")}
_SERIAL = re.compile(r"[1-6]\d{4}(?:[.,]\d+)?")
_DATE_WORDS = re.compile(r"date|time|birth|_at$|дата|время|рожден|когда|\bat$", re.IGNORECASE)
_LIST_WORDS = re.compile(r"tags?$|labels?$|interests?$|теги|метки|интересы|сегменты", re.IGNORECASE)
_YES_WORDS = re.compile(r"^(is|has|can|в_|есть)[_ ]|подписан|согласие", re.IGNORECASE)
_JSON_LIST = re.compile(r"\[.*\]", re.DOTALL)
_PHONE = re.compile(r"\+?[\d\s().\u00a0-]{10,22}")
_BARE_PHONE = re.compile(r"[78]9\d{9}")

Values = Sequence[str]


class Choice(msgspec.Struct, frozen=True):
    """One answer to a question; `example`: what the sample would become, in ISO form."""

    value: str
    example: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What the values of a column can't tell; `answer` is taken when nobody says otherwise."""

    kind: Literal["date_order", "decimal"]
    column: str
    sample: str
    choices: list[Choice]
    answer: str


def plain_name(name: str) -> str:
    """Return a column's name in lower case without signs."""
    return re.sub(r"[\W_]+", "", name.lower())


def suggest(name: str, samples: Values, kind: ImportKind) -> str:
    """Return the field that a column's name, or else its values, suggest."""
    if name in _NOTES:
        return "skip"
    found = field_named(plain_name(name), kind)
    values = [value.strip() for value in samples if value.strip()]
    if found:
        return found
    if values and all(map(recognise.is_email, values)):
        return "email"
    if values and all(map(_is_phone, values)):
        return "phone"
    if kind is ImportKind.SUPPRESSIONS:
        return "skip"
    head = "trait" if kind in {ImportKind.CUSTOMERS, ImportKind.CONSENTS} else "property"
    title = re.sub(r"\s+", "_", name.strip()).lower()[:TRAIT_CHARS_MAX].replace(":", "_")
    type_ = type_of(name, values)
    return f"{head}:{title}" if type_ == "text" else f"{head}:{title}:{type_}"


def suggest_all(form: FileFormat, rows: Sequence[Sequence[str]], kind: ImportKind) -> list[str]:
    """Return a suggestion for every column; no field is suggested twice."""
    taken: set[str] = set()
    fields = []
    for i, name in enumerate(form.columns):
        field = suggest(name, _column(rows, i), kind)
        if field in taken and not may_repeat(field, kind):
            field = "skip"
        taken.add(field)
        fields.append(field)
    return fields


def suggest_kind(form: FileFormat) -> ImportKind:
    """Return what the rows of a file seem to be."""
    names = [plain_name(name) for name in form.columns]

    def has(kind: ImportKind, *fields: str) -> bool:
        return set(fields) <= {field_named(name, kind) for name in names}

    if has(ImportKind.ORDERS, "order_id", "time") and (
        has(ImportKind.ORDERS, "product_id")
        or has(ImportKind.ORDERS, "product_name")
        or has(ImportKind.ORDERS, "total")
        or has(ImportKind.ORDERS, "price")
    ):
        return ImportKind.ORDERS
    if has(ImportKind.EVENTS, "event", "time"):
        return ImportKind.EVENTS
    if has(ImportKind.SUPPRESSIONS, "status") and {"reason", "suppressionreason", "причина"} & {
        *names
    }:
        return ImportKind.SUPPRESSIONS
    consent = {field_named(name, ImportKind.CONSENTS) for name in names}
    if "status" in consent and ("time" in consent or "channel" in consent):
        return ImportKind.CONSENTS
    return ImportKind.CUSTOMERS


def type_of(name: str, values: Values) -> str:
    """Return the type that the values of a column have: text, number, date, bool or list."""
    if not values:
        return "text"
    if all(map(is_written_date, values)):
        return "date"
    if all(_SERIAL.fullmatch(value) for value in values) and _DATE_WORDS.search(name):
        return "date"
    lowered = {value.lower() for value in values}
    if lowered <= TRUE | FALSE and (
        not lowered <= {"0", "1", "+", "-"} or lowered <= {"+", "-"} or _YES_WORDS.search(name)
    ):
        return "bool"
    if all(_JSON_LIST.fullmatch(value) for value in values):
        return "list"
    if _LIST_WORDS.search(name) and any(sign in value for value in values for sign in ";,|"):
        return "list"
    if len(values) > 1 and all(any(s in value for s in ";|") for value in values):
        return "list"
    # Codes with leading zeros and long digit strings are names, not amounts.
    if all(
        recognise.is_number(number_signs(v))
        and not re.match(r"[-+]?0\d", v)
        and len(number_signs(v)) <= 15
        for v in values
    ):
        return "number"
    return "text"


def questions(
    form: FileFormat,
    rows: Sequence[Sequence[str]],
    mapping: Mapping[str, str],
    kind: ImportKind,
    options: ImportOptions,
) -> list[Question]:
    """Return what the person has to say: columns of dates and numbers with two readings."""
    found = []
    positions = {name: i for i, name in enumerate(form.columns)}
    for column, text in mapping.items():
        position = positions.get(column)
        if position is None or position not in form.date_unsure:
            continue
        field = parse_field(text, kind)
        if field.kind not in {"time", "first_seen"} and field.type != "date":
            continue
        values = [value.strip() for value in _column(rows, position) if value.strip()]
        sample = next((v for v in values if _read(v, "dmy") != _read(v, "mdy")), "")
        if sample:
            choices = [Choice("dmy", _read(sample, "dmy")), Choice("mdy", _read(sample, "mdy"))]
            answer = options.date_order_of.get(column) or options.date_order or form.date_order
            found.append(
                Question(
                    kind="date_order",
                    column=column,
                    sample=sample,
                    choices=choices,
                    answer="mdy" if answer == "mdy" else "dmy",
                )
            )
    sample = form.decimal_unsure
    if sample and any(
        parse_field(text, kind).type == "number"
        or parse_field(text, kind).kind in {"price", "quantity", "total", "line_total"}
        for column, text in mapping.items()
        if column in positions
        and any(value.strip() == sample for value in _column(rows, positions[column]))
    ):
        digits = sample.replace(",", "").replace(".", "")
        cents = sample.replace(",", ".")
        group = "comma" if "." in sample else "point"
        found.append(
            Question(
                kind="decimal",
                column="",
                sample=sample,
                choices=[
                    Choice(group, digits),
                    Choice("point" if group == "comma" else "comma", cents),
                ],
                answer=options.decimal or form.decimal,
            )
        )
    return found


def _column(rows: Sequence[Sequence[str]], i: int) -> list[str]:
    return [row[i] for row in rows if i < len(row)][:SAMPLES]


def _read(value: str, order: Literal["dmy", "mdy"]) -> str:
    try:
        at, has_time = read_moment(value, order)
    except (ValueError, OverflowError):
        return ""
    return at.isoformat() if has_time else at.date().isoformat()


def _is_phone(value: str) -> bool:
    if not _PHONE.fullmatch(value) or is_written_date(value):
        return False
    if not value.startswith("+") and not _BARE_PHONE.fullmatch(re.sub(r"\D", "", value)):
        return False
    return not isinstance(normal_phone(value, "RU"), Refusal)
