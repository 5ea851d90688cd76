"""Connections of 1C over HTTP."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.catalog.exchange import connections, files
from otklik.catalog.exchange.connections import Exchange, ExchangeEncoding, ExchangeSession
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
_PriceType = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class NewExchange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`past_orders`: hand out the orders that were there before the connection, too."""

    name: _Name
    catalogue: bool = True
    orders: bool = True
    encoding: ExchangeEncoding = "utf-8"
    past_orders: bool = False


class MadeExchange(msgspec.Struct):
    """A connection with its password, which is shown here once and never again."""

    exchange: Exchange
    password: str


class ExchangeChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. `price_type`: null for the first price of each offer."""

    name: _Name | msgspec.UnsetType = msgspec.UNSET
    catalogue: bool | msgspec.UnsetType = msgspec.UNSET
    orders: bool | msgspec.UnsetType = msgspec.UNSET
    encoding: ExchangeEncoding | msgspec.UnsetType = msgspec.UNSET
    price_type: _PriceType | msgspec.UnsetType | None = msgspec.UNSET


_COLUMNS = {"catalogue": "with_catalogue", "orders": "with_orders"}


class ExchangesController(Controller):
    path = "/exchanges"
    tags = ["Exchange with 1C"]

    @get("/", operation_id="list_exchanges", guards=[requires(Permission.VIEW)])
    async def list_exchanges(self, who: Who, rt: Rt, tx: OpenTx) -> list[Exchange]:
        """Connections of 1C, oldest first."""
        return await connections.list_exchanges(rt, tx, workspace_id=who.workspace_id)

    @post("/", operation_id="create_exchange", guards=[requires(Permission.MANAGE)])
    async def create(
        self, data: JSONBody[NewExchange], who: Who, rt: Rt, tx: OpenTx, now: Now
    ) -> MadeExchange:
        """Make a connection; its password is answered once."""
        exchange_id, password = await connections.create_exchange(
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            catalogue=data.catalogue,
            orders=data.orders,
            encoding=data.encoding,
            past_orders=data.past_orders,
            now=now,
        )
        await write_audit(
            tx,
            who=who,
            action="exchange.created",
            object_kind="exchange",
            object_id=exchange_id,
            now=now,
        )
        made = await connections.get_exchange(
            rt, tx, workspace_id=who.workspace_id, exchange_id=exchange_id
        )
        return MadeExchange(made, password)

    @get("/{exchange_id:uuid}", operation_id="get_exchange", guards=[requires(Permission.VIEW)])
    async def get_exchange(
        self, exchange_id: FromPath[UUID], who: Who, rt: Rt, tx: OpenTx
    ) -> Exchange:
        """One connection."""
        return await connections.get_exchange(
            rt, tx, workspace_id=who.workspace_id, exchange_id=exchange_id
        )

    @patch(
        "/{exchange_id:uuid}", operation_id="update_exchange", guards=[requires(Permission.MANAGE)]
    )
    async def change(
        self,
        *,
        exchange_id: FromPath[UUID],
        data: JSONBody[ExchangeChange],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        now: Now,
    ) -> Exchange:
        """Change a connection; a type of prices counts from the next exchange."""
        values: dict[str, Any] = {
            _COLUMNS.get(name, name): value
            for name, value in msgspec.structs.asdict(data).items()
            if value is not msgspec.UNSET
        }
        await connections.change_exchange(
            tx, workspace_id=who.workspace_id, exchange_id=exchange_id, values=values
        )
        await write_audit(
            tx,
            who=who,
            action="exchange.changed",
            object_kind="exchange",
            object_id=exchange_id,
            now=now,
            detail={"fields": sorted(values)},
        )
        return await connections.get_exchange(
            rt, tx, workspace_id=who.workspace_id, exchange_id=exchange_id
        )

    @post(
        "/{exchange_id:uuid}/password",
        operation_id="renew_exchange_password",
        guards=[requires(Permission.MANAGE)],
    )
    async def renew(
        self, exchange_id: FromPath[UUID], who: Who, rt: Rt, tx: OpenTx, now: Now
    ) -> MadeExchange:
        """Make a new password, answered once; the one of before and open sessions end."""
        password = await connections.new_password(
            tx, workspace_id=who.workspace_id, exchange_id=exchange_id
        )
        await write_audit(
            tx,
            who=who,
            action="exchange.password_renewed",
            object_kind="exchange",
            object_id=exchange_id,
            now=now,
        )
        made = await connections.get_exchange(
            rt, tx, workspace_id=who.workspace_id, exchange_id=exchange_id
        )
        return MadeExchange(made, password)

    @delete(
        "/{exchange_id:uuid}", operation_id="delete_exchange", guards=[requires(Permission.MANAGE)]
    )
    async def remove(
        self, exchange_id: FromPath[UUID], who: Who, rt: Rt, tx: OpenTx, now: Now
    ) -> None:
        """Delete a connection with its log; its products stay until their feed is deleted."""
        sessions = await connections.delete_exchange(
            tx, workspace_id=who.workspace_id, exchange_id=exchange_id
        )
        await write_audit(
            tx,
            who=who,
            action="exchange.deleted",
            object_kind="exchange",
            object_id=exchange_id,
            now=now,
        )
        for session_id in sessions:
            await asyncio.to_thread(files.forget, rt, session_id)

    @get(
        "/{exchange_id:uuid}/sessions",
        operation_id="list_exchange_sessions",
        guards=[requires(Permission.VIEW)],
    )
    async def list_sessions(
        self, exchange_id: FromPath[UUID], who: Who, tx: OpenTx, lang: ReaderLang
    ) -> list[ExchangeSession]:
        """The last 50 exchanges with their files, newest first."""
        return await connections.list_sessions(
            tx, workspace_id=who.workspace_id, exchange_id=exchange_id, lang=lang
        )


HANDLERS = [ExchangesController]
