"""What can go wrong with orders in a way that a caller can act on."""

from __future__ import annotations

from otklik.kit.errors import Conflict, NotFound
from otklik.kit.i18n import Text


class OrderNotFound(NotFound):
    code = "order_not_found"
    message = Text(en="Order {order_id} was not found.", ru="Заказ {order_id} не найден.")


class FieldNotFound(NotFound):
    code = "order_field_not_found"
    message = Text(en="There is no field {field} on orders.", ru="У заказов нет поля {field}.")


class TooManyFields(Conflict):
    code = "too_many_order_fields"
    message = Text(en="There are {limit} fields on orders already.", ru="Полей заказа уже {limit}.")
    hint = Text(en="Delete one that is not used any more.", ru="Удалите одно из тех, что не нужны.")
