"""What an author can put into a letter: every variable with its type and a value of somebody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from otklik.catalog.public import FieldLevel, FieldType, OrderField, order_fields
from otklik.content.engine.variables import (
    ARTICLE_NAMES,
    ARTICLES,
    CUSTOMER_NAMES,
    FEEDS,
    HAPPENED_AT,
    LAST_ORDER,
    LINE_NAMES,
    ORDER_NAMES,
    ORDERS,
    SYSTEM_NAMES,
    KnownVariables,
    known_variables,
)
from otklik.content.events import event_paths, event_variable, newest_events
from otklik.content.feeds.queries import feed_keys
from otklik.content.people import letter_people
from otklik.events.public import EventName, PropertyType, registry
from otklik.kit.i18n import Lang, Text
from otklik.profiles.public import list_profiles, trait_names
from otklik.runtime.public import Tx

LOOKED_AT = 50
"""Newest people among whom a value to show is looked for."""
SHOWN_MAX = 80
EVENTS_SHOWN, PROPERTIES_SHOWN = 40, 30
"""Events that are offered, the last to come first of all, and properties of each."""

TitleLookup = Callable[[Tx, int], Awaitable[Mapping[str, str]]]
"""(tx, workspace_id) → titles of computed traits by flat name ("engagement.points")."""

_title_lookups: list[TitleLookup] = []


class VariableGroup(StrEnum):
    """`order`: of the latest order; `line`: of one of its lines, inside a loop over them.

    `event`: of the latest event of its name.
    `articles`: lists of items of feeds; `item`: of one of them, inside a loop or a repeated row.
    """

    CUSTOMER = "customer"
    COMPUTED = "computed"
    ORDER = "order"
    LINE = "line"
    EVENT = "event"
    ARTICLES = "articles"
    ITEM = "item"
    SYSTEM = "system"


class VariableType(StrEnum):
    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    DATE = "date"
    LIST = "list"
    OBJECT = "object"


class LetterVariable(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: as it stands between the braces of Liquid. `title`: what people call it, empty where
    nobody named it. `sample`: a value of the chosen person, or of somebody; null where nobody has
    any."""

    name: str
    group: VariableGroup
    type: VariableType
    title: str = ""
    sample: str | None = None


def use_trait_titles(lookup: TitleLookup) -> None:
    """Add a look-up; called by `entrypoints/wiring` once per process."""
    if lookup not in _title_lookups:
        _title_lookups.append(lookup)


async def letter_names(tx: Tx, *, workspace_id: int) -> KnownVariables:
    """Return the names that letters of a workspace may use."""
    traits = await trait_names(tx, workspace_id=workspace_id)
    fields = await order_fields(tx, workspace_id=workspace_id)
    return known_variables(
        {one.trait for one in traits},
        {one.field for one in fields if one.level is FieldLevel.ORDER},
        await feed_keys(tx, workspace_id=workspace_id),
        event_paths(await registry(tx, workspace_id=workspace_id)),
        {one.field for one in fields if one.level is FieldLevel.LINE},
    )


async def letter_variables(
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int | None,
    context: Mapping[str, Any],
    lang: Lang,
) -> list[LetterVariable]:
    """Return everything that a letter can name. `context`: of a preview, for what is not personal;
    `profile_id`: whose values to show; `lang`: of the titles of what is always there."""
    traits = await trait_names(tx, workspace_id=workspace_id)
    fields = await order_fields(tx, workspace_id=workspace_id)
    titles: dict[str, str] = {}
    for lookup in _title_lookups:
        titles |= await lookup(tx, workspace_id)
    people = await _somebody(tx, workspace_id, profile_id)
    types: dict[str, str] = {}
    for one in traits:  # the commonest type of a name comes first
        types.setdefault(one.trait, one.type)
    found = [
        *_customer(types, titles, people),
        *_orders(fields, people),
        *_events(await registry(tx, workspace_id=workspace_id), lang),
        *_articles(await feed_keys(tx, workspace_id=workspace_id), context),
        *(
            LetterVariable(
                name=name,
                group=VariableGroup.SYSTEM,
                type=VariableType.DATE if name == "now" else VariableType.STRING,
                sample=_shown(_at(context, name)),
            )
            for name in sorted(SYSTEM_NAMES)
        ),
    ]
    return [
        msgspec.structs.replace(one, title=_TITLES[one.name].of(lang))
        if one.name in _TITLES and not one.title
        else one
        for one in found
    ]


