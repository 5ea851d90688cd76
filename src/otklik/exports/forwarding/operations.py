"""Forwardings: kept, changed, tried; dead letters sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import Principal, write_audit
from otklik.exports.errors import BadForwarding, DeliveryNotFound, ForwardingNotFound
from otklik.exports.forwarding.deliver import forget_forwarding
from otklik.exports.forwarding.form import ForwardingChoice, NewForwarding, check, check_choice
from otklik.exports.forwarding.model import (
    ROTATION,
    ChosenSegment,
    ForwardingState,
    MixpanelTarget,
    Target,
    WebhookTarget,
    new_secret,
)
from otklik.exports.forwarding.preparing import DELIVERY_CHANNEL
from otklik.exports.tables import forward_deliveries, forwarding_segments, forwardings
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx, notify
from otklik.segments.public import SegmentNotFound, segment_names


async def create_forwarding(
    rt: Runtime, tx: Tx, *, who: Principal, data: NewForwarding, now: datetime
) -> tuple[UUID, str | None]:
    """Make a forwarding; return its id, and a webhook's fresh secret, which is shown once.

    Raises: BadForwarding, OutgoingRefused, DefinitionInvalid, SegmentNotFound.
    """
    check(rt, data)
    secret, fresh = data.secret, None
    if isinstance(data.target, WebhookTarget):
        fresh = secret = secret or new_secret()
    if secret is None:
        raise BadForwarding(
            what="Mixpanel needs the secret of the service account or the project's token.",
            what_ru="Для Mixpanel нужен секрет сервисного аккаунта или токен проекта.",
        )
    forwarding_id = new_id()
    await tx.execute(
        forwardings.insert().values(
            forwarding_id=forwarding_id,
            workspace_id=who.workspace_id,
            state=ForwardingState.ON.value,
            secret=rt.vault.seal(secret),
            created_at=now,
            created_by=who.user_id,
            **_values(data, now),
        )
    )
    await _choose_segments(tx, who.workspace_id, forwarding_id, data.segments)
    await _note(tx, who, "created", forwarding_id, now, data)
    return forwarding_id, fresh


async def change_forwarding(
    rt: Runtime, tx: Tx, *, who: Principal, forwarding_id: UUID, data: NewForwarding, now: datetime
) -> None:
    """Change a forwarding; a secret that is left out stays while the receiver is the same.

    Raises: ForwardingNotFound and what `create_forwarding` raises.
    """
    check(rt, data)
    row = await locked(tx, workspace_id=who.workspace_id, forwarding_id=forwarding_id)
    old = msgspec.convert(row.target, Target)
    if type(old) is not type(data.target):
        raise BadForwarding(
            what="The kind of a forwarding does not change; make a new one.",
            what_ru="Вид пересылки не меняют, создайте новую.",
        )
    values = _values(data, now)
    if data.secret is not None:
        values["secret"] = rt.vault.seal(data.secret)
    elif isinstance(data.target, MixpanelTarget) and _place(old) != _place(data.target):
        # A kept secret never goes to an account that it was not given for.
        raise BadForwarding(
            what="Another account needs its own secret.",
            what_ru="Для другого аккаунта нужен его секрет.",
        )
    # What was changed may be the remedy: it is tried at once.
    values |= {"failures": 0, "trips": 0, "open_until": None}
    await tx.execute(
        forwardings.update().where(forwardings.c.forwarding_id == forwarding_id).values(**values)
    )
    await _choose_segments(tx, who.workspace_id, forwarding_id, data.segments)
    await notify(tx, DELIVERY_CHANNEL)
    await _note(tx, who, "changed", forwarding_id, now, data)


async def choose(
    tx: Tx, *, who: Principal, forwarding_id: UUID, data: ForwardingChoice, now: datetime
) -> None:
    """Change what is forwarded, and not where to.

    Raises: ForwardingNotFound, BadForwarding, DefinitionInvalid, SegmentNotFound.
    """
    check_choice(data)
    await locked(tx, workspace_id=who.workspace_id, forwarding_id=forwarding_id)
    await tx.execute(
        forwardings.update()
        .where(forwardings.c.forwarding_id == forwarding_id)
        .values(**_chosen(data), updated_at=now)
    )
    await _choose_segments(tx, who.workspace_id, forwarding_id, data.segments)
    await _note(tx, who, "changed", forwarding_id, now, data)


async def _choose_segments(
    tx: Tx, workspace_id: int, forwarding_id: UUID, segments: Sequence[ChosenSegment]
) -> None:
    s = forwarding_segments.c
    names = await segment_names(tx, workspace_id=workspace_id) if segments else {}
    if any(one.segment_id not in names for one in segments):
        raise SegmentNotFound(what="segment")
    await tx.execute(forwarding_segments.delete().where(s.forwarding_id == forwarding_id))
    if segments:
        await tx.execute(
            forwarding_segments.insert(),
            [
                {
                    "workspace_id": workspace_id,
                    "forwarding_id": forwarding_id,
                    "segment_id": one.segment_id,
                    "entered": one.entered,
                    "left": one.left,
                }
                for one in segments
            ],
        )


def _place(target: Target) -> str:
    if isinstance(target, WebhookTarget):
        return target.url
    return f"{target.region} {target.project_id} {target.user}"


async def set_state(
    tx: Tx, *, who: Principal, forwarding_id: UUID, state: ForwardingState, now: datetime
) -> None:
    """Pause, stop or start a forwarding. Raises: ForwardingNotFound."""
    await locked(tx, workspace_id=who.workspace_id, forwarding_id=forwarding_id)
    await tx.execute(
        forwardings.update()
        .where(forwardings.c.forwarding_id == forwarding_id)
        .values(
            state=state.value,
            stopped_by=None,
            failures=0,
            trips=0,
            open_until=None,
            updated_at=now,
        )
    )
    await notify(tx, DELIVERY_CHANNEL)
    await _note(tx, who, state.value, forwarding_id, now)


async def rotate_secret(
    rt: Runtime, tx: Tx, *, who: Principal, forwarding_id: UUID, now: datetime
) -> str:
    """Make a new signing secret and return it; for a day both sign. Raises: ForwardingNotFound,
    BadForwarding."""
    row = await locked(tx, workspace_id=who.workspace_id, forwarding_id=forwarding_id)
    if row.kind != "webhook":
        raise BadForwarding(
            what="Only webhooks are signed.", what_ru="Подписываются только вебхуки."
        )
    fresh = new_secret()
    await tx.execute(
        forwardings.update()
        .where(forwardings.c.forwarding_id == forwarding_id)
        .values(
            secret=rt.vault.seal(fresh),
            old_secret=row.secret,
            old_secret_until=now + ROTATION,
            updated_at=now,
        )
    )
    await _note(tx, who, "rotated", forwarding_id, now)
    return fresh


async def remove_forwarding(tx: Tx, *, who: Principal, forwarding_id: UUID, now: datetime) -> None:
    """Remove a forwarding with everything that waits. Raises: ForwardingNotFound."""
    await locked(tx, workspace_id=who.workspace_id, forwarding_id=forwarding_id)
    await tx.execute(forwardings.delete().where(forwardings.c.forwarding_id == forwarding_id))
    await forget_forwarding(tx, forwarding_id=forwarding_id)
    await _note(tx, who, "removed", forwarding_id, now)


async def replay(
    tx: Tx,
    *,
    who: Principal,
    forwarding_id: UUID,
    now: datetime,
    delivery_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Send dead letters again: one, those that died in a period, or all; returns how many.

    They keep their ids, so a receiver that has seen one knows it. Raises: ForwardingNotFound,
    DeliveryNotFound.
    """
    await locked(tx, workspace_id=who.workspace_id, forwarding_id=forwarding_id)
    d = forward_deliveries.c
    where = [d.forwarding_id == forwarding_id, d.state == "dead"]
    if delivery_id is not None:
        where.append(d.delivery_id == delivery_id)
    if since is not None:
        where.append(d.dead_at >= since)
    if until is not None:
        where.append(d.dead_at < until)
    changed = await tx.execute(
        forward_deliveries.update()
        .where(*where)
        .values(state="waiting", attempts=0, due_at=now, dead_at=None)
    )
    if delivery_id is not None and not changed.rowcount:
        raise DeliveryNotFound(what="delivery")
    await notify(tx, DELIVERY_CHANNEL)
    await write_audit(
        tx,
        who=who,
        action="forwarding.replayed",
        object_kind="forwarding",
        object_id=forwarding_id,
        now=now,
        detail={"deliveries": changed.rowcount},
    )
    return int(changed.rowcount)


