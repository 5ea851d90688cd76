"""The fields that a column can be mapped to, and which of them its name and values suggest.

Customers: `user_id`, `email`, `phone`, `external:<kind>`, `first_seen`, and `trait:<name>` with an
optional type (`trait:age:number`). Orders: `order_id`, `time`, `product_id`, `product_name`,
`category`, `quantity`, `price`, `line_total`, `total`, `currency`, the customer by `user_id`,
`email`, `phone`, and `property:<name>` with an optional type. `skip` leaves a column out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from otklik.ingestion.imports import recognise
from otklik.ingestion.imports.errors import (
    FieldTwice,
    MissingField,
    UnknownColumn,
    UnknownField,
    UnknownZone,
)
from otklik.ingestion.imports.model import (
    TRAIT_CHARS_MAX,
    FileFormat,
    ImportKind,
    ImportOptions,
    ImportPlan,
)

ValueType = Literal["text", "number", "date", "bool", "list"]
_TYPES: frozenset[str] = frozenset({"text", "number", "date", "bool", "list"})
IDENTIFIERS = ("user_id", "email", "phone")
FIELDS: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CUSTOMERS: (*IDENTIFIERS, "first_seen"),
    ImportKind.ORDERS: (
        "order_id",
        "time",
        "product_id",
        "product_name",
        "category",
        "quantity",
        "price",
        "line_total",
        "total",
        "currency",
        *IDENTIFIERS,
    ),
}
_FREE: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CUSTOMERS: ("trait", "external"),
    ImportKind.ORDERS: ("property", "external"),
}
_EXTERNAL = re.compile(r"[a-z][a-z0-9_]{0,39}")

# Names of columns as they are met, without signs and in lower case, to the field they mean.
_NAMES: dict[str, str] = {
    **dict.fromkeys(
        (
            "userid",
            "customerid",
            "clientid",
            "custid",
            "uid",
            "idклиента",
            "клиентид",
            "кодклиента",
            "idпользователя",
            "покупательид",
            "idпокупателя",
        ),
        "user_id",
    ),
    **dict.fromkeys(
        (
            "email",
            "mail",
            "emailaddress",
            "почта",
            "электроннаяпочта",
            "имейл",
            "емейл",
            "адресэлектроннойпочты",
            "адреспочты",
        ),
        "email",
    ),
    **dict.fromkeys(
        (
            "phone",
            "phonenumber",
            "mobile",
            "mobilephone",
            "tel",
            "телефон",
            "номертелефона",
            "мобильный",
            "мобильныйтелефон",
            "сотовый",
        ),
        "phone",
    ),
}
_CUSTOMER_NAMES: dict[str, str] = {
    **dict.fromkeys(("firstname", "имя"), "trait:first_name"),
    **dict.fromkeys(("lastname", "surname", "фамилия"), "trait:last_name"),
    **dict.fromkeys(("middlename", "patronymic", "отчество"), "trait:middle_name"),
    **dict.fromkeys(("name", "fullname", "фио", "имяфамилия"), "trait:name"),
    **dict.fromkeys(
        ("birthday", "birthdate", "dateofbirth", "датарождения"), "trait:birthday:date"
    ),
    **dict.fromkeys(("gender", "sex", "пол"), "trait:gender"),
    **dict.fromkeys(("city", "город"), "trait:city"),
    **dict.fromkeys(("country", "страна"), "trait:country"),
    **dict.fromkeys(
        (
            "createdat",
            "registered",
            "registeredat",
            "registrationdate",
            "датарегистрации",
            "создан",
        ),
        "first_seen",
    ),
    "id": "user_id",
}
_ORDER_NAMES: dict[str, str] = {
    **dict.fromkeys(
        (
            "orderid",
            "order",
            "orderno",
            "ordernumber",
            "invoiceno",
            "invoice",
            "заказ",
            "номерзаказа",
            "idзаказа",
            "кодзаказа",
            "id",
        ),
        "order_id",
    ),
    **dict.fromkeys(
        (
            "date",
            "time",
            "orderdate",
            "invoicedate",
            "createdat",
            "placedat",
            "датазаказа",
            "дата",
            "времязаказа",
        ),
        "time",
    ),
    **dict.fromkeys(
        ("productid", "sku", "stockcode", "article", "itemid", "артикул", "idтовара", "кодтовара"),
        "product_id",
    ),
    **dict.fromkeys(
        (
            "product",
            "productname",
            "description",
            "item",
            "itemname",
            "товар",
            "названиетовара",
            "наименование",
            "название",
            "описание",
        ),
        "product_name",
    ),
    **dict.fromkeys(("category", "productcategory", "категория", "раздел"), "category"),
    **dict.fromkeys(("quantity", "qty", "count", "количество", "колво", "кол"), "quantity"),
    **dict.fromkeys(("price", "unitprice", "цена", "ценазаединицу"), "price"),
    **dict.fromkeys(("linetotal", "amountline", "суммастроки", "суммапозиции"), "line_total"),
    **dict.fromkeys(
        ("total", "revenue", "amount", "sum", "ordertotal", "сумма", "итого", "суммазаказа"),
        "total",
    ),
    **dict.fromkeys(("currency", "валюта"), "currency"),
}


class Field(msgspec.Struct, frozen=True, gc=False):
    """A parsed field: `kind` is one of the fixed fields, or trait, property, external, skip."""

    kind: str
    name: str = ""
    type: ValueType = "text"


def parse_field(text: str, kind: ImportKind) -> Field:
    """Parse a field as it is written in a mapping. Raises: UnknownField."""
    head, _, rest = text.strip().partition(":")
    if head == "skip" or not head:
        return Field("skip")
    if not rest and head in FIELDS[kind]:
        return Field(head)
    if head == "external" and _EXTERNAL.fullmatch(rest):
        return Field("external", rest)
    if head in _FREE[kind] and head != "external" and rest:
        name, _, type_ = rest.rpartition(":")
        if not name or type_ not in _TYPES:
            name, type_ = rest, "text"
        if len(name) <= TRAIT_CHARS_MAX and "\0" not in name:
            return Field(head, name, msgspec.convert(type_, ValueType))
    raise UnknownField(field=text, kind=kind.value, fields=", ".join(offered(kind)))


def offered(kind: ImportKind) -> list[str]:
    """Return the fields of a kind as they are written."""
    free = [f"{head}:<name>" for head in _FREE[kind]]
    return [*FIELDS[kind], *free, "skip"]


def suggest(name: str, samples: Sequence[str], kind: ImportKind) -> str:
    """Return the field that a column's name, or else its values, suggest."""
    plain = re.sub(r"[\W_]+", "", name.lower())
    own = _CUSTOMER_NAMES if kind is ImportKind.CUSTOMERS else _ORDER_NAMES
    found = own.get(plain) or _NAMES.get(plain)
    if found:
        return found
    values = [value for value in samples if value.strip()]
    if values and all(map(recognise.is_email, values)):
        return "email"
    head = "trait" if kind is ImportKind.CUSTOMERS else "property"
    title = re.sub(r"\s+", "_", name.strip()).lower()[:TRAIT_CHARS_MAX].replace(":", "_")
    return f"{head}:{title}{_suffix(values)}"


