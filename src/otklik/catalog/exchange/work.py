"""What jobs do with files and ends of exchanges. A kill at any place leaves all or nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from otklik.catalog.exchange import files
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.documents import read_documents
from otklik.catalog.exchange.goods import drop_unnamed, read_goods
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text
from otklik.runtime.public import EngineUnavailable, Runtime, Tx, log

_BROKEN = Text(
    en="Something inside Otklik failed; nothing of the file was taken. The log says more.",
    ru="Сбой внутри Отклика, из файла ничего не взято. Подробности в журнале программы.",
)
_LOST = Text(
    en="The file is not here any more: send it again.",
    ru="Файла уже нет: передайте его ещё раз.",
)
_SHRUNK = Text(
    en="The whole catalogue that came no longer names more than half of the products. None was "
    "taken away: look whether 1C sent everything.",
    ru="В пришедшем полном каталоге нет больше половины товаров. Ни один не убран: проверьте, всё "
    "ли передала 1С.",
)
_LEFT_OUT = {
    "without_contacts": Text(
        en="Orders without an e-mail address and phone of the buyer, left out: {n}.",
        ru="Пропущено заказов без почты и телефона покупателя: {n}.",
    ),
    "other_documents": Text(
        en="Documents that say nothing of a known order, left out: {n}.",
        ru="Пропущено документов, не связанных с известным заказом: {n}.",
    ),
    "refused": Text(
        en="Documents with sums or lines that cannot be understood, left out: {n}.",
        ru="Пропущено документов с непонятными суммами или строками: {n}.",
    ),
    "skipped": Text(
        en="Products and offers with an id longer than 200 characters, left out: {n}.",
        ru="Пропущено товаров и предложений с идентификатором длиннее 200 знаков: {n}.",
    ),
}


def _said(text: Text, code: str, **facts: object) -> dict[str, str]:
    return {"code": code, "en": text.of("en", facts), "ru": text.of("ru", facts)}


async def read_file(rt: Runtime, *, workspace_id: int, file_id: UUID) -> None:
    """Do a queued file: unpack an archive, or read XML. A file that is over is left alone."""
    f, s, c = t.exchange_files.c, t.exchange_sessions.c, t.exchanges.c
    async with rt.db.begin() as tx:
        row = (
            await tx.execute(
                sa.select(t.exchange_files, s.exchange_id, s.kind, s.bytes.label("sent"))
                .join(t.exchange_sessions, s.session_id == f.session_id)
                .where(f.workspace_id == workspace_id, f.file_id == file_id, f.state == "queued")
            )
        ).one_or_none()
        if row is None:
            return
        connection = (
            await tx.execute(sa.select(t.exchanges).where(c.exchange_id == row.exchange_id))
        ).one()
    problem: dict[str, str]
    try:
        if files.is_zip(row.name):
            await _unpack(rt, row)
        else:
            await _read(rt, connection, row)
    except (DBAPIError, EngineUnavailable, psycopg.OperationalError) as error:
        if not isinstance(error, DBAPIError) or error.connection_invalidated:
            # PostgreSQL is away: nothing is wrong with the file, and the job is tried again.
            raise
        problem = _internal(error)
    except FileNotFoundError:
        problem = _said(_LOST, "lost")
    except OtklikError as error:
        # Without the hints of feeds, which speak of addresses of shops.
        problem = {"code": error.code, "en": error.text("en"), "ru": error.text("ru")}
    except Exception as error:
        problem = _internal(error)
    else:
        await asyncio.to_thread(files.forget, rt, row.session_id, file_id)
        return
    async with rt.db.begin() as tx:
        await _end(tx, file_id, rt.clock(), state="failed", problems=[problem])
    await asyncio.to_thread(files.forget, rt, row.session_id, file_id)


def _internal(error: Exception) -> dict[str, str]:
    log.error("a file of 1C could not be read", error=type(error).__name__, exc_info=True)
    return _said(_BROKEN, "internal")


async def _end(tx: Tx, file_id: UUID, now: datetime, **values: Any) -> None:
    await tx.execute(
        t.exchange_files.update()
        .where(t.exchange_files.c.file_id == file_id)
        .values(finished_at=now, **values)
    )


async def _unpack(rt: Runtime, row: Any) -> None:
    found = await asyncio.to_thread(
        files.unpack,
        rt,
        row.session_id,
        row.file_id,
        room=files.SESSION_BYTES_MAX - row.sent,
    )
    now = rt.clock()
    f = t.exchange_files.c
    async with rt.db.begin() as tx:
        names = [name for _, name, _ in found]
        # The same exchange once more: what was unpacked before gives way.
        await tx.execute(
            t.exchange_files.delete().where(f.session_id == row.session_id, f.name.in_(names))
        )
        newest = {name: (made, size) for made, name, size in found}
        if newest:
            await tx.execute(
                t.exchange_files.insert(),
                [
                    {
                        "file_id": made,
                        "workspace_id": row.workspace_id,
                        "session_id": row.session_id,
                        "name": name,
                        "state": "waiting",
                        "bytes": size,
                        "created_at": now,
                    }
                    for name, (made, size) in newest.items()
                ],
            )
        s = t.exchange_sessions.c
        await tx.execute(
            t.exchange_sessions.update()
            .where(s.session_id == row.session_id)
            .values(bytes=s.bytes + sum(size for _, _, size in found))
        )
        await _end(tx, row.file_id, now, state="done", counts={"files": len(newest)})


async def _read(rt: Runtime, connection: Any, row: Any) -> None:
    now = rt.clock()
    path = files.folder(rt, row.session_id) / str(row.file_id)
    async with rt.db.begin() as tx:
        values: dict[str, Any]
        if row.kind == "sale":
            counts = await read_documents(rt, tx, connection, path=path, now=now)
            values = {"counts": counts}
        else:
            read = await read_goods(
                rt, tx, connection, session_id=row.session_id, path=path, now=now
            )
            counts = read.counts
            changes = {
                name: getattr(read.changes, name)
                for name in ("added", "changed", "returned", "gone")
                if getattr(read.changes, name)
            }
            values = {
                "counts": counts | changes,
                "whole_goods": read.whole_goods,
                "whole_offers": read.whole_offers,
            }
        values["problems"] = [
            _said(text, code, n=counts[code]) for code, text in _LEFT_OUT.items() if code in counts
        ]
        await _end(tx, row.file_id, now, state="done", **values)


async def close_session(rt: Runtime, *, workspace_id: int, session_id: UUID) -> None:
    """End an exchange: a whole catalogue takes away what it did not name; files are deleted."""
    s, f, c = t.exchange_sessions.c, t.exchange_files.c, t.exchanges.c
    now = rt.clock()
    async with rt.db.begin() as tx:
        session = (
            await tx.execute(
                sa.select(t.exchange_sessions)
                .where(
                    s.workspace_id == workspace_id,
                    s.session_id == session_id,
                    s.state == "closing",
                )
                .with_for_update()
            )
        ).one_or_none()
        if session is None:
            return
        connection = (
            await tx.execute(sa.select(t.exchanges).where(c.exchange_id == session.exchange_id))
        ).one()
        rows = (
            await tx.execute(sa.select(t.exchange_files).where(f.session_id == session_id))
        ).all()
        gone: int | None = None
        problem = None
        # With one file missing nobody knows what the whole was.
        if session.kind == "catalog" and rows and all(row.state == "done" for row in rows):
            goods = _is_whole([row.whole_goods for row in rows])
            offers = _is_whole([row.whole_offers for row in rows])
            if goods or offers:
                gone = await drop_unnamed(
                    rt, tx, connection, session_id=session_id, goods=goods, offers=offers, now=now
                )
                problem = _said(_SHRUNK, "shrunk") if gone is None else None
        await tx.execute(
            t.exchange_files.update()
            .where(f.session_id == session_id, f.state.in_(["waiting", "queued"]))
            .values(state="failed", finished_at=now, problems=[_said(_NEVER_READ, "never_read")])
        )
        await tx.execute(
            t.exchange_sessions.update()
            .where(s.session_id == session_id)
            .values(state="closed", closed_at=session.closed_at or now, gone=gone, problem=problem)
        )
    await asyncio.to_thread(files.forget, rt, session_id)


_NEVER_READ = Text(
    en="1C never asked for this file to be read.",
    ru="1С не попросила прочитать этот файл.",
)


def _is_whole(told: list[bool | None]) -> bool:
    said = [one for one in told if one is not None]
    return bool(said) and all(said)
