"""The words of imports: a file and its form, a plan, what may be wrong with a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Lang, Text

FILE_BYTES_MAX = 2 * 1024**3
COLUMNS_MAX = 1_000
CELL_CHARS_MAX = 100_000
LINE_BYTES_MAX = 1024 * 1024
RECORD_LINES_MAX = 2_000
ERRORS_KEPT_MAX = 100_000
SAMPLE_BYTES = 512 * 1024
TRAIT_CHARS_MAX = 200

PROOF_CHARS_MAX = 500

Encoding = Literal[
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "windows-1251",
    "koi8-r",
    "ibm866",
    "mac-cyrillic",
    "windows-1252",
]
Separator = Literal[",", ";", "\t", "|"]
DateOrder = Literal["ymd", "dmy", "mdy"]
Decimal_ = Literal["point", "comma"]
Source = Literal["csv", "jsonl", "xlsx"]
Channel = Literal["email", "sms", "push", "telegram", "whatsapp", "viber", "calls"]
Effect = Literal[
    "granted", "withdrawn", "none", "unsubscribed", "hard_bounce", "complaint", "manual"
]
"""What a word of a column of statuses does: a consent is granted or withdrawn, nothing is said of
it, or the address goes to the stop list for one of four reasons."""
PurposeWord = Literal["processing", "advertising", "partners"]
STOPS: frozenset[str] = frozenset({"unsubscribed", "hard_bounce", "complaint", "manual"})


class ImportKind(StrEnum):
    CUSTOMERS = "customers"
    ORDERS = "orders"
    EVENTS = "events"
    CONSENTS = "consents"
    SUPPRESSIONS = "suppressions"


class ImportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ImportFailure(StrEnum):
    """Why an import as a whole failed."""

    FILE_GONE = "file_gone"
    PIECE_FAILED = "piece_failed"


FAILURES: dict[ImportFailure, Text] = {
    ImportFailure.FILE_GONE: Text(
        en="The uploaded file is gone.", ru="Загруженного файла больше нет."
    ),
    ImportFailure.PIECE_FAILED: Text(
        en="From line {line} on, the file could not be processed: {error}.",
        ru="Начиная со строки {line}, файл не удалось обработать: {error}.",
    ),
}


class FileFormat(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a file. `columns` are made unique; `header`: the first line holds their names.

    `encoding` is that of the stored bytes, `original_encoding` that of the uploaded ones: UTF-16 is
    stored as UTF-8, so that a place in the file is a number of bytes. `source`: what was uploaded;
    JSON lines and workbooks are stored as CSV with numbered records, see `stored.py`. `sheets`: of
    a workbook that has several; `sheet`: the one that is read, counted from 0; `part`: where its
    rows lie when they are not those that were read first. `packed`: it came as gzip.
    `date_orders`: positions of columns of dates whose values tell the order of day and month;
    `date_unsure`: of those whose values don't. `decimal_unsure`: a number of the file that may be
    of either kind, when no other number tells.
    """

    encoding: Encoding
    original_encoding: Encoding
    separator: Separator
    header: bool
    columns: list[str]
    decimal: Decimal_ = "point"
    date_order: DateOrder = "ymd"
    source: Source = "csv"
    packed: bool = False
    sheets: list[str] = []
    sheet: int = 0
    part: str = ""
    date_orders: dict[int, DateOrder] = {}
    date_unsure: list[int] = []
    decimal_unsure: str = ""


class DeclaredConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everybody in the file agreed to hear from us by `channel`, wholly or on one topic.

    `note`: how and when they agreed; it is written into the ledger as the proof.
    """

    channel: Channel
    note: Annotated[str, msgspec.Meta(min_length=3, max_length=1000)]
    topic_id: UUID | None = None


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Choices of an import; None means: as the file looks.

    `empty`: an empty cell keeps what is known, or clears it; `empty_of`: the same for a column.
    `decimal`: which sign stands before the cents. `date_order`: how 03.04.2026 is read;
    `date_order_of`: the same for a column.
    `timezone`: IANA zone of times without one. `currency`: of orders that name none.
    `anonymous`: orders without a customer are skipped, or stored for nobody in particular.
    `return_prefix`: order ids that begin with it are returns (besides those with no positive line).
    `consent`: a consent that everybody in a file of customers gave; None: the file says nothing.
    `event_name`: of all events, in a file that has no column of names.
    `channel`: of consents and of the stop list, where no column says it. `purpose`: of consents,
    where no column says it; only advertising goes by a channel.
    `effect`: what a row of consents or of the stop list does, where no column says it.
    `effects`: what a word of the column of statuses does, in place of what it usually means.
    `topic_id`: of consents, where no column names a topic. `agreed_at`: the day from which consents
    without a date of their own count; None: the moment of the import. `note`: how people agreed, or
    why they are on the stop list; it is kept as the proof.
    """

    empty: Literal["keep", "clear"] = "keep"
    empty_of: dict[str, Literal["keep", "clear"]] = {}
    decimal: Decimal_ | None = None
    date_order: DateOrder | None = None
    date_order_of: dict[str, DateOrder] = {}
    timezone: str = "UTC"
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] | None = None
    anonymous: Literal["skip", "keep"] = "skip"
    return_prefix: Annotated[str, msgspec.Meta(max_length=20)] = ""
    phone_region: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None
    consent: DeclaredConsent | None = None
    event_name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    channel: Channel = "email"
    purpose: PurposeWord = "advertising"
    effect: Effect | None = None
    effects: dict[str, Effect] = {}
    topic_id: UUID | None = None
    agreed_at: datetime | None = None
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an import does, complete: nothing is guessed after this is stored.

    `mapping`: position of a column to a field, see `fields.py`. `key`: the identifier that every
    customer row must have. `service`: the mailing service whose export the file was taken for.
    """

    kind: ImportKind
    form: FileFormat
    mapping: dict[int, str]
    key: str
    options: ImportOptions
    service: str = ""


class Counts(msgspec.Struct, kw_only=True):
    """What the rows of an import became, besides customers and orders.

    `repeats`: events that an earlier import or row had brought. `silent`: rows whose status says
    nothing of a consent. `suppressed`: addresses new on the stop list; `suppressed_known`: those
    that were there.
    """

    events: int = 0
    repeats: int = 0
    granted: int = 0
    withdrawn: int = 0
    silent: int = 0
    suppressed: int = 0
    suppressed_known: int = 0


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """An import as the interface shows it. `rows_total` is known when the file has been read.

    `error`: why it failed, in the reader's language; `error_code` stays the same in all of them.
    `created` and `updated` count customers; `orders` and `refunds` count orders; `counts` the rest.
    `created_by`: the name of the user who started it; None: the command line.
    """

    id: UUID
    kind: ImportKind
    state: ImportState
    phase: str
    dry_run: bool
    file_name: str
    rows_total: int | None
    rows_read: int
    rows_ok: int
    rows_failed: int
    rows_skipped: int
    rows_anonymous: int
    created: int
    updated: int
    orders: int
    refunds: int
    bytes_done: int
    bytes_total: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    rows_per_s: float | None
    eta_s: int | None
    error: str | None
    error_code: ImportFailure | None
    columns: list[str]
    mapping: dict[str, str]
    key: str
    source: Source
    packed: bool
    service: str
    counts: Counts
    created_by: str | None


class FailedImport(msgspec.Struct, frozen=True, kw_only=True):
    """An import that failed; `reason` is a sentence in the reader's language."""

    id: UUID
    kind: ImportKind
    file_name: str
    code: ImportFailure
    reason: str
    failed_at: datetime


