"""Idempotency keys: a creating POST that is repeated gives the first answer again.

The key is claimed in the transaction of the request itself, so a creation and its claim are
committed together; a second request with the key waits for the first one's commit.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, cast

import msgspec
import sqlalchemy as sa
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.dialects.postgresql import insert

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text
from otklik.runtime.context import Runtime
from otklik.runtime.jobs import job
from otklik.runtime.postgres import Tx, metadata

HEADER = "idempotency-key"
KEEP = timedelta(hours=24)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    # The hash of credential and key stands for the workspace too: it belongs to one caller.
    sa.Column("claim", sa.LargeBinary, primary_key=True),
    sa.Column("request_hash", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("status", sa.SmallInteger),
    sa.Column("content_type", sa.Text),
    sa.Column("body", sa.LargeBinary),
    sa.Index("ix_idempotency_keys_created_at", "created_at"),
)


class KeyReused(OtklikError):
    code = "idempotency_key_reused"
    status = 422
    message = Text(
        en="This Idempotency-Key was used for another request.",
        ru="Этот Idempotency-Key уже использован для другого запроса.",
    )
    hint = Text(
        en="Make a new key for a new request.", ru="Для нового запроса создайте новый ключ."
    )


class KeyTooLong(OtklikError):
    code = "idempotency_key_too_long"
    status = 400
    message = Text(
        en="An Idempotency-Key has at most 255 characters.",
        ru="В Idempotency-Key не больше 255 символов.",
    )


class AnswerUnknown(OtklikError):
    code = "answer_unknown"
    status = 409
    message = Text(
        en="A request with this Idempotency-Key was carried out, but its answer was not kept.",
        ru="Запрос с этим Idempotency-Key выполнен, но его ответ не сохранился.",
    )
    hint = Text(en="Look for the result in the list.", ru="Найдите результат в списке.")


class Replay(Exception):
    """The stored answer of the first request with this key."""

    def __init__(self, status: int, content_type: str, body: bytes) -> None:
        self.status, self.content_type, self.body = status, content_type, body
        super().__init__("replay")


async def claim_key(request: Request[Any, Any, Any], tx: Tx, rt: Runtime) -> None:
    """Claim the request's key in `tx`; raises Replay when the work is done already."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return
    if len(key) > 255:
        raise KeyTooLong()
    claim = _claim(request, key)
    body = await request.body()
    wanted = hashlib.sha256(request.url.path.encode() + b"\n" + body).digest()
    claimed = await tx.execute(
        insert(idempotency_keys)
        .values(claim=claim, request_hash=wanted, created_at=rt.clock())
        .on_conflict_do_nothing()
        .returning(idempotency_keys.c.claim)
    )
    if claimed.first() is not None:
        request.scope["state"]["idempotency_claim"] = claim
        return
    row = (
        await tx.execute(sa.select(idempotency_keys).where(idempotency_keys.c.claim == claim))
    ).one()
    if row.request_hash != wanted:
        raise KeyReused()
    if row.status is None:
        raise AnswerUnknown()
    raise Replay(row.status, row.content_type, row.body)


def _claim(request: Request[Any, Any, Any], key: str) -> bytes:
    credential = request.headers.get("authorization") or request.headers.get("cookie") or ""
    return hashlib.sha256(msgspec.json.encode([credential, key])).digest()


def keep_answers(app: ASGIApp) -> ASGIApp:
    """ASGI middleware that stores the answer of a request whose key was claimed."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            claim = scope.get("state", {}).get("idempotency_claim")
            if claim is None:
                await send(message)
                return
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                await _store(scope, claim, held)
                for one in held:
                    await send(one)

        await app(scope, receive, hold)

    return middleware


async def _store(scope: Scope, claim: bytes, held: list[Message]) -> None:
    start: Any = held[0]
    headers = {name.lower(): value for name, value in start["headers"]}
    rt: Runtime = scope["litestar_app"].state.rt
    if start["status"] >= 400:
        return  # The transaction rolled back, and with it the claim: the caller may try again.
    async with rt.db.begin() as tx:
        await tx.execute(
            idempotency_keys.update()
            .where(idempotency_keys.c.claim == claim)
            .values(
                status=start["status"],
                content_type=headers.get(b"content-type", b"application/json").decode(),
                body=b"".join(cast("dict[str, bytes]", m).get("body", b"") for m in held[1:]),
            )
        )


@job("runtime.forget_idempotency_keys", cron="17 * * * *")
async def forget_keys(rt: Runtime) -> None:
    async with rt.db.begin() as tx:
        await tx.execute(
            idempotency_keys.delete().where(idempotency_keys.c.created_at < rt.clock() - KEEP)
        )
