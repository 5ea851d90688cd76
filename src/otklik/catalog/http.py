"""Orders over HTTP; products and feeds have a file of their own."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from otklik.accounts.public import Permission, Principal, Who, requires, write_audit
from otklik.catalog import operations, queries
from otklik.catalog.exchange import http as exchange_http
from otklik.catalog.exchange.http_server import PUBLIC_HANDLERS
from otklik.catalog.fields import FieldChoice, FieldLevel, FieldType, FoundField, OrderField
from otklik.catalog.model import WORD_LENGTH, Order, OrderStatus, OrderStatusWord, status_word
from otklik.catalog.products import http as products_http
from otklik.kit.pagination import Page
from otklik.profiles.public import get_profile
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, Rt


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


class NewOrderField(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """See `OrderField`."""

    level: FieldLevel
    type: FieldType
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]


class OrderFieldsController(Controller):
    path = "/order-fields"
    tags = ["Orders"]

    @get("/", operation_id="list_order_fields", guards=[requires(Permission.VIEW)])
    async def list_fields(self, who: Who, tx: OpenTx) -> list[OrderField]:
        """Fields of the workspace's own on orders and their lines."""
        return await queries.order_fields(tx, workspace_id=who.workspace_id)

    @get("/found", operation_id="find_order_fields", guards=[requires(Permission.VIEW)])
    async def find_fields(self, who: Who, tx: OpenTx) -> list[FoundField]:
        """What the latest 1,000 orders say and no field takes yet."""
        return await queries.found_fields(tx, workspace_id=who.workspace_id)

    @get("/choices", operation_id="list_order_field_choices", guards=[requires(Permission.VIEW)])
    async def choices(self, who: Who, tx: OpenTx) -> list[FieldChoice]:
        """The fields with their types and commonest values, for those who build conditions."""
        return await queries.field_choices(tx, workspace_id=who.workspace_id)

    @put("/{field:str}", operation_id="put_order_field", guards=[requires(Permission.EDIT)])
    async def put_field(
        self,
        field: Annotated[str, Parameter(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)],
        data: JSONBody[NewOrderField],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        now: Now,
    ) -> OrderField:
        """Make or change a field. Orders that are there already get it within a minute or so."""
        made = OrderField(
            field=field, level=data.level, type=data.type, title=data.title, source=data.source
        )
        await operations.put_field(tx, workspace_id=who.workspace_id, field=made, now=now)
        await _reread(rt, tx, who, "order_field.put", "order_field", field, now)
        return made

    @delete("/{field:str}", operation_id="delete_order_field", guards=[requires(Permission.EDIT)])
    async def delete_field(
        self, field: FromPath[str], who: Who, rt: Rt, tx: OpenTx, now: Now
    ) -> None:
        """Take a field away; what orders said stays and comes back with the field."""
        await operations.delete_field(tx, workspace_id=who.workspace_id, field=field)
        await _reread(rt, tx, who, "order_field.deleted", "order_field", field, now)


class NewMeaning(msgspec.Struct, forbid_unknown_fields=True):
    """null: the usual meaning, or none."""

    status: OrderStatus | None


class OrderStatusesController(Controller):
    path = "/order-statuses"
    tags = ["Orders"]

    @get("/", operation_id="list_order_statuses", guards=[requires(Permission.VIEW)])
    async def list_words(self, who: Who, tx: OpenTx) -> list[OrderStatusWord]:
        """How shops call their statuses and what each means; unexplained ones first."""
        return await queries.status_words(tx, workspace_id=who.workspace_id)

    @put("/", operation_id="set_order_status", guards=[requires(Permission.EDIT)])
    async def set_word(
        self,
        word: Annotated[str, Parameter(min_length=1, max_length=WORD_LENGTH)],
        data: JSONBody[NewMeaning],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        now: Now,
    ) -> list[OrderStatusWord]:
        """Say what a word means, for orders that wait for it and for those to come."""
        known = status_word(word)
        if known is not None:
            await operations.set_status_word(
                tx, workspace_id=who.workspace_id, word=known, status=data.status, now=now
            )
            await _reread(rt, tx, who, "order_status.set", "order_status", known, now)
        return await queries.status_words(tx, workspace_id=who.workspace_id)


async def _reread(
    rt: Runtime, tx: Tx, who: Principal, action: str, kind: str, name: str, now: datetime
) -> None:
    await write_audit(tx, who=who, action=action, object_kind=kind, object_id=name, now=now)
    await rt.jobs.defer(
        tx,
        "catalog.reread_orders",
        args={"workspace_id": who.workspace_id},
        lock=f"catalog.reread:{who.workspace_id}",
        single=f"catalog.reread:{who.workspace_id}",
    )


HANDLERS = [
    ProfileOrdersController,
    OrdersController,
    OrderFieldsController,
    OrderStatusesController,
    *products_http.HANDLERS,
    *exchange_http.HANDLERS,
]

__all__ = ["HANDLERS", "PUBLIC_HANDLERS"]
