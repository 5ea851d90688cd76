"""Orders over HTTP."""

from litestar import Controller, get
from litestar.params import FromPath, FromQuery

from otklik.accounts.public import Permission, Who, requires
from otklik.catalog import queries
from otklik.catalog.model import Order, OrderStatus
from otklik.kit.pagination import Page
from otklik.profiles.public import get_profile
from otklik.runtime.web.providers import OpenTx


class ProfileOrdersController(Controller):
    path = "/profiles/{profile_id:int}/orders"
    tags = ["Orders"]

    @get("/", operation_id="list_profile_orders", guards=[requires(Permission.VIEW)])
    async def list_profile_orders(
        self,
        profile_id: FromPath[int],
        who: Who,
        tx: OpenTx,
        *,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[Order]:
        """A person's orders, newest first."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await queries.list_orders(
            tx, workspace_id=who.workspace_id, profile_id=card.id, cursor=cursor, limit=limit
        )


class OrdersController(Controller):
    path = "/orders"
    tags = ["Orders"]

    @get("/", operation_id="list_orders", guards=[requires(Permission.VIEW)])
    async def list_orders(
        self,
        who: Who,
        tx: OpenTx,
        *,
        status: FromQuery[OrderStatus | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[Order]:
        """All orders, newest first."""
        return await queries.list_orders(
            tx, workspace_id=who.workspace_id, status=status, cursor=cursor, limit=limit
        )

    @get("/{order_id:str}", operation_id="get_order", guards=[requires(Permission.VIEW)])
    async def get_order(self, order_id: FromPath[str], who: Who, tx: OpenTx) -> Order:
        """One order by the shop's own number."""
        return await queries.get_order(tx, workspace_id=who.workspace_id, order_id=order_id)


HANDLERS = [ProfileOrdersController, OrdersController]
