"""Connections of shops' 1C, and what has come through them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import hash_password
from otklik.catalog import tables as base
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.errors import ExchangeNotFound
from otklik.catalog.products.model import FeedKind
from otklik.kit.i18n import Lang
from otklik.kit.ids import new_id, new_token
from otklik.runtime.public import Runtime, Tx

ExchangeEncoding = Literal["utf-8", "windows-1251"]
_SESSIONS_SHOWN: Final = 50


class ExchangePriceType(msgspec.Struct, frozen=True):
    id: str
    name: str


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A connection. `url` and `login` are typed into 1C; the password was shown once.

    `price_type`: id of the type of prices that products show; null: the first of each offer.
    """

    id: UUID
    name: str
    url: str
    login: str
    catalogue: bool
    orders: bool
    encoding: ExchangeEncoding
    price_type: str | None
    price_types: list[ExchangePriceType]
    feed_id: UUID
    products: int
    last_at: datetime | None
    created_at: datetime


class ExchangeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a session. `counts`: what was read in it, by kind."""

    name: str
    state: Literal["waiting", "queued", "done", "failed"]
    bytes: int
    counts: dict[str, int]
    problems: list[str]


class ExchangeSession(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange. `gone`: products that a whole catalogue no longer named; null: not decided."""

    id: UUID
    kind: Literal["catalog", "sale"]
    state: Literal["open", "closing", "closed"]
    created_at: datetime
    last_at: datetime
    orders_offered: int
    orders_taken: int
    gone: int | None
    problem: str | None
    files: list[ExchangeFile]


async def create_exchange(
    tx: Tx,
    *,
    workspace_id: int,
    name: str,
    catalogue: bool,
    orders: bool,
    encoding: ExchangeEncoding,
    past_orders: bool,
    now: datetime,
) -> tuple[UUID, str]:
    """Make a connection; returns its id and the password, which is not kept.

    `past_orders`: hand out the orders of before, too.
    """
    password = new_token(120)
    exchange_id, feed_id = new_id(), new_id()
    o = base.orders.c
    newest = await tx.execute(
        sa.select(sa.func.coalesce(sa.func.max(o.version), 0)).where(o.workspace_id == workspace_id)
    )
    await tx.execute(
        t.exchanges.insert().values(
            exchange_id=exchange_id,
            workspace_id=workspace_id,
            address=new_token(128),
            name=name.strip(),
            login="1c-" + new_token(48).lower().replace("_", "x").replace("-", "x"),
            password_hash=await hash_password(password),
            with_catalogue=catalogue,
            with_orders=orders,
            encoding=encoding,
            feed_id=feed_id,
            taken_version=0 if past_orders else newest.scalar_one(),
            created_at=now,
        )
    )
    return exchange_id, password


async def put_feed(tx: Tx, row: Any, *, now: datetime) -> None:
    """Give the products of a connection a feed to stand under, also when somebody deleted it."""
    await tx.execute(
        insert(base.feeds)
        .values(
            feed_id=row.feed_id,
            workspace_id=row.workspace_id,
            name=row.name,
            kind=FeedKind.EXCHANGE,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["feed_id"])
    )


async def new_password(tx: Tx, *, workspace_id: int, exchange_id: UUID) -> str:
    """Replace the password; open sessions end. Raises: ExchangeNotFound."""
    password = new_token(120)
    await change_exchange(
        tx,
        workspace_id=workspace_id,
        exchange_id=exchange_id,
        values={"password_hash": await hash_password(password), "failures": 0},
    )
    s = t.exchange_sessions.c
    await tx.execute(
        t.exchange_sessions.update()
        .where(s.workspace_id == workspace_id, s.exchange_id == exchange_id, s.state == "open")
        .values(state="closing")
    )
    return password


async def change_exchange(
    tx: Tx, *, workspace_id: int, exchange_id: UUID, values: dict[str, Any]
) -> None:
    """Write columns of a connection. Raises: ExchangeNotFound."""
    c = t.exchanges.c
    found = await tx.execute(
        sa.select(c.exchange_id)
        .where(c.workspace_id == workspace_id, c.exchange_id == exchange_id)
        .with_for_update()
    )
    if found.one_or_none() is None:
        raise ExchangeNotFound()
    if values:
        await tx.execute(
            t.exchanges.update()
            .where(c.workspace_id == workspace_id, c.exchange_id == exchange_id)
            .values(values)
        )


