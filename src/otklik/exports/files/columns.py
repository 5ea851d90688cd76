"""Which columns an export may have, and how each comes out of the store."""

from __future__ import annotations

from typing import Literal

import msgspec

from otklik.exports.errors import UnknownColumn
from otklik.exports.model import ExportPlan, Subject
from otklik.kit.clickhouse_sql import quote_text
from otklik.kit.i18n import Text

Kind = Literal["text", "whole", "number", "decimal", "bool", "time", "json"]
"""`json`: the text of a JSON value, written as that value in JSON lines and as text elsewhere."""

TRAIT = "traits."
PROPERTY = "properties."
CUSTOMER = "customer."


class Column(msgspec.Struct, frozen=True):
    name: str
    kind: Kind
    label: Text
    usual: bool = True


def _column(name: str, kind: Kind, en: str, ru: str, *, usual: bool = True) -> Column:
    return Column(name, kind, Text(en=en, ru=ru), usual)


_CUSTOMER = (
    _column("customer.name", "text", "Customer's name", "Имя клиента", usual=False),
    _column("customer.email", "text", "Customer's e-mail", "Почта клиента", usual=False),
    _column("customer.phone", "text", "Customer's phone", "Телефон клиента", usual=False),
    _column("customer.user_id", "text", "Customer's user id", "ID клиента", usual=False),
)
PROFILE_ID = _column("profile_id", "whole", "Customer's number", "Номер клиента")

COLUMNS: dict[Subject, tuple[Column, ...]] = {
    Subject.PROFILES: (
        PROFILE_ID,
        _column("name", "text", "Name", "Имя"),
        _column("email", "text", "E-mail", "Почта"),
        _column("phone", "text", "Phone", "Телефон"),
        _column("user_id", "text", "User id", "ID пользователя"),
        _column("known", "bool", "Is known", "Известен"),
        _column("first_seen", "time", "First seen", "Первый визит"),
        _column("last_seen", "time", "Last seen", "Последний визит"),
    ),
    Subject.EVENTS: (
        _column("message_id", "text", "Event's id", "Номер события"),
        PROFILE_ID,
        _column("name", "text", "Event", "Событие"),
        _column("type", "text", "Kind of call", "Вид вызова", usual=False),
        _column("time", "time", "Time", "Время"),
        _column("received_at", "time", "Received at", "Получено", usual=False),
        _column("user_id", "text", "User id", "ID пользователя"),
        _column("anonymous_id", "text", "Anonymous id", "Anonymous id"),
        _column("properties", "json", "Properties", "Параметры"),
        _column("context", "json", "Context", "Контекст", usual=False),
        _column("source", "text", "Source", "Источник"),
        *_CUSTOMER,
    ),
    Subject.ORDERS: (
        _column("order_id", "text", "Order", "Заказ"),
        PROFILE_ID,
        _column("status", "text", "Status", "Статус"),
        _column("placed_at", "time", "Placed at", "Оформлен"),
        _column("total", "decimal", "Total", "Сумма"),
        _column("currency", "text", "Currency", "Валюта"),
        _column("product_ids", "json", "Products", "Товары"),
        _column("product_names", "json", "Names of products", "Названия товаров"),
        _column("categories", "json", "Categories", "Категории", usual=False),
        _column("quantities", "json", "Quantities", "Количества"),
        _column("prices", "json", "Prices", "Цены"),
        *_CUSTOMER,
    ),
    Subject.MESSAGES: (
        _column("message_id", "whole", "Message", "Сообщение"),
        PROFILE_ID,
        _column("source_id", "text", "Campaign's id", "Номер рассылки"),
        _column("source_name", "text", "Campaign", "Рассылка"),
        _column("channel", "text", "Channel", "Канал"),
        _column("variant", "text", "Variant", "Вариант"),
        _column("address", "text", "Address", "Адрес"),
        _column("state", "text", "State", "Состояние"),
        _column("reason", "text", "Reason", "Причина"),
        _column("changed_at", "time", "Changed at", "Изменено"),
        _column("delivered_at", "time", "Delivered at", "Доставлено"),
        _column("opened_at", "time", "Opened at", "Открыто"),
        _column("clicked_at", "time", "Clicked at", "Клик"),
        _column("unsubscribed_at", "time", "Unsubscribed at", "Отписка"),
        *_CUSTOMER,
    ),
}


def chosen(plan: ExportPlan) -> list[Column]:
    """Return the columns of a plan, in its order. Raises: UnknownColumn."""
    known = {column.name: column for column in COLUMNS[plan.subject]}
    if not plan.columns:
        return [column for column in known.values() if column.usual]
    return [known.get(name) or _free(plan.subject, name) for name in plan.columns]


def _free(subject: Subject, name: str) -> Column:
    """Return the column of a trait or property; one that nobody has is empty, not an error."""
    prefix = {Subject.PROFILES: TRAIT, Subject.EVENTS: PROPERTY}.get(subject)
    if prefix is None or not name.startswith(prefix) or len(name) == len(prefix):
        raise UnknownColumn(column=name[:200], subject=subject.value)
    return Column(name, "json", Text(en=name, ru=name))


def traits_of(columns: list[Column]) -> list[str]:
    return [c.name.removeprefix(TRAIT) for c in columns if c.name.startswith(TRAIT)]


def property_sql(name: str) -> str:
    """Return the expression for the JSON text of a property, null where an event has none."""
    keys = ", ".join(quote_text(key) for key in name.removeprefix(PROPERTY).split("."))
    return f"nullIf(JSONExtractRaw(toString(properties), {keys}), '')"
