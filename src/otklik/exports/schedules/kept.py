"""Destinations that an owner has set up: kept with their sealed keys, for schedules to write to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import Principal, write_audit
from otklik.exports.errors import BadPlan, DestinationInUse, DestinationNotFound
from otklik.exports.model import refuse_nul
from otklik.exports.schedules.destinations import (
    S3,
    Destination,
    Download,
    SetUp,
    check_destination,
    shown_destination,
)
from otklik.exports.tables import export_destinations, export_schedules
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx

_c = export_destinations.c


class NewDestination(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`secret`: the store's secret key; left out, a kept one stays while the store is the same."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
    place: SetUp
    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None


class DestinationView(msgspec.Struct, frozen=True, kw_only=True):
    """A destination. `schedules`: names of those that write there. No secret key is ever shown,
    and the access key only to who may set it up."""

    id: UUID
    name: str
    place: SetUp
    schedules: list[str]
    created_at: datetime


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Where a schedule writes, and with which key. Never shown."""

    destination: Destination
    secret: str | None

    def __repr__(self) -> str:
        return f"Opened({self.destination!r}, …)"


async def create_destination(
    rt: Runtime, tx: Tx, *, who: Principal, data: NewDestination, now: datetime
) -> UUID:
    """Raises: BadPath, FolderNotConfigured, OutgoingRefused, BadPlan, UnusableText."""
    _check(rt, who, data, has_secret=data.secret is not None)
    destination_id = new_id()
    await tx.execute(
        export_destinations.insert().values(
            destination_id=destination_id,
            workspace_id=who.workspace_id,
            **_values(data),
            secret=None if data.secret is None else rt.vault.seal(data.secret),
            created_at=now,
            updated_at=now,
            created_by=who.user_id,
        )
    )
    await _note(tx, who, "created", destination_id, now)
    return destination_id


async def change_destination(
    rt: Runtime,
    tx: Tx,
    *,
    who: Principal,
    destination_id: UUID,
    data: NewDestination,
    now: datetime,
) -> None:
    """Raises: DestinationNotFound and what `create_destination` raises."""
    row = await _locked(tx, who.workspace_id, destination_id)
    kept = row.secret if _same_store(row.place, data.place) else None
    _check(rt, who, data, has_secret=kept is not None or data.secret is not None)
    await tx.execute(
        export_destinations.update()
        .where(_c.destination_id == destination_id)
        .values(
            **_values(data),
            secret=kept if data.secret is None else rt.vault.seal(data.secret),
            updated_at=now,
        )
    )
    await _note(tx, who, "changed", destination_id, now)


async def remove_destination(
    tx: Tx, *, who: Principal, destination_id: UUID, now: datetime
) -> None:
    """Forget a destination with its key. Raises: DestinationNotFound, DestinationInUse."""
    await _locked(tx, who.workspace_id, destination_id)
    users = (await _users(tx, who.workspace_id)).get(destination_id)
    if users:
        raise DestinationInUse(users=", ".join(f"«{name}»" for name in users[:5]))
    await tx.execute(export_destinations.delete().where(_c.destination_id == destination_id))
    await _note(tx, who, "removed", destination_id, now)


async def list_destinations(tx: Tx, *, workspace_id: int, whole: bool) -> list[DestinationView]:
    """Return the destinations of a workspace by name. `whole`: with the names of their keys."""
    rows = await tx.execute(
        sa.select(export_destinations)
        .where(_c.workspace_id == workspace_id)
        .order_by(_c.name, _c.destination_id)
    )
    users = await _users(tx, workspace_id)
    return [
        DestinationView(
            id=row.destination_id,
            name=row.name,
            place=_shown(row.place, whole=whole),
            schedules=users.get(row.destination_id, []),
            created_at=row.created_at,
        )
        for row in rows
    ]