async def locked(tx: Tx, *, workspace_id: int, forwarding_id: UUID) -> Any:
    """Return the row of a forwarding, locked. Raises: ForwardingNotFound."""
    c = forwardings.c
    row = (
        await tx.execute(
            sa.select(forwardings)
            .where(c.workspace_id == workspace_id, c.forwarding_id == forwarding_id)
            .with_for_update()
        )
    ).first()
    if row is None:
        raise ForwardingNotFound(what="forwarding")
    return row


def _values(data: NewForwarding, now: datetime) -> dict[str, Any]:
    target = msgspec.to_builtins(data.target)
    return {
        "kind": target["kind"],
        "name": data.name.strip(),
        "target": target,
        **_chosen(data),
        "with_customer": data.with_customer,
        "batch": data.batch,
        "concurrency": data.concurrency,
        "updated_at": now,
    }


def _chosen(data: ForwardingChoice) -> dict[str, Any]:
    return {"names": data.names, "filters": data.filters, "imported": data.imported}


async def _note(
    tx: Tx,
    who: Principal,
    what: str,
    forwarding_id: UUID,
    now: datetime,
    data: ForwardingChoice | None = None,
) -> None:
    detail: dict[str, Any] = {}
    if data is not None:
        detail = {
            "names": data.names,
            "segments": [str(one.segment_id) for one in data.segments],
        }
    if isinstance(data, NewForwarding):
        detail["with_customer"] = data.with_customer
    await write_audit(
        tx,
        who=who,
        action=f"forwarding.{what}",
        object_kind="forwarding",
        object_id=forwarding_id,
        now=now,
        detail=detail,
    )
