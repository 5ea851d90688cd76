"""What can go wrong with orders in a way that a caller can act on."""

from __future__ import annotations

from otklik.kit.errors import NotFound
from otklik.kit.i18n import Text


class OrderNotFound(NotFound):
    code = "order_not_found"
    message = Text(en="Order {order_id} was not found.", ru="Заказ {order_id} не найден.")
