"""What letters know of their recipients: the profile and, where it is asked for, the orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from otklik.catalog.public import letter_orders, products_of_offers
from otklik.profiles.public import render_context
from otklik.runtime.public import Tx

ORDERS_MAX = 10
"""Latest orders of a person that a letter may go through."""


async def letter_people(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int], with_orders: bool
) -> dict[int, dict[str, Any]]:
    """Return per profile {"customer": {…}, "orders": […]}, plain values for `letter_context`.

    `with_orders`: read the latest orders, newest first; without it there are none. A profile that
    is gone is left out. A line of an order has `picture` and `url` where the catalogue knows its
    product.
    """
    people = await render_context(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    orders = (
        await letter_orders(
            tx, workspace_id=workspace_id, profile_ids=list(people), limit=ORDERS_MAX
        )
        if with_orders and people
        else {}
    )
    await _add_products(tx, workspace_id, orders.values())
    return {one: {**person, "orders": orders.get(one, [])} for one, person in people.items()}


async def _add_products(tx: Tx, workspace_id: int, orders: Iterable[list[dict[str, Any]]]) -> None:
    lines = [line for some in orders for order in some for line in order["lines"]]
    wanted = {line["product_id"] for line in lines if line["product_id"]}
    found = (
        await products_of_offers(tx, workspace_id=workspace_id, offer_ids=wanted) if wanted else {}
    )
    for line in lines:
        product = found.get(line["product_id"])
        line["picture"] = product.picture if product else None
        line["url"] = product.url if product else None
