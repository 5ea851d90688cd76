"""Receiving calls: an ASGI application for /h/…, as lean as the event API beside it.

A call that repeats itself is told from memory and answered without a query; a thousand of them a
second cost hashing and a number that is written once a second. Calls that are refused cost no
query either. `clock` gives seconds for limits, the runtime's clock the time of receipt.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Callable, MutableMapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import zstandard

from otklik.ingestion.accept import Receive, Scope, Send, gunzip
from otklik.ingestion.errors import BadBody
from otklik.ingestion.hooks import operations, queries
from otklik.ingestion.hooks.bodies import at, read_body
from otklik.ingestion.hooks.checks import caller_allowed, needs_body, passes
from otklik.ingestion.hooks.cleaning import cleaned, kept_headers, kept_query
from otklik.ingestion.hooks.errors import Unreadable
from otklik.ingestion.hooks.model import (
    BasicCheck,
    HookCallState,
    NoCheck,
    Reason,
    StandardCheck,
    StoredCall,
)
from otklik.ingestion.hooks.queries import Receiver as Source
from otklik.ingestion.limits import UNKNOWN_KEY_COST, AddressLimit
from otklik.kit.ids import new_id
from otklik.runtime.public import EngineUnavailable, Runtime, log, notify
from otklik.runtime.web.edge import client_ip

PREFIX = "/h/"
FRESH_S = 2.0
PATIENCE_S = 4.0
"""Tilda waits five seconds for an answer (https://help-ru.tilda.cc/formsscript)."""
RECENT_MAX = 50_000
KNOWN_MAX = 5_000
FLUSH_S = 1.0
_PARALLEL = 8
_ADDRESS = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_UNKNOWN_PER_S = 20
_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"86400"),
]

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(StoredCall).decode


def unpack_call(body: bytes) -> StoredCall:
    """Return what was kept of a call."""
    return _unpack(zstandard.decompress(body))


class _Refused(Exception):
    """A call that is not taken: status, code, a sentence, and seconds to wait.

    `basic`: the caller is told to send a user name and a password.
    """

    def __init__(
        self, status: int, code: str, detail: str, *, retry_after_s: int = 0, basic: bool = False
    ) -> None:
        self.status, self.code, self.detail = status, code, detail
        self.retry_after_s, self.basic = retry_after_s, basic
        super().__init__(code)


class _Gone(Exception):
    """The client disconnected."""


