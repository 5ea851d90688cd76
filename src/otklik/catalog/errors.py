"""Errors of the catalogue."""

from __future__ import annotations

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text


class OrderNotFound(OtklikError):
    code = "order_not_found"
    status = 404
    message = Text(en="There is no order {order_id}.", ru="Заказа {order_id} нет.")
