"""The variables of letters: what there is, and what a letter asks for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from liquid.static_analysis import Variable

ANSWER_URL = "answer_url"
"""Where forms of a letter send their answers, and where a page with the same form is."""
# Always there, whatever the customer: their absence in the data gives an empty text, no complaint.
CUSTOMER_NAMES = ("first_name", "last_name", "name", "email", "phone", "user_id", "id")
SYSTEM_NAMES = frozenset(
    {
        "workspace.name",
        "workspace.timezone",
        "workspace.currency",
        "workspace.lang",
        "campaign.id",
        "campaign.name",
        "campaign.variant",
        "sender.name",
        "sender.address",
        "unsubscribe_url",
        "preferences_url",
        ANSWER_URL,
        "now",
    }
)
# An order as letters see it: `orders` are a person's latest, `last_order` is the first of them.
ORDER_NAMES = (
    "order_id",
    "number",
    "status",
    "placed_at",
    "total",
    "refunded",
    "currency",
    "source",
    "shop",
    "lines",
)
LINE_NAMES = (
    "product_id",
    "name",
    "quantity",
    "price",
    "category",
    "vendor",
    "picture",
    "url",
)
# What the request for a transactional letter brings; its names are the sender's own.
DATA = "data"
# The latest event of each name: `events.product_viewed.price`; `happened_at` is its moment.
EVENTS = "events"
HAPPENED_AT = "happened_at"
LAST_ORDER = "last_order"
ORDERS = "orders"
# Items of feeds: of all that a letter may show, and feed by feed under their keys.
ARTICLES = "articles"
FEEDS = "feeds"
ARTICLE_NAMES = (
    "title",
    "link",
    "summary",
    "picture",
    "category",
    "categories",
    "published_at",
    "feed",
    "price",
    "old_price",
    "currency",
)
# One element of a list, whatever a letter calls it: an order, a line of one, an item of a feed.
ORDER, LINE, ITEM = "order", "line", "item"
# Properties that Liquid itself gives to lists and texts.
LIQUID_NAMES = frozenset({"size", "first", "last"})


class KnownVariables(msgspec.Struct, frozen=True):
    """`names` are full dotted names. `open`: beginnings below which every name is accepted.

    `elements`: what elements of lists have, by `ORDER`, `LINE` and `ITEM`; of those in
    `open_elements` any own field.
    """

    names: frozenset[str]
    open: frozenset[str] = frozenset()
    elements: dict[str, frozenset[str]] = {}
    open_elements: frozenset[str] = frozenset()

    def has_field(self, kind: str, field: str) -> bool:
        """Tell whether an element has a field: ("line", "price"), ("order", "fields.licence")."""
        if field == "fields":
            return kind != ITEM
        if field.startswith("fields.") and kind in self.open_elements:
            return True
        return field in self.elements.get(kind, frozenset())

    def guess_field(self, kind: str, field: str) -> str | None:
        """Return the known field most like `field`, if one is near."""
        known = self.elements.get(kind, frozenset())
        near = difflib.get_close_matches(field, known, n=1, cutoff=0.7)
        return near[0] if near else None

    def has(self, name: str) -> bool:
        """Tell whether `name` is known, or is a part of, or lies inside, a known one."""
        if any(name == start or name.startswith(f"{start}.") for start in self.open):
            return True
        if name in self.names or any(known.startswith(name + ".") for known in self.names):
            return True
        head = name
        while "." in head:
            head = head.rpartition(".")[0]
            if head in self.names:
                return True
        return False

    def guess(self, name: str) -> str | None:
        """Return the known name most like `name`, if one is near."""
        near = difflib.get_close_matches(name, self.names, n=1, cutoff=0.75)
        return near[0] if near else None


def known_variables(
    traits: Iterable[str] | None = None,
    order_fields: Iterable[str] | None = None,
    feeds: Iterable[str] | None = None,
    events: Iterable[str] | None = None,
    line_fields: Iterable[str] | None = None,
) -> KnownVariables:
    """Return the names a letter may use: the system's own, the customers' traits, their orders,
    the items of feeds, their latest events.

    `traits` are trait names as the profiles keep them ("city", "address.city"), `order_fields` the
    names of the workspace's own fields of orders and `line_fields` those of their lines, `feeds`
    the keys of its feeds, `events` the names of events with their properties
    ("product_viewed.price"); None when they are not known, then every customer.…, every
    last_order.fields.…, every feeds.…, every events.… passes.
    """
    customer = {f"customer.{name}" for name in (*CUSTOMER_NAMES, *(traits or ()))}
    orders = {ORDERS, *(f"{LAST_ORDER}.{name}" for name in ORDER_NAMES)}
    orders |= {f"{LAST_ORDER}.fields.{name}" for name in order_fields or ()}
    articles = {ARTICLES, *(f"{FEEDS}.{key}" for key in feeds or ())}
    happened = {f"{EVENTS}.{name}" for name in events or ()}
    unknown = {
        "customer": traits is None,
        EVENTS: events is None,
        f"{LAST_ORDER}.fields": order_fields is None,
        FEEDS: feeds is None,
    }
    return KnownVariables(
        names=SYSTEM_NAMES | customer | orders | articles | happened | {DATA},
        open=frozenset(start for start, is_open in unknown.items() if is_open) | {DATA},
        elements={
            ORDER: frozenset(ORDER_NAMES) | {f"fields.{name}" for name in order_fields or ()},
            LINE: frozenset(LINE_NAMES) | {f"fields.{name}" for name in line_fields or ()},
            ITEM: frozenset(ARTICLE_NAMES),
        },
        open_elements=frozenset(
            kind for kind, fields in ((ORDER, order_fields), (LINE, line_fields)) if fields is None
        ),
    )


def variable_name(variable: Variable) -> str:
    """Return the dotted name of a variable, up to the first part that is only known later."""
    names: list[str] = []
    for segment in variable.segments:
        if not isinstance(segment, str) or (names and segment in LIQUID_NAMES):
            break
        names.append(segment)
    return ".".join(names) or str(variable)


def letter_context(
    *,
    customer: Mapping[str, Any],
    unsubscribe_url: str,
    workspace: Mapping[str, Any],
    now: datetime,
    orders: Sequence[Mapping[str, Any]] = (),
    articles: Mapping[str, Any] | None = None,
    events: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    campaign: Mapping[str, Any] | None = None,
    sender: Mapping[str, Any] | None = None,
    preferences_url: str | None = None,
    answer_url: str = "",
) -> dict[str, Any]:
    """Return the context of one person's letter.

    customer: traits and identifiers of the profile, nested as they are.
    orders: the latest orders, newest first, as `letter_people` gives them.
    articles: {"articles": […], "feeds": {key: […]}}, the items of feeds for this person.
    events: {name: properties with `happened_at`}, the latest event of each name.
    data: what the request for a transactional letter brought.
    workspace: name, timezone (IANA), lang ("en" or "ru"), currency.
    campaign: id, name, variant; sender: name, address. All values plain data.
    """
    return {
        "customer": dict(customer),
        ORDERS: [dict(order) for order in orders],
        LAST_ORDER: dict(orders[0]) if orders else {},
        ARTICLES: [],
        FEEDS: {},
        **(articles or {}),
        EVENTS: dict(events or {}),
        DATA: dict(data or {}),
        "workspace": dict(workspace),
        "campaign": dict(campaign or {}),
        "sender": dict(sender or {}),
        "unsubscribe_url": unsubscribe_url,
        "preferences_url": preferences_url or unsubscribe_url,
        ANSWER_URL: answer_url,
        "now": now,
    }
