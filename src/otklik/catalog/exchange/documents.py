"""Documents of 1C into orders: statuses, payments, returns, and orders made in shops.

Only what an order already knows how to take is made of them, see `register`; the same file twice
gives the same orders.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.catalog import tables as base
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.goods import currency_code
from otklik.catalog.exchange.model import Document, ExchangeHead
from otklik.catalog.exchange.reader import ExchangeReader
from otklik.catalog.feeds.values import truth
from otklik.catalog.model import OrderEvent, order_event
from otklik.catalog.operations import apply_order_events
from otklik.catalog.queries import stored
from otklik.profiles.public import (
    Observation,
    Refusal,
    normal_email,
    normal_phone,
    resolve_identities,
)
from otklik.runtime.public import Runtime, Tx

DOCUMENTS_MAX: Final = 100_000
_BATCH: Final = 500
_ORDER: Final = "заказ товара"
_RETURN: Final = "возврат"
_PAYMENTS: Final = ("выплата", "оплата", "прием", "приём", "поступление")


class _Told(msgspec.Struct):
    documents: list[Document]
    formed: str | None


async def read_documents(
    rt: Runtime, tx: Tx, connection: Any, *, path: Path, now: datetime
) -> dict[str, int]:
    """Read a file of documents into orders, in the caller's transaction; returns counts.

    Repeatable. Raises: FeedRefused, when nothing may stay of it.
    """
    workspace = await get_workspace(tx, workspace_id=connection.workspace_id)
    zone = ZoneInfo(workspace.timezone)
    told = await asyncio.to_thread(_read, path)
    counts: Counter[str] = Counter(documents=len(told.documents))
    formed = moment(told.formed, None, zone)
    for first in range(0, len(told.documents), _BATCH):
        batch = told.documents[first : first + _BATCH]
        await _take(rt, tx, connection, batch, formed, zone, counts, now)
    return {name: count for name, count in counts.items() if count}


def _read(path: Path) -> _Told:
    told = _Told([], None)
    with path.open("rb") as source:
        for item in ExchangeReader(source):
            match item:
                case ExchangeHead():
                    told.formed = item.date
                case Document() if len(told.documents) < DOCUMENTS_MAX:
                    told.documents.append(item)
    return told


def moment(date: str | None, time: str | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment of 1C, which writes the time of its own place without a zone."""
    written = f"{date}T{time}" if date and time and "T" not in date else date or ""
    try:
        made = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    if made.tzinfo is None:
        made = made.replace(tzinfo=zone)
    return made.astimezone(UTC) if 1971 <= made.year <= 9000 else None


async def _take(
    rt: Runtime,
    tx: Tx,
    connection: Any,
    documents: Sequence[Document],
    formed: datetime | None,
    zone: ZoneInfo,
    counts: Counter[str],
    now: datetime,
) -> None:
    workspace_id = connection.workspace_id
    known = await stored(
        tx,
        workspace_id=workspace_id,
        order_ids=sorted(
            {one.basis or one.id for one in documents} | {one.id for one in documents}
        ),
    )
    owners = {order_id: int(row.profile_id) for order_id, row in known.items()}
    fresh = [one for one in documents if _is_order(one) and one.id not in owners]
    made = await _people(rt, tx, workspace_id, fresh, zone, now)
    events: list[OrderEvent] = []
    for document in documents:
        at = moment(document.date, document.time, zone)
        told_at = min(formed or at or now, now)
        if _is_order(document):
            owner = owners.get(document.id)
            if owner is None:
                owner = made.get(document.id)
                if owner is None:
                    counts["without_contacts"] += 1
                    continue
                _add(events, counts, owner, "Order Completed", min(at or told_at, now), document)
                counts["new_orders"] += 1
                owners[document.id] = owner
            else:
                counts["known_orders"] += 1
            _add(events, counts, owner, "Order Updated", told_at, document)
            for name, is_so in _facts(document):
                if is_so:
                    _add(events, counts, owner, name, told_at, document)
            continue
        owner = owners.get(document.basis or "") if document.basis else None
        kind = (document.kind or "").lower()
        if owner is None:
            counts["other_documents"] += 1
        elif _RETURN in kind:
            counts["returns"] += 1
            _add(events, counts, owner, "Order Refunded", min(at or told_at, now), document)
        elif kind.startswith(_PAYMENTS):
            counts["payments"] += 1
            # Not of its own date: an order that was told again meanwhile would hide it.
            _add(events, counts, owner, "Order Paid", told_at, document)
        else:
            counts["other_documents"] += 1
    changed = await apply_order_events(tx, workspace_id=workspace_id, rows=events, now=now)
    counts["changed_orders"] += len(changed)
    await _echo(tx, connection, changed)