async def get_destination(
    tx: Tx, *, workspace_id: int, destination_id: UUID, whole: bool
) -> DestinationView:
    """Raises: DestinationNotFound."""
    for one in await list_destinations(tx, workspace_id=workspace_id, whole=whole):
        if one.id == destination_id:
            return one
    raise DestinationNotFound(what="destination")


async def hold_destination(
    tx: Tx, *, workspace_id: int, destination_id: UUID | None
) -> Destination:
    """Return where a schedule writes, and keep it from being removed until the end of `tx`.

    Raises: DestinationNotFound.
    """
    if destination_id is None:
        return Download()
    row = (
        await tx.execute(
            sa.select(_c.place)
            .where(_c.workspace_id == workspace_id, _c.destination_id == destination_id)
            .with_for_update(read=True)
        )
    ).first()
    if row is None:
        raise DestinationNotFound(what="destination")
    found: Destination = msgspec.convert(row.place, Destination)
    return found


async def open_destination(
    rt: Runtime, tx: Tx, *, workspace_id: int, destination_id: UUID
) -> Opened:
    """Return a place and the key that was given for it, read together.

    Raises: DestinationNotFound.
    """
    row = (
        await tx.execute(
            sa.select(_c.place, _c.secret).where(
                _c.workspace_id == workspace_id, _c.destination_id == destination_id
            )
        )
    ).first()
    if row is None:
        raise DestinationNotFound(what="destination")
    return Opened(
        destination=msgspec.convert(row.place, Destination),
        secret=None if row.secret is None else rt.vault.open(row.secret),
    )


async def kept_secret(
    rt: Runtime, tx: Tx, *, workspace_id: int, destination_id: UUID, place: SetUp
) -> str | None:
    """Return the opened key of a destination, if `place` is the store it was given for."""
    opened = await open_destination(
        rt, tx, workspace_id=workspace_id, destination_id=destination_id
    )
    same = _same_store(msgspec.to_builtins(opened.destination), place)
    return opened.secret if same else None


def _check(rt: Runtime, who: Principal, data: NewDestination, *, has_secret: bool) -> None:
    refuse_nul(data)
    if isinstance(data.place, S3) and not has_secret:
        raise BadPlan(
            what="The store needs its secret key.", what_ru="Для хранилища нужен секретный ключ."
        )
    check_destination(rt, data.place, workspace_id=who.workspace_id)


def _same_store(kept: dict[str, Any], given: SetUp) -> bool:
    """A kept key is used for the store it was given for, and for no other address."""
    return isinstance(given, S3) and kept.get("endpoint") == given.endpoint


def _values(data: NewDestination) -> dict[str, Any]:
    return {"name": data.name.strip(), "place": msgspec.to_builtins(data.place)}


def _shown(place: dict[str, Any], *, whole: bool) -> SetUp:
    shown = shown_destination(msgspec.convert(place, SetUp), whole=whole)
    assert not isinstance(shown, Download)
    return shown


async def _locked(tx: Tx, workspace_id: int, destination_id: UUID) -> Any:
    row = (
        await tx.execute(
            sa.select(export_destinations)
            .where(_c.workspace_id == workspace_id, _c.destination_id == destination_id)
            .with_for_update()
        )
    ).first()
    if row is None:
        raise DestinationNotFound(what="destination")
    return row


async def _users(tx: Tx, workspace_id: int) -> dict[UUID, list[str]]:
    s = export_schedules.c
    rows = await tx.execute(
        sa.select(s.destination_id, s.name)
        .where(s.workspace_id == workspace_id, s.destination_id.is_not(None))
        .order_by(s.name)
    )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row.destination_id, []).append(row.name)
    return found


async def _note(tx: Tx, who: Principal, what: str, destination_id: UUID, now: datetime) -> None:
    await write_audit(
        tx,
        who=who,
        action=f"export_destination.{what}",
        object_kind="export_destination",
        object_id=destination_id,
        now=now,
    )
