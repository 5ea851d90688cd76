"""What letters know of their recipients: the profile and, where it is asked for, the orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otklik.catalog.public import letter_orders
from otklik.profiles.public import render_context
from otklik.runtime.public import Tx

ORDERS_MAX = 10
"""Latest orders of a person that a letter may go through."""


async def letter_people(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int], with_orders: bool
) -> dict[int, dict[str, Any]]:
    """Return per profile {"customer": {…}, "orders": […]}, plain values for `letter_context`.

    `with_orders`: read the latest orders, newest first; without it there are none. A profile that
    is gone is left out.
    """
    people = await render_context(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    orders = (
        await letter_orders(
            tx, workspace_id=workspace_id, profile_ids=list(people), limit=ORDERS_MAX
        )
        if with_orders and people
        else {}
    )
    return {one: {**person, "orders": orders.get(one, [])} for one, person in people.items()}