_TITLES = {
    "customer.first_name": Text(en="First name", ru="Имя"),
    "customer.last_name": Text(en="Last name", ru="Фамилия"),
    "customer.name": Text(en="Full name", ru="Полное имя"),
    "customer.email": Text(en="E-mail", ru="Почта"),
    "customer.phone": Text(en="Phone", ru="Телефон"),
    "customer.user_id": Text(en="User ID", ru="Идентификатор пользователя"),
    "customer.id": Text(en="Number in Otklik", ru="Номер в Otklik"),
    "orders": Text(en="Latest orders, in a loop", ru="Последние заказы, в цикле"),
    "last_order.order_id": Text(en="ID of the order", ru="Идентификатор заказа"),
    "last_order.number": Text(en="Number of the order", ru="Номер заказа"),
    "last_order.status": Text(en="Status of the order", ru="Статус заказа"),
    "last_order.placed_at": Text(en="Date of the order", ru="Дата заказа"),
    "last_order.total": Text(en="Total of the order", ru="Сумма заказа"),
    "last_order.refunded": Text(en="Refunded", ru="Возвращено"),
    "last_order.currency": Text(en="Currency of the order", ru="Валюта заказа"),
    "last_order.source": Text(en="Where it was made", ru="Откуда заказ"),
    "last_order.shop": Text(en="Shop", ru="Магазин"),
    "last_order.lines": Text(en="Lines of the order, in a loop", ru="Строки заказа, в цикле"),
    "line.product_id": Text(en="ID of the product", ru="Идентификатор товара"),
    "line.name": Text(en="Name of the product", ru="Название товара"),
    "line.quantity": Text(en="Quantity", ru="Количество"),
    "line.price": Text(en="Price", ru="Цена"),
    "line.category": Text(en="Category", ru="Категория"),
    "line.vendor": Text(en="Vendor", ru="Производитель"),
    "line.picture": Text(en="Picture of the product", ru="Картинка товара"),
    "line.url": Text(en="Page of the product", ru="Страница товара"),
    "articles": Text(en="Items of all feeds, in a loop", ru="Материалы всех лент, в цикле"),
    "item.title": Text(en="Title", ru="Заголовок"),
    "item.link": Text(en="Link", ru="Ссылка"),
    "item.summary": Text(en="Summary", ru="Краткий текст"),
    "item.picture": Text(en="Picture", ru="Картинка"),
    "item.category": Text(en="First category", ru="Первая рубрика"),
    "item.categories": Text(en="Categories", ru="Рубрики"),
    "item.published_at": Text(en="Date of publication", ru="Дата публикации"),
    "item.feed": Text(en="Name of the feed", ru="Название ленты"),
    "item.price": Text(en="Price, in a feed of products", ru="Цена, в ленте товаров"),
    "item.old_price": Text(
        en="Old price, in a feed of products", ru="Старая цена, в ленте товаров"
    ),
    "item.currency": Text(en="Currency, in a feed of products", ru="Валюта, в ленте товаров"),
    "workspace.name": Text(en="Name of the workspace", ru="Название пространства"),
    "workspace.timezone": Text(en="Time zone", ru="Часовой пояс"),
    "workspace.currency": Text(en="Currency", ru="Валюта"),
    "workspace.lang": Text(en="Language", ru="Язык"),
    "campaign.id": Text(en="ID of the mailing", ru="Идентификатор рассылки"),
    "campaign.name": Text(en="Name of the mailing", ru="Название рассылки"),
    "campaign.variant": Text(en="Variant of the letter", ru="Вариант письма"),
    "sender.name": Text(en="Name of the sender", ru="Имя отправителя"),
    "sender.address": Text(en="Address of the sender", ru="Адрес отправителя"),
    "unsubscribe_url": Text(en="Link to unsubscribe", ru="Ссылка для отписки"),
    "answer_url": Text(en="Address of the form in the AMP part", ru="Адрес формы из AMP-версии"),
    "preferences_url": Text(en="Link to the settings of mail", ru="Ссылка на настройки рассылок"),
    "now": Text(en="Moment of sending", ru="Момент отправки"),
}


async def _somebody(
    tx: Tx, workspace_id: int, profile_id: int | None
) -> Sequence[Mapping[str, Any]]:
    ids = [profile_id] if profile_id is not None else []
    if profile_id is None:
        page = await list_profiles(tx, workspace_id=workspace_id, limit=LOOKED_AT)
        ids = [item.id for item in page.items]
    people = await letter_people(tx, workspace_id=workspace_id, profile_ids=ids, with_orders=True)
    return [people[one] for one in ids if one in people]


def _customer(
    types: Mapping[str, str], titles: Mapping[str, str], people: Sequence[Mapping[str, Any]]
) -> Iterable[LetterVariable]:
    known = {**dict.fromkeys(CUSTOMER_NAMES, "string"), "id": "number"}
    for name, kind in {**known, **types}.items():
        yield LetterVariable(
            name=_path("customer", name),
            group=VariableGroup.COMPUTED if name in titles else VariableGroup.CUSTOMER,
            type=VariableType(known.get(name, kind)),
            title=titles.get(name, ""),
            sample=_first(_at(person["customer"], name) for person in people),
        )


