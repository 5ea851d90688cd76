"""Orders over HTTP."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Controller, get
from litestar.params import Parameter

from otklik.accounts.public import Permission, Principal, requires
from otklik.catalog import queries
from otklik.catalog.model import Order, OrderTotals
from otklik.kit.pagination import Page
from otklik.profiles.public import get_profile
from otklik.runtime.public import Tx

Limit = Annotated[int, Parameter(ge=1, le=200)]


class LineView(msgspec.Struct):
    product_id: str
    name: str
    category: str
    quantity: float
    price: Decimal


class OrderView(msgspec.Struct):
    """An order; amounts are decimal texts in its currency."""

    order_id: str
    profile_id: int
    status: str
    placed_at: datetime
    total: Decimal
    currency: str
    refunded: Decimal
    lines: list[LineView]


class Orders(Controller):
    path = "/orders"
    tags = ["Orders"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="list_orders")
    async def list_orders(
        self, tx: Tx, who: Principal, cursor: str | None = None, limit: Limit = 50
    ) -> Page[OrderView]:
        """Orders of the workspace, newest first."""
        page = await queries.list_orders(
            tx, workspace_id=who.workspace_id, cursor=cursor, limit=limit
        )
        return _views(page)

    @get("/{order_id:str}", operation_id="get_order")
    async def one(self, tx: Tx, who: Principal, order_id: str) -> OrderView:
        """One order by its number."""
        return _view(await queries.get_order(tx, workspace_id=who.workspace_id, order_id=order_id))


@get(
    "/profiles/{profile_id:int}/orders",
    operation_id="list_profile_orders",
    tags=["Profiles"],
    guards=[requires(Permission.VIEW)],
)
async def list_profile_orders(
    tx: Tx, who: Principal, profile_id: int, cursor: str | None = None, limit: Limit = 50
) -> Page[OrderView]:
    """Orders of one person, newest first."""
    card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
    return _views(
        await queries.list_orders(
            tx, workspace_id=who.workspace_id, profile_id=card.id, cursor=cursor, limit=limit
        )
    )


@get(
    "/profiles/{profile_id:int}/orders/totals",
    operation_id="get_profile_order_totals",
    tags=["Profiles"],
    guards=[requires(Permission.VIEW)],
)
async def profile_order_totals(tx: Tx, who: Principal, profile_id: int) -> OrderTotals:
    """How many orders a person has, of what sum, and when the last one was."""
    card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
    return await queries.order_totals(tx, workspace_id=who.workspace_id, profile_id=card.id)


HANDLERS: list[Any] = [Orders, list_profile_orders, profile_order_totals]


def _views(page: Page[Order]) -> Page[OrderView]:
    return Page([_view(order) for order in page.items], page.next_cursor)


def _view(order: Order) -> OrderView:
    return OrderView(
        order_id=order.order_id,
        profile_id=order.profile_id,
        status=order.status.value,
        placed_at=order.placed_at,
        total=order.total,
        currency=order.currency,
        refunded=order.refunded,
        lines=[
            LineView(
                product_id=line.product_id,
                name=line.name,
                category=line.category,
                quantity=line.quantity,
                price=line.price,
            )
            for line in order.lines
        ],
    )
