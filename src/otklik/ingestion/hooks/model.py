"""The words of incoming webhooks: sources, calls, mappings, and why a call gave no event."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Lang, Text

EVENT_SOURCE = "webhook"
"""What events say of where they came from, when the caller proved who he is."""
OPEN_SOURCE = "form"
"""The same when anybody who knows the address may call: as much worth as an event of a browser."""
MESSAGE_PREFIX = "hook:"
DEPTH_MAX = 16
FIELDS_MAX = 2_000
KEY_CHARS_MAX = 200
TEXT_CHARS_MAX = 20_000
ORDER_LINES_MAX = 1_000
EACH_MAX = 200
"""Rows of a list that become events of their own; a larger list is a file to import."""
RULES_MAX = 200

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
_FieldName = Annotated[str, msgspec.Meta(max_length=200)]
_Key = Annotated[str, msgspec.Meta(max_length=KEY_CHARS_MAX)]
Path = Annotated[list[_Key], msgspec.Meta(min_length=1, max_length=DEPTH_MAX)]
"""The way to a value in a call: names of fields, and numbers of places in lists, as texts."""


class HookService(StrEnum):
    """Who calls. It decides the instructions and what is suggested, nothing else."""

    TILDA = "tilda"
    GOOGLE_FORMS = "google_forms"
    MARQUIZ = "marquiz"
    ZAPIER = "zapier"
    BOTMOTHER = "botmother"
    OTHER = "other"


class HookCallState(StrEnum):
    """Where a call stands."""

    CAUGHT = "caught"
    WAITING = "waiting"
    MAPPED = "mapped"
    FAILED = "failed"
    IGNORED = "ignored"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a call gave no event: a closed list."""

    UNREADABLE = "unreadable"
    NO_IDENTITY = "no_identity"
    NOTHING_MADE = "nothing_made"
    NOT_A_LIST = "not_a_list"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_LARGE_EVENT = "too_large_event"
    UNEXPECTED = "unexpected"
    CONDITION = "condition"
    SERVICE_CHECK = "service_check"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ADDRESS = "wrong_address"
    TOO_FAST = "too_fast"
    TOO_LARGE = "too_large"


REASONS: dict[Reason, Text] = {
    Reason.UNREADABLE: Text(
        en="The body could not be read: {detail}", ru="Тело вызова не прочиталось: {detail}"
    ),
    Reason.NO_IDENTITY: Text(
        en="No field says who the person is: e-mail, phone or an id is missing or unusable.",
        ru="Ни одно поле не говорит, кто это: нет пригодной почты, телефона или номера.",
    ),
    Reason.NOTHING_MADE: Text(
        en="By the mapping nothing is made of this call.",
        ru="По правилам полей из вызова ничего не получается.",
    ),
    Reason.NOT_A_LIST: Text(
        en="The list whose rows become events is not in the call.",
        ru="В вызове нет списка, строки которого становятся событиями.",
    ),
    Reason.TOO_MANY_ROWS: Text(
        en="The list has more than {detail} rows: send them in several calls, or import a file.",
        ru="В списке больше {detail} строк: пришлите их по частям или импортируйте файл.",
    ),
    Reason.TOO_LARGE_EVENT: Text(
        en="The event would be larger than {detail} bytes.",
        ru="Событие вышло бы больше {detail} байт.",
    ),
    Reason.UNEXPECTED: Text(
        en="The call could not be processed ({detail}).",
        ru="Вызов не удалось обработать ({detail}).",
    ),
    Reason.CONDITION: Text(
        en="The condition of the source leaves this call out.",
        ru="Условие источника пропускает такие вызовы.",
    ),
    Reason.SERVICE_CHECK: Text(
        en="The service only checked the address.", ru="Сервис только проверил адрес."
    ),
    Reason.BAD_SIGNATURE: Text(
        en="The secret or signature was missing or wrong.", ru="Секрет или подпись не подошли."
    ),
    Reason.WRONG_ADDRESS: Text(
        en="The caller's address is not on the list.", ru="Адреса вызывающего нет в списке."
    ),
    Reason.TOO_FAST: Text(
        en="More calls a second came than the source may have.",
        ru="Вызовов в секунду пришло больше, чем можно источнику.",
    ),
    Reason.TOO_LARGE: Text(en="The body was too large.", ru="Тело вызова слишком большое."),
}


def reason_text(code: str, detail: str, lang: Lang) -> str:
    """Say in a sentence why a call gave no event; '' when there is no reason."""
    return REASONS[Reason(code)].of(lang, {"detail": detail}) if code else ""


# ── the signature check ────────────────────────────────────────────────────────────────────────


class NoCheck(msgspec.Struct, frozen=True, tag="none", tag_field="method"):
    """Whoever knows the address may call."""