def suggest_all(form: FileFormat, rows: Sequence[Sequence[str]], kind: ImportKind) -> list[str]:
    """Return a suggestion for every column; no field is suggested twice."""
    taken: set[str] = set()
    fields = []
    for i, name in enumerate(form.columns):
        samples = [row[i] for row in rows if i < len(row)][:50]
        field = suggest(name, samples, kind)
        if field in taken:
            field = "skip"
        taken.add(field)
        fields.append(field)
    return fields


def make_plan(
    *,
    kind: ImportKind,
    form: FileFormat,
    mapping: Mapping[str, str],
    key: str | None,
    options: ImportOptions,
) -> ImportPlan:
    """Check a mapping of column names to fields, and complete the choices that were left open.

    Raises: UnknownColumn, UnknownField, MissingField, FieldTwice, UnknownZone.
    """
    positions = {name: i for i, name in enumerate(form.columns)}
    used: dict[str, str] = {}
    by_position: dict[int, str] = {}
    for column, text in mapping.items():
        if column not in positions:
            raise UnknownColumn(column=column, columns=", ".join(form.columns[:50]))
        field = parse_field(text, kind)
        if field.kind == "skip":
            continue
        target = f"{field.kind}:{field.name}"
        if target in used:
            raise FieldTwice(field=text, columns=f"{used[target]}, {column}")
        used[target] = column
        by_position[positions[column]] = text.strip()
    kinds = {parse_field(text, kind).kind for text in by_position.values()}
    key = _key(kind, kinds, key)
    if kind is ImportKind.ORDERS:
        for needed in ("order_id", "time"):
            if needed not in kinds:
                raise MissingField(field=needed)
    try:
        ZoneInfo(options.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnknownZone(zone=options.timezone) from error
    options = msgspec.structs.replace(
        options,
        decimal=options.decimal or form.decimal,
        date_order=options.date_order or form.date_order,
    )
    return ImportPlan(kind=kind, form=form, mapping=by_position, key=key, options=options)


def _key(kind: ImportKind, kinds: set[str], key: str | None) -> str:
    mapped = [name for name in IDENTIFIERS if name in kinds]
    if key is None:
        if not mapped and kind is ImportKind.CUSTOMERS:
            raise MissingField(field="user_id, email, phone")
        return mapped[0] if mapped else ""
    if key not in IDENTIFIERS:
        raise UnknownField(field=key, kind="key", fields=", ".join(IDENTIFIERS))
    if key not in mapped:
        raise MissingField(field=key)
    return key


def _suffix(values: Sequence[str]) -> str:
    if not values:
        return ""
    if all(map(recognise.is_date, values)):
        return ":date"
    # Codes with leading zeros and long digit strings are names, not amounts.
    if all(
        recognise.is_number(v) and not re.match(r"[-+]?0\d", v.strip()) and len(v.strip()) <= 15
        for v in values
    ):
        return ":number"
    return ""