class HookApi:
    """`await api(scope, receive, send)` answers below /h/."""

    def __init__(self, rt: Runtime, *, clock: Callable[[], float]) -> None:
        settings = rt.settings.ingestion
        self.runtime = rt
        self._clock = clock
        self._bytes_max = settings.hook_bytes_max
        self._rate = AddressLimit(per_s=settings.hook_calls_per_s_max, clock=clock)
        self._strangers = AddressLimit(per_s=_UNKNOWN_PER_S, clock=clock)
        self._known: dict[str, tuple[float, Source | None]] = {}
        self._looking: dict[str, asyncio.Task[Source | None]] = {}
        self._recent: dict[tuple[UUID, bytes], tuple[float, UUID]] = {}
        self._storing: dict[tuple[UUID, bytes], asyncio.Future[UUID]] = {}
        self._repeats: Counter[UUID] = Counter()
        self._refused: Counter[tuple[int, UUID, Reason]] = Counter()
        self._parallel = asyncio.Semaphore(_PARALLEL)
        self._flushing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] == "OPTIONS":
                await _answer(send, 204, b"", _CORS)
                return
            await self._accept(scope, receive)
        except _Refused as refused:
            await _refuse(send, refused)
        except _Gone:
            return
        except (TimeoutError, EngineUnavailable) as error:
            log.warning("a webhook could not be stored", error=type(error).__name__)
            later = _Refused(
                503, "try_later", "It can't be stored now; send it again.", retry_after_s=2
            )
            await _refuse(send, later)
        else:
            await _answer(send, 200, b"ok", _CORS[:1])

    async def _accept(self, scope: Scope, receive: Receive) -> None:
        if scope["method"] != "POST":
            raise _Refused(405, "method_not_allowed", "This address takes webhooks by POST.")
        ip = client_ip(scope, self.runtime.settings.trusted_proxies)  # type: ignore[arg-type]  # its types are not those of plain ASGI
        source = await self._source(scope["path"].rstrip("/").rpartition("/")[2], ip)
        if not caller_allowed(source.networks, ip):
            raise self._refusal(source, Reason.WRONG_ADDRESS, 403)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        body = await self._body(source, headers, receive)
        query = scope.get("query_string", b"").decode("latin-1")
        content_type = headers.get("content-type", "")
        tree = _tree(content_type, body) if needs_body(source.check) else None
        now_s = self.runtime.clock().timestamp()
        if not passes(
            source.check,
            source.secret,
            headers=headers,
            query=query,
            body=body,
            tree=tree,
            now_s=now_s,
        ):
            raise self._refusal(source, Reason.BAD_SIGNATURE, 401)
        key, window_s = _repeat_key(source, headers, query, body)
        if await self._is_repeat(source, key):
            return
        if wait := self._rate.take(source.source_id.hex, 1):
            raise self._refusal(source, Reason.TOO_FAST, 429, retry_after_s=wait)
        call = _stored(source, content_type, query, headers, body)
        future: asyncio.Future[UUID] = asyncio.get_running_loop().create_future()
        self._storing[source.source_id, key] = future
        try:
            async with asyncio.timeout(PATIENCE_S), self._parallel:
                call_id = await self._store(source, call, len(body), ip, key, window_s)
        except BaseException as error:
            future.set_exception(error if isinstance(error, Exception) else TimeoutError())
            future.exception()
            raise
        else:
            future.set_result(call_id)
            if window_s != 0:
                self._remember(source, key, call_id, window_s)
        finally:
            del self._storing[source.source_id, key]

    async def _source(self, address: str, ip: str) -> Source:
        found = self._known.get(address)
        if found is not None and found[0] > self._clock():
            source = found[1]
        else:
            if not _ADDRESS.match(address):
                raise _no_source()
            if wait := self._strangers.wait(ip, 1):
                raise _Refused(429, "too_fast", "Too many calls.", retry_after_s=wait)
            source = await self._looked_up(address)
        if source is None:
            self._strangers.charge(ip, UNKNOWN_KEY_COST)
            raise _no_source()
        return source

    async def _looked_up(self, address: str) -> Source | None:
        """Ask the store for a source; a thousand calls of one moment ask once."""
        task = self._looking.get(address)
        if task is None:
            task = asyncio.create_task(self._look_up(address), name="hooks.source")
            self._looking[address] = task
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.shield(task)

    async def _look_up(self, address: str) -> Source | None:
        try:
            async with asyncio.timeout(PATIENCE_S), self.runtime.db.begin() as tx:
                source = await queries.receiver(tx, vault=self.runtime.vault, address=address)
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[address] = (self._clock() + FRESH_S, source)
        finally:
            del self._looking[address]
        return source

    async def _body(self, source: Source, headers: dict[str, str], receive: Receive) -> bytes:
        try:
            body = await _whole(receive, self._bytes_max)
            if headers.get("content-encoding", "").strip().lower() in {"gzip", "x-gzip"}:
                return gunzip(body, self._bytes_max)
        except BadBody as error:
            raise _Refused(400, error.code, error.text("en")) from error
        except _TooLarge as error:
            raise self._refusal(source, Reason.TOO_LARGE, 413) from error
        return body

    async def _is_repeat(self, source: Source, key: bytes) -> bool:
        """Say whether this very call is stored already; waits for the one that is being stored."""
        place = (source.source_id, key)
        storing = self._storing.get(place)
        if storing is not None:
            call_id = await asyncio.shield(storing)
        else:
            known = self._recent.get(place)
            if known is None or known[0] <= self._clock():
                return False
            call_id = known[1]
        self._repeats[call_id] += 1
        self._flush_soon()
        return True

    def _remember(self, source: Source, key: bytes, call_id: UUID, window_s: int) -> None:
        if len(self._recent) >= RECENT_MAX:
            self._recent.clear()
        # What the store knows for ever, memory need know only for a while.
        until = self._clock() + (window_s if window_s > 0 else operations.REPEAT_WINDOW_S)
        self._recent[source.source_id, key] = (until, call_id)

    async def _store(
        self, source: Source, call: StoredCall, size: int, ip: str, key: bytes, window_s: int
    ) -> UUID:
        now = self.runtime.clock()
        call_id = new_id()
        slot = int(now.timestamp() // window_s) if window_s > 0 else 0
        values = {
            "call_id": call_id,
            "source_id": source.source_id,
            "now": now,
            "size": size,
            "ip": ip[:45],
            "body": zstandard.compress(_pack(call), 3),
            "key": key if window_s else call_id.bytes,
            "slot": slot,
            "since": now - timedelta(seconds=max(window_s, 0)),
        }
        async with self.runtime.db.begin() as tx:
            row = (await tx.execute(queries.INSERT_CALL, values)).first()
            if row is None:
                row = (await tx.execute(queries.COUNT_REPEAT, values)).first()
            if row is None:
                # The source was deleted a moment ago.
                raise _no_source()
            if row.state == HookCallState.WAITING:
                await notify(tx, operations.CHANNEL)
        return UUID(str(row.call_id))

    def _refusal(
        self, source: Source, reason: Reason, status: int, *, retry_after_s: int = 0
    ) -> _Refused:
        self._refused[source.workspace_id, source.source_id, reason] += 1
        self._flush_soon()
        return _Refused(
            status,
            reason.value,
            "The call is refused.",
            retry_after_s=retry_after_s,
            basic=isinstance(source.check, BasicCheck),
        )

    def _flush_soon(self) -> None:
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_later(), name="hooks.flush")

    async def _flush_later(self) -> None:
        await asyncio.sleep(FLUSH_S)
        try:
            await self.flush()
        except Exception as error:
            # Only numbers of a log are lost.
            log.warning("counts of webhooks were not written", error=type(error).__name__)

    async def flush(self) -> None:
        """Write what was counted since the last time."""
        repeats, self._repeats = self._repeats, Counter()
        refused, self._refused = self._refused, Counter()
        async with self.runtime.db.begin() as tx:
            await queries.add_counts(tx, repeats=repeats, refused=refused, now=self.runtime.clock())


