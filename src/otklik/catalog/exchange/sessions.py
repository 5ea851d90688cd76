"""The course of one exchange: who is in, which parts came, what is asked to be read."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import password_matches
from otklik.catalog.exchange import files
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.errors import (
    ExchangeBusy,
    ExchangeOff,
    FileFailed,
    FileWasTaken,
    NoSuchFile,
    SessionOver,
    TooManyLogins,
    TooMuchSent,
    WrongLogin,
)
from otklik.kit.ids import new_id, new_token
from otklik.runtime.public import Runtime, Tx

Kind = Literal["catalog", "sale"]
FILE_JOB: Final = "catalog.read_exchange_file"
CLOSE_JOB: Final = "catalog.close_exchange"
SESSION_IDLE: Final = timedelta(minutes=30)
"""How long a session lives without a word of 1C."""
QUIET: Final = timedelta(minutes=5)
"""An exchange with unfinished work that is silent for longer has broken off."""
SALE_QUIET: Final = timedelta(minutes=1)
FAILURES_MAX: Final = 20
FAILURES_WINDOW: Final = timedelta(minutes=15)
_UNFINISHED: Final = ("waiting", "queued")


async def find_connection(tx: Tx, *, address: str) -> Any:
    """Return the row of a connection by the public part of its address, or None."""
    found = await tx.execute(sa.select(t.exchanges).where(t.exchanges.c.address == address))
    return found.one_or_none()


def check_kind(connection: Any, kind: Kind) -> None:
    """Raise ExchangeOff where the workspace does not want this part of the exchange."""
    if not (connection.with_catalogue if kind == "catalog" else connection.with_orders):
        raise ExchangeOff()


async def sign_in(
    rt: Runtime, *, exchange_id: UUID, kind: Kind, login: str, password: str, now: datetime
) -> str:
    """Open a session; returns its token. Raises: WrongLogin, TooManyLogins, ExchangeBusy.

    Attempts at one connection stand in a line, so that none passes by the count of failures.
    """
    c = t.exchanges.c
    async with rt.db.begin() as tx:
        row = (
            await tx.execute(
                sa.select(t.exchanges).where(c.exchange_id == exchange_id).with_for_update()
            )
        ).one_or_none()
        if row is None:
            raise SessionOver()
        is_recent = row.failures_from is not None and row.failures_from > now - FAILURES_WINDOW
        if is_recent and row.failures >= FAILURES_MAX:
            raise TooManyLogins()
        # The password is checked whatever the login is: the time that it takes says nothing.
        is_right = await password_matches(row.password_hash, password)
        is_right &= hmac.compare_digest(login.encode(), row.login.encode())
        if is_right:
            token = await _open(rt, tx, row, kind, now)
        await tx.execute(
            t.exchanges.update()
            .where(c.exchange_id == exchange_id)
            .values(
                failures=0 if is_right else row.failures * is_recent + 1,
                failures_from=None if is_right else row.failures_from if is_recent else now,
            )
        )
    if not is_right:
        raise WrongLogin()
    return token


async def _open(rt: Runtime, tx: Tx, row: Any, kind: Kind, now: datetime) -> str:
    s, f = t.exchange_sessions.c, t.exchange_files.c
    before = (
        await tx.execute(
            sa.select(t.exchange_sessions)
            .where(s.exchange_id == row.exchange_id, s.kind == kind, s.state == "open")
            .with_for_update()
        )
    ).one_or_none()
    if before is not None:
        unfinished = await tx.execute(
            sa.select(sa.func.count()).where(
                f.session_id == before.session_id, f.state.in_(_UNFINISHED)
            )
        )
        is_at_work = unfinished.scalar_one() > 0 or before.offered_version is not None
        if is_at_work and before.last_at > now - QUIET:
            raise ExchangeBusy()
        await close(rt, tx, before, now=now)
    token = new_token(192)
    await tx.execute(
        t.exchange_sessions.insert().values(
            session_id=new_id(),
            workspace_id=row.workspace_id,
            exchange_id=row.exchange_id,
            kind=kind,
            token_hash=_hash(token),
            state="open",
            created_at=now,
            last_at=now,
        )
    )
    return token


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def enter(tx: Tx, *, exchange_id: UUID, kind: Kind, token: str, now: datetime) -> Any:
    """Return the session of a token, locked until the transaction ends. Raises: SessionOver."""
    s = t.exchange_sessions.c
    row = (
        await tx.execute(
            t.exchange_sessions.update()
            .where(
                s.token_hash == _hash(token),
                s.exchange_id == exchange_id,
                s.kind == kind,
                s.state == "open",
                s.last_at > now - SESSION_IDLE,
            )
            .values(last_at=now)
            .returning(*s)
        )
    ).one_or_none()
    if row is None:
        raise SessionOver()
    return row


async def put_part(
    rt: Runtime, tx: Tx, session: Any, *, name: str, body: bytes, now: datetime
) -> None:
    """Append a part to a file of the session. Raises: TooMuchSent, FileWasTaken."""
    f = t.exchange_files.c
    row = (
        await tx.execute(
            sa.select(t.exchange_files).where(f.session_id == session.session_id, f.name == name)
        )
    ).one_or_none()
    count = await tx.execute(sa.select(sa.func.count()).where(f.session_id == session.session_id))
    if session.bytes + len(body) > files.SESSION_BYTES_MAX or (
        row is None and count.scalar_one() >= files.FILES_MAX
    ):
        raise TooMuchSent(mb=files.SESSION_BYTES_MAX // 1024**2, files=files.FILES_MAX)
    if row is not None and row.state == "queued":
        raise FileWasTaken()
    # A file that was read may be sent again; it then begins anew.
    is_more = row is not None and row.state == "waiting"
    file_id = row.file_id if row is not None else new_id()
    offset = int(row.bytes) if row is not None and is_more else 0
    await asyncio.to_thread(files.write_part, rt, session.session_id, file_id, offset, body)
    values: dict[str, Any] = {
        "state": "waiting",
        "bytes": offset + len(body),
        "counts": {},
        "problems": [],
        "finished_at": None,
    }
    if row is None:
        await tx.execute(
            t.exchange_files.insert().values(
                file_id=file_id,
                workspace_id=session.workspace_id,
                session_id=session.session_id,
                name=name,
                created_at=now,
                **values,
            )
        )
    else:
        await tx.execute(t.exchange_files.update().where(f.file_id == file_id).values(values))
    s = t.exchange_sessions.c
    await tx.execute(
        t.exchange_sessions.update()
        .where(s.session_id == session.session_id)
        .values(bytes=s.bytes + len(body))
    )


async def ask(rt: Runtime, tx: Tx, session: Any, *, name: str) -> bool:
    """Have a file read; returns whether that is over. Raises: NoSuchFile, FileFailed.

    A file that is in none of the parts may be in an archive: that is unpacked first.
    """
    f = t.exchange_files.c
    rows = (
        await tx.execute(
            sa.select(t.exchange_files)
            .where(f.session_id == session.session_id)
            .order_by(f.created_at)
            .with_for_update()
        )
    ).all()
    wanted = next((row for row in rows if row.name == name), None)
    if wanted is None:
        # 1C may leave out the folder that a file has inside the archive.
        inside = [row for row in rows if row.name.rsplit("/", 1)[-1] == name]
        wanted = inside[0] if len(inside) == 1 else None
    if wanted is not None:
        return await _ask_for(rt, tx, wanted)
    packed = [row for row in rows if files.is_zip(row.name)]
    is_over = [await _ask_for(rt, tx, row) for row in packed]
    if all(is_over):
        raise NoSuchFile()
    return False


async def _ask_for(rt: Runtime, tx: Tx, row: Any) -> bool:
    if row.state == "failed":
        reason = row.problems[0] if row.problems else {"en": "", "ru": ""}
        raise FileFailed(en=reason["en"], ru=reason["ru"])
    if row.state == "waiting":
        await queue(rt, tx, row)
    return bool(row.state == "done")


async def queue(rt: Runtime, tx: Tx, row: Any) -> None:
    """Let a job read a file."""
    await tx.execute(
        t.exchange_files.update()
        .where(t.exchange_files.c.file_id == row.file_id)
        .values(state="queued")
    )
    await rt.jobs.defer(
        tx,
        FILE_JOB,
        args={"workspace_id": row.workspace_id, "file_id": str(row.file_id)},
        lock=f"exchange:{row.session_id}",
    )


async def close(rt: Runtime, tx: Tx, session: Any, *, now: datetime) -> None:
    """End a session; its last work is done by a job."""
    await tx.execute(
        t.exchange_sessions.update()
        .where(t.exchange_sessions.c.session_id == session.session_id)
        .values(state="closing", closed_at=now)
    )
    await rt.jobs.defer(
        tx,
        CLOSE_JOB,
        args={"workspace_id": session.workspace_id, "session_id": str(session.session_id)},
        lock=f"exchange:{session.session_id}",
    )


async def sweep(rt: Runtime, tx: Tx, *, now: datetime) -> None:
    """Read what an old 1C sent without asking for its reading, and end what has fallen silent."""
    s, f = t.exchange_sessions.c, t.exchange_files.c
    left = await tx.execute(
        sa.select(t.exchange_files)
        .join(t.exchange_sessions, s.session_id == f.session_id)
        .where(
            s.kind == "sale",
            s.state == "open",
            s.last_at < now - SALE_QUIET,
            f.state == "waiting",
        )
        .order_by(f.created_at)
        .limit(200)
        .with_for_update(skip_locked=True)
    )
    for row in left.all():
        await queue(rt, tx, row)
    silent = await tx.execute(
        sa.select(t.exchange_sessions)
        .where(
            sa.or_(
                sa.and_(s.state == "open", s.last_at < now - SESSION_IDLE),
                sa.and_(s.state == "closing", s.closed_at.is_(None)),
            )
        )
        .limit(200)
        .with_for_update(skip_locked=True)
    )
    for row in silent.all():
        await close(rt, tx, row, now=now)