_ORDER_TYPES = {
    "placed_at": VariableType.DATE,
    "total": VariableType.NUMBER,
    "refunded": VariableType.NUMBER,
    "lines": VariableType.LIST,
    "price": VariableType.NUMBER,
    "quantity": VariableType.NUMBER,
}
_FIELD_TYPES = {
    FieldType.TEXT: VariableType.STRING,
    FieldType.NUMBER: VariableType.NUMBER,
    FieldType.DATE: VariableType.DATE,
    FieldType.BOOL: VariableType.BOOL,
}


def _orders(
    fields: Sequence[OrderField], people: Sequence[Mapping[str, Any]]
) -> Iterable[LetterVariable]:
    orders = [order for person in people for order in person["orders"]]
    lines = [line for order in orders for line in order["lines"]]
    yield LetterVariable(name=ORDERS, group=VariableGroup.ORDER, type=VariableType.LIST)
    for group, level, start, names, found in (
        (VariableGroup.ORDER, FieldLevel.ORDER, LAST_ORDER, ORDER_NAMES, orders),
        (VariableGroup.LINE, FieldLevel.LINE, "line", LINE_NAMES, lines),
    ):
        for name in names:
            yield LetterVariable(
                name=f"{start}.{name}",
                group=group,
                type=_ORDER_TYPES.get(name, VariableType.STRING),
                sample=_first(one.get(name) for one in found),
            )
        for field in fields:
            if field.level is level:
                yield LetterVariable(
                    name=_path(f"{start}.fields", field.field),
                    group=group,
                    type=_FIELD_TYPES[field.type],
                    title=field.title,
                    sample=_first(one["fields"].get(field.field) for one in found),
                )


_EVENT_TYPES = {
    PropertyType.STRING: VariableType.STRING,
    PropertyType.NUMBER: VariableType.NUMBER,
    PropertyType.BOOL: VariableType.BOOL,
    PropertyType.LIST: VariableType.LIST,
    PropertyType.OBJECTS: VariableType.LIST,
}
_WHEN = Text(en="{event}: when", ru="{event}: когда")


def _events(registered: Iterable[EventName], lang: Lang) -> Iterable[LetterVariable]:
    """The latest event of each name; samples are values that such events have had."""
    shown = newest_events(registered, names_max=EVENTS_SHOWN, properties_max=PROPERTIES_SHOWN)
    for event, properties in shown:
        moment = event_variable(event.name, HAPPENED_AT)
        if moment is None:
            continue
        yield LetterVariable(
            name=moment,
            group=VariableGroup.EVENT,
            type=VariableType.DATE,
            title=_WHEN.of(lang, {"event": event.name}),
            sample=event.last_seen.isoformat(timespec="minutes"),
        )
        for given in properties:
            name = event_variable(event.name, given.path)
            if name is not None:
                yield LetterVariable(
                    name=name,
                    group=VariableGroup.EVENT,
                    type=_EVENT_TYPES[given.type],
                    title=f"{event.name}: {given.path}",
                    sample=_shown(given.sample),
                )


_ITEM_TYPES = {
    "categories": VariableType.LIST,
    "published_at": VariableType.DATE,
    "price": VariableType.NUMBER,
    "old_price": VariableType.NUMBER,
}


def _articles(
    keys: Mapping[str, tuple[Any, str]], context: Mapping[str, Any]
) -> Iterable[LetterVariable]:
    """Lists of items; while there is no feed, nothing is offered."""
    if not keys:
        return
    items = context.get(ARTICLES, ())
    group, kind = VariableGroup.ARTICLES, VariableType.LIST
    yield LetterVariable(name=ARTICLES, group=group, type=kind)
    for key, (_, title) in keys.items():
        yield LetterVariable(name=f"{FEEDS}.{key}", group=group, type=kind, title=title)
    for name in ARTICLE_NAMES:
        yield LetterVariable(
            name=f"item.{name}",
            group=VariableGroup.ITEM,
            type=_ITEM_TYPES.get(name, VariableType.STRING),
            sample=_first(one.get(name) for one in items),
        )


def _path(start: str, name: str) -> str:
    """Return the name as Liquid takes it: parts with dots, or in brackets where they are no words.

    A dot inside a trait's name is a step into an object.
    """
    path = start
    for part in name.split("."):
        is_word = part.replace("_", "a").replace("-", "a").isalnum() and not part[:1].isdigit()
        path += f".{part}" if is_word and not part.startswith("-") else f'["{part}"]'
    return path


def _at(values: Any, name: str) -> Any:
    """Return the value of a dotted name; a name with a dot of its own is found too."""
    if isinstance(values, Mapping) and name in values:
        return values[name]
    head, _, rest = name.partition(".")
    if not rest or not isinstance(values, Mapping):
        return None
    return _at(values.get(head), rest)


def _first(values: Iterable[Any]) -> str | None:
    return next((shown for value in values if (shown := _shown(value)) is not None), None)


def _shown(value: Any) -> str | None:
    match value:
        case None | "" | dict():
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(timespec="minutes")
        case list():
            plain = [one for one in value if isinstance(one, str | int | float)]
            return ", ".join(map(str, plain))[:SHOWN_MAX] or None
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)[:SHOWN_MAX]
