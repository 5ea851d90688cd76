"""Our orders for 1C, as a file of CommerceML 2."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.catalog import tables as base
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.documents import decimal_text
from otklik.catalog.model import Order, OrderStatus
from otklik.catalog.queries import order_of
from otklik.profiles.public import render_context
from otklik.runtime.public import Tx

AT_ONCE: Final = 2_000
"""Orders in one exchange; the rest goes with the next one."""
_WORDS: Final = {
    OrderStatus.PLACED: "Принят",
    OrderStatus.PAID: "Оплачен",
    OrderStatus.CANCELLED: "Отменен",
    OrderStatus.RETURNED: "Возврат",
}
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Offered(msgspec.Struct, frozen=True):
    """A file for 1C. `version`: greatest of its orders, or None without any."""

    body: bytes
    orders: int
    version: int | None


async def offer_orders(tx: Tx, connection: Any, *, now: datetime) -> Offered:
    """Return the orders that changed since 1C confirmed any, oldest change first.

    Changes of the orders of one workspace are committed in the order of their versions, since each
    writer holds its lock to the end: no change can slip in below a version that was handed out.
    """
    workspace = await get_workspace(tx, workspace_id=connection.workspace_id)
    o, e = base.orders.c, t.exchange_echoes.c
    rows = (
        await tx.execute(
            sa.select(base.orders)
            .where(
                o.workspace_id == connection.workspace_id,
                o.version > connection.taken_version,
                ~sa.exists().where(
                    e.exchange_id == connection.exchange_id,
                    e.order_id == o.order_id,
                    e.version == o.version,
                ),
            )
            .order_by(o.version)
            .limit(AT_ONCE)
        )
    ).all()
    people = await render_context(
        tx,
        workspace_id=connection.workspace_id,
        profile_ids=sorted({row.profile_id for row in rows}),
    )
    zone = ZoneInfo(workspace.timezone)
    encoding = connection.encoding
    head = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<КоммерческаяИнформация ВерсияСхемы="2.05"'
        f' ДатаФормирования="{now.astimezone(zone):%Y-%m-%dT%H:%M:%S}">\n'
    )
    documents = "".join(
        _document(order_of(row), people.get(row.profile_id, {}).get("customer", {}), zone)
        for row in rows
    )
    text = f"{head}{documents}</КоммерческаяИнформация>\n"
    return Offered(
        body=text.encode(encoding, "xmlcharrefreplace"),
        orders=len(rows),
        version=rows[-1].version if rows else None,
    )


async def confirm_orders(tx: Tx, connection: Any, session: Any) -> int:
    """Count what the session handed out as taken; returns how many orders. Repeatable."""
    if session.offered_version is None:
        return 0
    c, e, s = t.exchanges.c, t.exchange_echoes.c, t.exchange_sessions.c
    await tx.execute(
        t.exchanges.update()
        .where(c.exchange_id == connection.exchange_id)
        .values(taken_version=sa.func.greatest(c.taken_version, session.offered_version))
    )
    await tx.execute(
        t.exchange_echoes.delete().where(
            e.exchange_id == connection.exchange_id, e.version <= session.offered_version
        )
    )
    await tx.execute(
        t.exchange_sessions.update()
        .where(s.session_id == session.session_id)
        .values(
            offered_version=None,
            orders_taken=s.orders_taken + s.orders_offered,
            orders_offered=0,
        )
    )
    return int(session.orders_offered)


def _e(tag: str, value: object) -> str:
    return f"<{tag}>{escape(_NOT_XML.sub('', str(value)))}</{tag}>"


def _fact(name: str, value: object) -> str:
    return (
        f"<ЗначениеРеквизита>{_e('Наименование', name)}{_e('Значение', value)}</ЗначениеРеквизита>"
    )


def _contact(kind: str, value: str) -> str:
    return f"<Контакт>{_e('Тип', kind)}{_e('Значение', value)}</Контакт>" if value else ""


def _document(order: Order, person: dict[str, Any], zone: ZoneInfo) -> str:
    at = order.placed_at.astimezone(zone)
    name = person.get("name") or person.get("email") or person.get("phone") or "Покупатель"
    contacts = _contact("Почта", person.get("email", ""))
    contacts += _contact("Телефон", person.get("phone", ""))
    lines = "".join(
        "<Товар>"
        + _e("Ид", line.product_id)
        + _e("Наименование", line.name)
        + '<БазоваяЕдиница Код="796" НаименованиеПолное="Штука"'
        ' МеждународноеСокращение="PCE">шт</БазоваяЕдиница>'
        + _e("ЦенаЗаЕдиницу", decimal_text(line.price))
        + _e("Количество", decimal_text(line.quantity))
        + _e("Сумма", f"{line.price * line.quantity:.2f}")
        + "<ЗначенияРеквизитов>"
        + _fact("ВидНоменклатуры", "Товар")
        + _fact("ТипНоменклатуры", "Товар")
        + "</ЗначенияРеквизитов></Товар>"
        for line in order.lines
    )
    is_off = order.status in {OrderStatus.CANCELLED, OrderStatus.RETURNED}
    return (
        "<Документ>"
        + _e("Ид", order.order_id)
        + _e("Номер", order.number or order.order_id)
        + _e("Дата", f"{at:%Y-%m-%d}")
        + _e("ХозОперация", "Заказ товара")
        + _e("Роль", "Продавец")
        + _e("Валюта", order.currency)
        + _e("Курс", 1)
        + _e("Сумма", f"{order.total:.2f}")
        + "<Контрагенты><Контрагент>"
        + _e("Ид", order.profile_id)
        + _e("Наименование", name)
        + _e("ПолноеНаименование", name)
        + _e("Роль", "Покупатель")
        + (f"<Контакты>{contacts}</Контакты>" if contacts else "")
        + "</Контрагент></Контрагенты>"
        + _e("Время", f"{at:%H:%M:%S}")
        + f"<Товары>{lines}</Товары><ЗначенияРеквизитов>"
        + _fact("Статус заказа", _WORDS[order.status])
        + _fact("Отменен", "true" if is_off else "false")
        + _fact("Заказ оплачен", "true" if order.status is OrderStatus.PAID else "false")
        + "</ЗначенияРеквизитов></Документ>\n"
    )
