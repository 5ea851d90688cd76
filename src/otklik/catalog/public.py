"""The door of the slice `catalog`: orders and product feeds.

order_event(*, profile_id, name, time, properties) -> OrderEvent | Refusal | None
    None: not an order event. Refusal: an order event that cannot be understood, with a code
    and a text in both languages. Pure.
apply_order_events(tx, *, workspace_id, rows, now) -> list[str]
    Set-based; returns the ids of the orders that changed. Repeats and any order of events
    give the same orders. Facts for ClickHouse go through the outbox in the same transaction.
list_orders(tx, *, workspace_id, profile_id=None, cursor=None, limit=50) -> Page[Order]
order_totals(tx, *, workspace_id, profile_id) -> OrderTotals
order_fields(tx, *, workspace_id) -> list[OrderField]
    Fields of a workspace's own: name, level (order or line), type, title, source. In ClickHouse
    `orders` has them as maps from name: fields_text and fields_num (number; bool 0 or 1; date as
    seconds of the epoch), and per line, in the order of product_ids, line_fields_text and
    line_fields_num; besides source, shop and number, and `vendors`, one per line: who made it, ''
    where nobody says. Lines from before vendors were kept may lack theirs: `vendors[i]` is ''.
letter_orders(tx, *, workspace_id, profile_ids, limit=3) -> {profile_id: [plain order]}
    The latest orders of people with their fields, as plain values for letters.
letter_products(tx, *, workspace_id, product_ids) -> {product_id: LetterProduct}
products_of_offers(tx, *, workspace_id, offer_ids) -> {offer_id: LetterProduct}
    Products as letters show them: name, page, picture, prices; gone ones too, not `listed`.
check_any_file(path) -> FeedReport | ExchangeReport
    The same as check_feed for a file that may be packed (gzip, zip), or be one of 1C (CommerceML).
check_feed(source) -> FeedReport
    What a product feed (YML, Google Merchant) holds and what is wrong in it; a refusal is in the
    report. Pure, a stream: the memory of one offer.
XmlStream(source, begin, largest=…): any XML as a stream, entities refused; `begin` chooses a
    grammar by the root element (XmlWalk, FeedGrammar, FeedText); yml_grammar is that of products.
    Raises FeedRefused.
on_profiles_merged / on_profiles_parted: subscribers for ProfilesMerged and ProfilesParted.
"""

from otklik.catalog.erasure import count_person_orders, erase_orders, export_orders
from otklik.catalog.errors import OrderNotFound
from otklik.catalog.exchange.erasure import (
    count_sale_files,
    erase_sale_files,
    export_sale_files,
)
from otklik.catalog.exchange.troubles import ExchangeTrouble, exchange_troubles
from otklik.catalog.feeds import check_feed
from otklik.catalog.feeds.errors import FeedRefused
from otklik.catalog.feeds.model import FeedCategory, FeedOffer
from otklik.catalog.feeds.stream import Characters as FeedText
from otklik.catalog.feeds.stream import Grammar as FeedGrammar
from otklik.catalog.feeds.stream import Walk as XmlWalk
from otklik.catalog.feeds.stream import XmlStream
from otklik.catalog.feeds.yml import Yml as yml_grammar  # noqa: N813 - called like a function
from otklik.catalog.fields import FieldLevel, FieldType, OrderField
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
from otklik.catalog.products.cards import LetterProduct, letter_products, products_of_offers
from otklik.catalog.products.check import check_any_file
from otklik.catalog.products.troubles import FeedTrouble, feed_troubles
from otklik.catalog.queries import (
    get_order,
    letter_orders,
    list_orders,
    order_fields,
    order_totals,
)

__all__ = [
    "ORDER_EVENTS",
    "SALES",
    "ExchangeTrouble",
    "FeedCategory",
    "FeedGrammar",
    "FeedOffer",
    "FeedRefused",
    "FeedText",
    "FeedTrouble",
    "FieldLevel",
    "FieldType",
    "LetterProduct",
    "Order",
    "OrderEvent",
    "OrderField",
    "OrderLine",
    "OrderNotFound",
    "OrderStatus",
    "OrderTotals",
    "Refusal",
    "XmlStream",
    "XmlWalk",
    "apply_order_events",
    "check_any_file",
    "check_feed",
    "count_person_orders",
    "count_sale_files",
    "erase_orders",
    "erase_sale_files",
    "exchange_troubles",
    "export_orders",
    "export_sale_files",
    "feed_troubles",
    "get_order",
    "letter_orders",
    "letter_products",
    "list_orders",
    "on_profiles_merged",
    "on_profiles_parted",
    "order_event",
    "order_fields",
    "order_totals",
    "products_of_offers",
    "yml_grammar",
]
