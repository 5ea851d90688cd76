"""Erasing a person: the cut, then rounds through all keepers until nothing is left.

The cut is one transaction: the person leaves who is who, his addresses go on the stop list, and
what has to be looked for is sealed into the row of the erasure. From then on the work can be
killed at any point and begun again, since every keeper is repeatable and the row remembers what to
look for. What can't be touched yet (events in the pipeline's hands) is waited for. The erasure is
done, and its act final, only when a whole round has found nothing. Keepers of copies come last:
what was copied while any of it was left has to go too, so they are told the moment it was gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.kit.ids import new_id
from otklik.kit.traces import Traces
from otklik.privacy import tables as t
from otklik.privacy.erasing import Basis, ErasureState
from otklik.privacy.errors import ErasureNotFound, ErasureUnconfirmed, ReasonNamesPerson
from otklik.privacy.keepers import CLICKHOUSE, Keeper, keepers
from otklik.privacy.model import SuppressionReason, address_hash
from otklik.privacy.operations.ledger import lock_workspace
from otklik.privacy.queries.requests import get_request
from otklik.profiles.public import cut_person, cut_revived, get_profile, person_traces
from otklik.runtime.public import Runtime, Tx, log, remove_deleted

JOB = "privacy.erase"
ROUNDS_AT_ONCE = 5
MASK_BYTES_AT_ONCE = 256 * 1024**2
"""Marked rows of parts smaller than this are removed from disk at once, others at night."""
PHONE_CHANNELS = ("sms", "whatsapp", "viber", "telegram", "calls")
_NIGHT_HOUR = 1
_AGAIN = timedelta(seconds=3)


async def order_erasure(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int,
    confirm: int,
    basis: Basis,
    reason: str,
    request_id: UUID | None,
    user_id: UUID | None,
    now: datetime,
) -> UUID:
    """Cut a person out of everything and order the destruction of the rest; there is no way back.

    `confirm`: the present number of the customer, typed by hand.
    Raises: ProfileNotFound, ErasureUnconfirmed, ReasonNamesPerson, RequestNotFound.
    """
    card = await get_profile(tx, workspace_id=workspace_id, profile_id=profile_id)
    if confirm != card.id:
        raise ErasureUnconfirmed(profile_id=card.id)
    if request_id is not None:
        await get_request(tx, workspace_id=workspace_id, request_id=request_id, now=now)
    known = await person_traces(tx, workspace_id=workspace_id, profile_id=card.id, now=now)
    if _names(known, reason):
        raise ReasonNamesPerson()
    steps = {
        keeper.name: _step(await keeper.count(rt, tx, known)) for keeper in keepers() if keeper.cut
    }
    await lock_workspace(tx, workspace_id)
    traces = await cut_person(tx, workspace_id=workspace_id, profile_id=card.id, now=now)
    await _suppress(tx, traces, now)
    c = t.erasures.c
    newest = await tx.execute(
        sa.select(sa.func.coalesce(sa.func.max(c.number), 0)).where(c.workspace_id == workspace_id)
    )
    erasure_id = new_id()
    await tx.execute(
        t.erasures.insert().values(
            id=erasure_id,
            workspace_id=workspace_id,
            number=newest.scalar_one() + 1,
            profile_id=card.id,
            profile_ids=list(traces.profile_ids),
            basis=basis.value,
            reason=reason.strip(),
            request_id=request_id,
            state=ErasureState.RUNNING.value,
            traces=rt.vault.seal(msgspec.json.encode(traces).decode()),
            stand_in=traces.stand_in,
            steps=steps,
            log=[],
            rounds=0,
            asked_at=now,
            asked_by=user_id,
            cut_at=now,
        )
    )
    await _bury(tx, workspace_id, erasure_id, traces.profile_ids)
    await defer_erasure(rt, tx, workspace_id=workspace_id, erasure_id=erasure_id)
    return erasure_id


async def defer_erasure(
    rt: Runtime, tx: Tx, *, workspace_id: int, erasure_id: UUID, at: datetime | None = None
) -> None:
    """Put the next round into the queue."""
    await rt.jobs.defer(
        tx,
        JOB,
        args={"workspace_id": workspace_id, "erasure_id": str(erasure_id)},
        at=at,
        lock=f"erasure:{erasure_id}",
        single=f"erasure:{erasure_id}",
    )


def _names(traces: Traces, text: str) -> bool:
    folded = text.casefold()
    words = {part.casefold() for word in traces.words for part in word.split() if len(part) >= 4}
    return traces.mentioned_in(text) or any(word in folded.split() for word in words)


async def _suppress(tx: Tx, traces: Traces, now: datetime) -> None:
    """Stop every address of the person for good, by its keyed hash and without a hint."""
    salt = (await get_workspace(tx, workspace_id=traces.workspace_id)).salt
    pairs = [("email", one) for one in traces.values("email")]
    pairs += [(channel, one) for one in traces.values("phone") for channel in PHONE_CHANNELS]
    if not pairs:
        return
    statement = insert(t.suppressions)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "channel", "address_hash"],
            set_={"reason": SuppressionReason.ERASED.value, "hint": "", "at": now},
        ),
        [
            {
                "id": new_id(),
                "workspace_id": traces.workspace_id,
                "channel": channel,
                "address_hash": address_hash(salt, channel, address),
                "hint": "",
                "reason": SuppressionReason.ERASED.value,
                "at": now,
            }
            for channel, address in pairs
        ],
    )


async def work_on_erasure(rt: Runtime, *, workspace_id: int, erasure_id: UUID) -> datetime | None:
    """Go through the keepers until nothing is left or something has to be waited for.

    Returns when to come back; None: the erasure is done. Every keeper's pass is a transaction of
    its own, together with what is written about it. Raises: ErasureNotFound.
    """
    for _ in range(ROUNDS_AT_ONCE):
        async with rt.db.begin() as tx:
            row = await _held(tx, workspace_id, erasure_id)
            if row.finished_at is not None:
                return None
            traces = msgspec.json.decode(rt.vault.open(row.traces), type=Traces)
            await _change(tx, workspace_id, erasure_id, rounds=row.rounds + 1)
        waits = await _round(rt, traces, erasure_id, last=False)
        if waits:
            return await _wait(rt, workspace_id, erasure_id, max(waits))
        if await _cut_again(rt, traces, erasure_id) or await _left(rt, traces):
            continue
        clean_at = await _note_clean(rt, traces, erasure_id)
        copied = msgspec.structs.replace(traces, until=clean_at)
        waits = await _round(rt, copied, erasure_id, last=True)
        later = await remove_marked(rt)
        if waits or later is not None:
            until = max(one for one in (*waits, later) if one is not None)
            return await _wait(rt, workspace_id, erasure_id, until)
        await _finish(rt, traces, erasure_id)
        return None
    return await _wait(rt, workspace_id, erasure_id, rt.clock() + _AGAIN)


async def _round(rt: Runtime, traces: Traces, erasure_id: UUID, *, last: bool) -> list[datetime]:
    """Pass the keepers of one kind; returns the moments at which some want to be asked again."""
    found = [
        await _pass(rt, keeper, traces, erasure_id) for keeper in keepers() if keeper.last is last
    ]
    return [until for until in found if until is not None]


async def _note_clean(rt: Runtime, traces: Traces, erasure_id: UUID) -> datetime:
    """Return since when nothing was left but copies; remembered from round to round."""
    async with rt.db.begin() as tx:
        row = await _held(tx, traces.workspace_id, erasure_id)
        steps = {**row.steps}
        moments = [rt.clock()]
        for name in _last():
            step = {"clean_at": moments[0].isoformat(), **steps.get(name, _step(0))}
            moments.append(datetime.fromisoformat(step["clean_at"]))
            steps[name] = step
        await _change(tx, traces.workspace_id, erasure_id, steps=steps)
    return min(moments)


def _last() -> list[str]:
    return [keeper.name for keeper in keepers() if keeper.last]


def _unclean(steps: dict[str, Any]) -> dict[str, Any]:
    """Return the steps after more of the person was found: copies of until now may hold it."""
    late = _last()
    return {
        name: {key: value for key, value in step.items() if key != "clean_at"}
        if name in late
        else step
        for name, step in steps.items()
    }


async def _pass(rt: Runtime, keeper: Keeper, traces: Traces, erasure_id: UUID) -> datetime | None:
    ws = traces.workspace_id
    async with rt.db.begin() as tx:
        # Noted before anything goes: after a crash in the middle the act still knows how much.
        row = await _held(tx, ws, erasure_id)
        step = row.steps.get(keeper.name)
        if step is None:
            found = await keeper.count(rt, tx, traces)
            await _change(tx, ws, erasure_id, steps={**row.steps, keeper.name: _step(found)})
    async with rt.db.begin() as tx:
        row = await _held(tx, ws, erasure_id)
        erased = await keeper.erase(rt, tx, traces)
        now = rt.clock()
        step = {**row.steps[keeper.name]}
        step["destroyed"] += erased.count
        step["until"] = None if erased.until is None else erased.until.isoformat()
        values: dict[str, Any] = {}
        steps = row.steps
        if erased.count:
            step["at"] = now.isoformat()
            line = {"at": now.isoformat(), "name": keeper.name, "destroyed": erased.count}
            values["log"] = [*row.log, line]
            steps = steps if keeper.last else _unclean(steps)
        await _change(tx, ws, erasure_id, steps={**steps, keeper.name: step}, **values)
    return erased.until


async def _cut_again(rt: Runtime, traces: Traces, erasure_id: UUID) -> bool:
    """Cut out what events that were on their way at the cut have made of the person since."""
    async with rt.db.begin() as tx:
        row = await _held(tx, traces.workspace_id, erasure_id)
        revived = await cut_revived(tx, traces)
        if not revived:
            return False
        ids = tuple(dict.fromkeys((*traces.profile_ids, *revived)))
        more = msgspec.structs.replace(traces, profile_ids=ids)
        await _bury(tx, traces.workspace_id, erasure_id, revived)
        await _change(
            tx,
            traces.workspace_id,
            erasure_id,
            profile_ids=sorted({*row.profile_ids, *revived}),
            steps=_unclean(row.steps),
            traces=rt.vault.seal(msgspec.json.encode(more).decode()),
        )
    return True


async def _bury(tx: Tx, workspace_id: int, erasure_id: UUID, ids: Sequence[int]) -> None:
    await tx.execute(
        insert(t.erased_profiles).on_conflict_do_nothing(),
        [
            {"workspace_id": workspace_id, "profile_id": one, "erasure_id": erasure_id}
            for one in ids
        ],
    )


def _step(found: int) -> dict[str, Any]:
    return {"found": found, "destroyed": 0, "at": None, "until": None}


async def _left(rt: Runtime, traces: Traces) -> int:
    async with rt.db.begin() as tx:
        return sum([await keeper.count(rt, tx, traces) for keeper in keepers() if not keeper.last])


async def _wait(rt: Runtime, workspace_id: int, erasure_id: UUID, until: datetime) -> datetime:
    async with rt.db.begin() as tx:
        await _change(
            tx, workspace_id, erasure_id, state=ErasureState.WAITING.value, waits_until=until
        )
    return until


async def _finish(rt: Runtime, traces: Traces, erasure_id: UUID) -> None:
    """Forget what was looked for: from now on the act alone is left."""
    now = rt.clock()
    ws = traces.workspace_id
    async with rt.db.begin() as tx:
        r = t.person_requests.c
        rows = await tx.execute(
            sa.select(r.id, r.answer).where(
                r.workspace_id == ws, r.profile_id.in_(traces.profile_ids)
            )
        )
        for row in rows:
            answer = "" if _names(traces, row.answer) else row.answer
            await tx.execute(
                t.person_requests.update()
                .where(r.workspace_id == ws, r.id == row.id)
                .values(person="", note="", answer=answer)
            )
        await _change(
            tx,
            ws,
            erasure_id,
            state=ErasureState.DONE.value,
            traces=None,
            stand_in=None,
            waits_until=None,
            finished_at=now,
        )
    log.info("a person was erased", workspace=ws, erasure=str(erasure_id))


async def remove_marked(rt: Runtime, *, at_night: bool = False) -> datetime | None:
    """Remove rows from ClickHouse's disk that a lightweight deletion only marked.

    Returns when the rest goes, where there is so much that it must not disturb the day.
    """
    names = sorted(
        {
            table.removeprefix(CLICKHOUSE)
            for keeper in keepers()
            for table in keeper.tables
            if table.startswith(CLICKHOUSE)
        }
    )
    bytes_max = None if at_night else MASK_BYTES_AT_ONCE
    left = await remove_deleted(rt.ch, names, bytes_max=bytes_max)
    return _next_night(rt.clock()) if left else None


def _next_night(now: datetime) -> datetime:
    night = now.replace(hour=_NIGHT_HOUR, minute=30, second=0, microsecond=0)
    return night if night > now else night + timedelta(days=1)


async def _held(tx: Tx, workspace_id: int, erasure_id: UUID) -> Any:
    c = t.erasures.c
    row = (
        await tx.execute(
            sa.select(t.erasures)
            .where(c.workspace_id == workspace_id, c.id == erasure_id)
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise ErasureNotFound()
    return row


async def _change(tx: Tx, workspace_id: int, erasure_id: UUID, **values: object) -> None:
    c = t.erasures.c
    await tx.execute(
        t.erasures.update()
        .where(c.workspace_id == workspace_id, c.id == erasure_id)
        .values(**values)
    )