class _TooLarge(Exception):
    """The body passes the limit."""


async def _whole(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message: MutableMapping[str, Any] = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        if not message.get("more_body", False):
            break
        if size > 4 * limit:
            raise _TooLarge
    if size > limit:
        raise _TooLarge
    return b"".join(parts)


def _tree(content_type: str, body: bytes) -> dict[str, Any] | None:
    try:
        return read_body(content_type, body)
    except Unreadable:
        return None


def _repeat_key(
    source: Source, headers: dict[str, str], query: str, body: bytes
) -> tuple[bytes, int]:
    """Return what a repeat of this call is known by, and for how long: -1 for ever, 0 never."""
    own = ""
    if isinstance(source.check, StandardCheck):
        own = headers.get("webhook-id", "")
    elif source.id_path:
        found = at(_tree(headers.get("content-type", ""), body), source.id_path)
        own = "" if found is None or isinstance(found, dict | list) else str(found).strip()
    if own:
        return hashlib.sha256(b"id\0" + own.encode()).digest()[:16], -1
    whole = query.encode("latin-1", "replace") + b"\0" + body
    return hashlib.sha256(whole).digest()[:16], source.repeat_window_s


def _stored(
    source: Source, content_type: str, query: str, headers: dict[str, str], body: bytes
) -> StoredCall:
    tree = _tree(content_type, body)
    is_changed = False
    if tree is not None:
        tree, is_changed = cleaned(tree, source.check)
    return StoredCall(
        content_type=content_type[:200].replace("\0", ""),
        query=kept_query(query, source.check),
        headers=kept_headers(headers, source.check),
        body=msgspec.json.encode(tree) if is_changed else body,
        tree=is_changed,
        checked=bool(source.networks) or not isinstance(source.check, NoCheck),
    )


def _no_source() -> _Refused:
    return _Refused(404, "source_not_found", "There is no such address.")


async def _refuse(send: Send, refused: _Refused) -> None:
    headers = [*_CORS[:1], (b"content-type", b"application/problem+json")]
    if refused.retry_after_s:
        headers.append((b"retry-after", str(refused.retry_after_s).encode()))
    if refused.status == 405:
        headers.append((b"allow", b"POST, OPTIONS"))
    if refused.basic and refused.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="webhooks"'))
    body = {"status": refused.status, "code": refused.code, "detail": refused.detail}
    await _answer(send, refused.status, msgspec.json.encode(body), headers)


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    if not any(name == b"content-type" for name, _ in headers) and body:
        headers = [*headers, (b"content-type", b"text/plain; charset=utf-8")]
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