class SecretCheck(msgspec.Struct, frozen=True, tag="secret", tag_field="method", kw_only=True):
    """A secret in a header, in the address's query or in a field of the body."""

    place: Literal["header", "query", "field"]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class HmacCheck(msgspec.Struct, frozen=True, tag="hmac", tag_field="method", kw_only=True):
    """HMAC-SHA-256 of the body in a header.

    `prefix` stands before the signature, such as "sha256=". `timestamp_header`: the moment of the
    call in seconds since 1970; it then precedes the body with a full stop between, and may be
    `tolerance_s` away from now.
    """

    header: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, msgspec.Meta(max_length=40)] = ""
    timestamp_header: Annotated[str, msgspec.Meta(max_length=100)] = ""
    tolerance_s: Annotated[int, msgspec.Meta(ge=10, le=86_400)] = 300


class StandardCheck(msgspec.Struct, frozen=True, tag="standard", tag_field="method", kw_only=True):
    """Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature."""

    tolerance_s: Annotated[int, msgspec.Meta(ge=10, le=86_400)] = 300


class BasicCheck(msgspec.Struct, frozen=True, tag="basic", tag_field="method", kw_only=True):
    """User name and password (RFC 7617); the secret is the password."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


Check = NoCheck | SecretCheck | HmacCheck | StandardCheck | BasicCheck


# ── the mapping ────────────────────────────────────────────────────────────────────────────────

ValueType = Literal["auto", "text", "number", "date", "bool", "list"]
Target = Literal[
    "user_id",
    "anonymous_id",
    "email",
    "phone",
    "external",
    "trait",
    "property",
    "time",
    "ip",
    "page",
]
"""What a field becomes. `ip` and `page` are the visitor's address and the form's: the proof of a
consent, and parts of the event's context."""
NAMED: frozenset[str] = frozenset({"external", "trait", "property"})
OrderEventName = Literal[
    "Order Completed", "Order Updated", "Order Paid", "Order Cancelled", "Order Refunded"
]


class HookRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a call and what it becomes. `name`: of the trait, property or identifier."""

    path: Path
    to: Target
    name: _FieldName = ""
    type: ValueType = "auto"


class HookConsentRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A box of the form: ticked, it grants a channel, wholly or for one topic.

    `value`: what the box sends when it is ticked; '' stands for the usual words for yes.
    """

    path: Path
    value: Annotated[str, msgspec.Meta(max_length=500)] = ""
    channel: Literal["email", "sms", "push", "telegram", "whatsapp", "viber", "calls"]
    topic_id: UUID | None = None
    text_id: UUID | None = None


class HookOrderLines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list of products, and the names of the fields inside each of them."""

    path: Path
    product_id: _Key = ""
    name: _Key = ""
    price: _Key = ""
    quantity: _Key = ""
    category: _Key = ""


class HookOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order that the call tells of; without a number in it the call tells of none."""

    order_id: Path
    event: OrderEventName = "Order Completed"
    total: Path | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^([A-Z]{3})?$")] = ""
    currency_path: Path | None = None
    lines: HookOrderLines | None = None


class HookCondition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only calls in which a field has (or has not) this value become events."""

    path: Path
    value: Annotated[str, msgspec.Meta(max_length=1_000)]
    negated: bool = False


class HookMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a call becomes: a person, his traits, an event, an order, consents.

    `event`: the event's name, '' for none; `event_path`: the field that names it, where it is
    filled. `each`: a list in the call whose every row becomes a person and events of its own; the
    paths of all rules then lead through the list as if the row stood in its place.
    `timezone`: IANA zone of times without one. `phone_region`: ISO 3166 code of the country
    whose national numbers are understood.
    """

    event: Annotated[str, msgspec.Meta(max_length=200)] = ""
    event_path: Path | None = None
    each: Path | None = None
    rules: Annotated[list[HookRule], msgspec.Meta(max_length=RULES_MAX)] = []
    order: HookOrder | None = None
    consents: Annotated[list[HookConsentRule], msgspec.Meta(max_length=20)] = []
    only_if: HookCondition | None = None
    timezone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"
    phone_region: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$")] = "RU"


class StoredCall(msgspec.Struct, array_like=True, gc=False):
    """What is kept of a call, without secrets and cookies.

    `tree`: the body is the JSON tree of what was read, since something had to be taken out of it.
    `checked`: the caller proved who he is, by a secret, a signature or his network.
    """

    content_type: str
    query: str
    headers: dict[str, str]
    body: bytes
    tree: bool
    checked: bool = False


class MadeConsent(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that a call grants, as it waits for its person to be identified.

    `row`: of the list whose rows become people, 0 where there is none.
    """

    channel: str
    topic_id: UUID | None
    text_id: UUID | None
    ip: str | None
    proof: dict[str, Any]
    row: int = 0


class HookConsent(msgspec.Struct, frozen=True, kw_only=True):
    """One person's consent that came with a call; `at`: when the form was sent (epoch ms)."""

    profile_id: int
    channel: str
    topic_id: UUID | None
    text_id: UUID | None
    at_ms: int
    ip: str | None
    proof: dict[str, Any]
    key: str


class FailingSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source with calls that could not be turned into events, for the start page."""

    source_id: UUID
    name: str
    failed: int
    refused: int
    at_ms: int