def _is_order(document: Document) -> bool:
    return (document.kind or _ORDER).lower() == _ORDER


def _facts(document: Document) -> list[tuple[str, bool]]:
    """Return what the requisites of an order say of its life."""
    said = {name.lower(): value for name, value in document.requisites.items()}
    paid_on = said.get("дата оплаты по 1с", "")
    is_paid = truth(said.get("оплачен")) is True or paid_on[:1] in {"1", "2"}
    is_off = truth(said.get("отменен") or said.get("отменён")) is True
    is_off |= truth(said.get("пометкаудаления")) is True
    return [("Order Paid", is_paid and not is_off), ("Order Cancelled", is_off)]


def _add(
    events: list[OrderEvent],
    counts: Counter[str],
    owner: int,
    name: str,
    time: datetime,
    document: Document,
) -> None:
    properties: dict[str, Any] = {
        "order_id": document.id if _is_order(document) else document.basis
    }
    if name in {"Order Completed", "Order Updated"}:
        properties |= {
            "number": document.number,
            "status": _status(document) if name == "Order Updated" else None,
            "currency": currency_code(document.currency),
            "products": [
                {
                    "product_id": line.id,
                    "name": line.name,
                    "price": line.price,
                    "quantity": line.quantity,
                }
                for line in document.lines
            ],
        }
        if document.total is not None:
            properties["total"] = document.total
        if name == "Order Completed":
            properties["source"] = "1C"
    elif name == "Order Refunded":
        if document.total:
            properties["total"] = document.total
        properties["products"] = [
            {"product_id": line.id, "name": line.name, "price": line.price,
             "quantity": line.quantity}
            for line in document.lines
        ]  # fmt: skip
    made = order_event(
        profile_id=owner,
        name=name,
        time=time,
        properties={key: value for key, value in properties.items() if value is not None},
    )
    if isinstance(made, OrderEvent):
        events.append(made)
    else:
        counts["refused"] += 1


def _status(document: Document) -> str | None:
    """Return the status without the code that 1C puts before it: «[N] Принят» is «Принят»."""
    said = {name.lower(): value for name, value in document.requisites.items()}
    written = said.get("статус заказа") or said.get("статус заказа ид") or ""
    if written.startswith("[") and "]" in written:
        written = written.split("]", 1)[1]
    return written.strip() or None


async def _people(
    rt: Runtime,
    tx: Tx,
    workspace_id: int,
    documents: Sequence[Document],
    zone: ZoneInfo,
    now: datetime,
) -> dict[str, int]:
    """Return the person of each new order that names an e-mail address or a phone."""
    observations: list[Observation] = []
    orders: list[str] = []
    for document in documents:
        email, phone = _contacts(document)
        if email is None and phone is None:
            continue
        orders.append(document.id)
        observations.append(
            Observation(
                index=len(observations),
                time=min(moment(document.date, document.time, zone) or now, now),
                email=email,
                phone=phone,
                traits={"name": document.person} if document.person else None,
                trusted=True,
            )
        )
    if not observations:
        return {}
    found = await resolve_identities(
        tx, workspace_id=workspace_id, observations=observations, now=now, bus=rt.bus
    )
    return {
        order: profile_id
        for order, profile_id in zip(orders, found.profile_ids, strict=True)
        if profile_id
    }


def _contacts(document: Document) -> tuple[str | None, str | None]:
    email = phone = None
    for kind, value in document.contacts.items():
        if email is None and "@" in value:
            email = None if isinstance(normal_email(value), Refusal) else value
        elif phone is None and any(word in kind.lower() for word in ("тел", "моб", "phone")):
            # Shops of Russia write their numbers without the country's code.
            made = normal_phone(value, "RU")
            phone = None if isinstance(made, Refusal) else made
    return email, phone


async def _echo(tx: Tx, connection: Any, changed: Sequence[str]) -> None:
    """Remember the versions that 1C made, so that it does not get its own words back."""
    if not changed:
        return
    o = base.orders.c
    rows = await tx.execute(
        sa.select(o.order_id, o.version).where(
            o.workspace_id == connection.workspace_id, o.order_id.in_(changed)
        )
    )
    statement = insert(t.exchange_echoes)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["exchange_id", "order_id"],
            set_={"version": statement.excluded.version},
        ),
        [
            {
                "exchange_id": connection.exchange_id,
                "workspace_id": connection.workspace_id,
                "order_id": row.order_id,
                "version": row.version,
            }
            for row in rows
        ],
    )


def decimal_text(value: object) -> str:
    """Return a number the way 1C reads it: with a point, never with an exponent."""
    return f"{Decimal(str(value)):f}"
