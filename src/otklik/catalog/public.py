"""The door of the slice `catalog`: orders (products come with the first feed).

order_event(*, profile_id, name, time, properties) -> OrderEvent | Refusal | None
    None: not an order event. Refusal: an order event that cannot be understood, with a code
    and a text in both languages. Pure.
apply_order_events(tx, *, workspace_id, rows, now) -> list[str]
    Set-based; returns the ids of the orders that changed. Repeats and any order of events
    give the same orders. Facts for ClickHouse go through the outbox in the same transaction.
list_orders(tx, *, workspace_id, profile_id=None, cursor=None, limit=50) -> Page[Order]
order_totals(tx, *, workspace_id, profile_id) -> OrderTotals
check_feed(source) -> FeedReport
    What a product feed (YML) holds and what is wrong in it; a refusal is in the report. Pure, a
    stream: the memory of one offer.
on_profiles_merged / on_profiles_parted: subscribers for ProfilesMerged and ProfilesParted.
"""

from otklik.catalog.errors import OrderNotFound
from otklik.catalog.feeds import check_feed
from otklik.catalog.model import (
    ORDER_EVENTS,
    SALES,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    OrderTotals,
    Refusal,
    order_event,
)
from otklik.catalog.operations import apply_order_events, on_profiles_merged, on_profiles_parted
from otklik.catalog.queries import get_order, list_orders, order_totals

__all__ = [
    "ORDER_EVENTS",
    "SALES",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderNotFound",
    "OrderStatus",
    "OrderTotals",
    "Refusal",
    "apply_order_events",
    "check_feed",
    "get_order",
    "list_orders",
    "on_profiles_merged",
    "on_profiles_parted",
    "order_event",
    "order_totals",
]