class RowProblem(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with one line of a file. `cells`: the line as it stands there, if text."""

    line: int
    column: str
    code: str
    value: str
    cells: list[str] | None = None


PROBLEMS: dict[str, Text] = {
    "binary": Text(
        en="The line holds bytes that are not text.", ru="В строке есть байты, которые не текст."
    ),
    "bad_encoding": Text(
        en="The line can't be read in the encoding of the file.",
        ru="Строка не читается в кодировке файла.",
    ),
    "line_too_long": Text(en="The line is longer than 1 MB.", ru="Строка длиннее 1 МБ."),
    "cell_too_long": Text(
        en="A cell is longer than 100,000 characters.", ru="Ячейка длиннее 100 000 символов."
    ),
    "unclosed_quote": Text(
        en="A quote is opened and never closed.", ru="Кавычка открыта и не закрыта."
    ),
    "wrong_column_count": Text(
        en="The number of cells differs from the number of columns.",
        ru="Число ячеек не равно числу столбцов.",
    ),
    "bad_json": Text(en="The line is not a JSON object.", ru="Строка не является объектом JSON."),
    "key_twice": Text(
        en="Two values of the object have one name.", ru="У двух значений объекта одно имя."
    ),
    "late_key": Text(
        en="This key is not in the first 1,000 lines, so it has no column. Name it in the first"
        " line, with null, and import the line again.",
        ru="Этого ключа нет в первых 1000 строк, поэтому у него нет столбца. Назовите его в первой"
        " строке со значением null и загрузите строку ещё раз.",
    ),
    "too_many_breaks": Text(
        en="The row holds 2,000 line breaks or more.",
        ru="В строке таблицы 2000 или больше переводов строки.",
    ),
    "no_key": Text(
        en="The field to match on is empty.", ru="Поле, по которому сопоставляем, пусто."
    ),
    "no_identifier": Text(
        en="The row names no customer.", ru="В строке нет ни одного идентификатора клиента."
    ),
    "bad_email": Text(en="This is not an e-mail address.", ru="Это не адрес почты."),
    "bad_phone": Text(
        en="This is not a phone number with its country code.",
        ru="Это не номер телефона с кодом страны.",
    ),
    "bad_id": Text(en="This can't be an identifier.", ru="Это не может быть идентификатором."),
    "bad_number": Text(en="This is not a number.", ru="Это не число."),
    "bad_date": Text(
        en="This is not a date, or not in the chosen order.",
        ru="Это не дата, или порядок дня и месяца другой.",
    ),
    "bad_bool": Text(en="This is neither yes nor no.", ru="Это не «да» и не «нет»."),
    "bad_currency": Text(
        en="This is not a currency code such as RUB.", ru="Это не код валюты вроде RUB."
    ),
    "no_event_name": Text(en="The event has no name.", ru="У события нет названия."),
    "too_long": Text(en="The value is too long.", ru="Значение слишком длинное."),
    "bad_ip": Text(en="This is not an IP address.", ru="Это не IP-адрес."),
    "bad_channel": Text(
        en="This is not a channel such as email or sms.",
        ru="Это не канал вроде email или sms.",
    ),
    "bad_purpose": Text(
        en="This is no purpose of a consent: processing, advertising or partners.",
        ru="Такой цели согласия нет: обработка, реклама или партнёры.",
    ),
    "unknown_text": Text(
        en="No text of a consent has this name and version; add it in the settings first.",
        ru="Текста согласия с таким названием и версией нет; сначала добавьте его в настройках.",
    ),
    "topic_of_other_purpose": Text(
        en="Only consents to advertising have topics.",
        ru="Темы есть только у согласий на рекламу.",
    ),
    "unknown_topic": Text(
        en="There is no topic of this name. Add it in the settings, or leave the column out.",
        ru="Темы с таким названием нет. Добавьте её в настройках или не загружайте этот столбец.",
    ),
    "bad_status": Text(
        en="It is not known what this status means. Say what it does in the form.",
        ru="Неизвестно, что значит этот статус. Укажите в форме, что он делает.",
    ),
    "no_status": Text(
        en="The row does not say whether the person agreed or refused.",
        ru="В строке не сказано, согласился человек или отказался.",
    ),
    "no_address": Text(
        en="The row has neither an e-mail address nor a phone number.",
        ru="В строке нет ни адреса почты, ни телефона.",
    ),
    "no_order_id": Text(en="The order has no number.", ru="У заказа нет номера."),
    "no_time": Text(en="The row has no date.", ru="В строке нет даты."),
}


ROW_NUMBER = Text(en="Row of the file", ru="Строка файла")
REASON = Text(en="What is wrong", ru="Что не так")
"""The last two columns of a file of errors."""


def failure_text(code: str, facts: Mapping[str, object] | None, lang: Lang) -> str:
    """Say why an import failed."""
    return FAILURES[ImportFailure(code)].of(lang, facts)


def problem_text(code: str) -> Text:
    return PROBLEMS[code]