async def delete_exchange(tx: Tx, *, workspace_id: int, exchange_id: UUID) -> list[UUID]:
    """Delete a connection with its log; returns the sessions whose files are to be deleted.

    Products stay in the catalogue until their feed is deleted. Raises: ExchangeNotFound.
    """
    await change_exchange(tx, workspace_id=workspace_id, exchange_id=exchange_id, values={})
    s = t.exchange_sessions.c
    sessions = list(
        (
            await tx.execute(
                sa.select(s.session_id).where(
                    s.workspace_id == workspace_id, s.exchange_id == exchange_id
                )
            )
        ).scalars()
    )
    await tx.execute(
        t.exchange_files.delete().where(
            t.exchange_files.c.workspace_id == workspace_id,
            t.exchange_files.c.session_id.in_(sessions),
        )
    )
    for table in (
        t.exchange_sessions,
        t.exchange_goods,
        t.exchange_offers,
        t.exchange_terms,
        t.exchange_echoes,
        t.exchanges,
    ):
        await tx.execute(
            table.delete().where(
                table.c.workspace_id == workspace_id, table.c.exchange_id == exchange_id
            )
        )
    return sessions


async def list_exchanges(rt: Runtime, tx: Tx, *, workspace_id: int) -> list[Exchange]:
    """Return the connections of a workspace, oldest first."""
    c, s, w, f = t.exchanges.c, t.exchange_sessions.c, t.exchange_terms.c, base.feeds.c
    rows = (
        await tx.execute(
            sa.select(
                t.exchanges,
                sa.select(sa.func.max(s.last_at))
                .where(s.exchange_id == c.exchange_id)
                .scalar_subquery()
                .label("last_at"),
                sa.func.coalesce(
                    sa.select(f.products).where(f.feed_id == c.feed_id).scalar_subquery(), 0
                ).label("products"),
            )
            .where(c.workspace_id == workspace_id)
            .order_by(c.created_at)
        )
    ).all()
    terms = await tx.execute(
        sa.select(w.exchange_id, w.term_id, w.told)
        .where(w.workspace_id == workspace_id, w.kind == "price")
        .order_by(w.term_id)
    )
    prices: dict[UUID, list[ExchangePriceType]] = {}
    for term in terms:
        prices.setdefault(term.exchange_id, []).append(
            ExchangePriceType(term.term_id, term.told["name"])
        )
    return [
        Exchange(
            id=row.exchange_id,
            name=row.name,
            url=f"{rt.settings.base_url}/1c/{row.address}",
            login=row.login,
            catalogue=row.with_catalogue,
            orders=row.with_orders,
            encoding=row.encoding,
            price_type=row.price_type,
            price_types=prices.get(row.exchange_id, []),
            feed_id=row.feed_id,
            products=row.products,
            last_at=row.last_at,
            created_at=row.created_at,
        )
        for row in rows
    ]


async def get_exchange(rt: Runtime, tx: Tx, *, workspace_id: int, exchange_id: UUID) -> Exchange:
    """Return a connection; raises ExchangeNotFound."""
    for one in await list_exchanges(rt, tx, workspace_id=workspace_id):
        if one.id == exchange_id:
            return one
    raise ExchangeNotFound()


async def list_sessions(
    tx: Tx, *, workspace_id: int, exchange_id: UUID, lang: Lang
) -> list[ExchangeSession]:
    """Return the last 50 exchanges of a connection with their files, newest first."""
    c = t.exchanges.c
    known = await tx.execute(
        sa.select(c.name).where(c.workspace_id == workspace_id, c.exchange_id == exchange_id)
    )
    if known.one_or_none() is None:
        raise ExchangeNotFound()
    s, f = t.exchange_sessions.c, t.exchange_files.c
    rows = (
        await tx.execute(
            sa.select(t.exchange_sessions)
            .where(s.workspace_id == workspace_id, s.exchange_id == exchange_id)
            .order_by(s.created_at.desc(), s.session_id.desc())
            .limit(_SESSIONS_SHOWN)
        )
    ).all()
    files: dict[UUID, list[ExchangeFile]] = {}
    for row in await tx.execute(
        sa.select(t.exchange_files)
        .where(f.workspace_id == workspace_id, f.session_id.in_([one.session_id for one in rows]))
        .order_by(f.created_at, f.file_id)
    ):
        files.setdefault(row.session_id, []).append(
            ExchangeFile(
                name=row.name,
                state=row.state,
                bytes=row.bytes,
                counts=row.counts,
                problems=[one[lang] for one in row.problems],
            )
        )
    return [
        ExchangeSession(
            id=row.session_id,
            kind=row.kind,
            state=row.state,
            created_at=row.created_at,
            last_at=row.last_at,
            orders_offered=row.orders_offered,
            orders_taken=row.orders_taken,
            gone=row.gone,
            problem=None if row.problem is None else row.problem[lang],
            files=files.get(row.session_id, []),
        )
        for row in rows
    ]
