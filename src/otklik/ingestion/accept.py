"""The event API as a lean ASGI application: limits, key, judgement, durable log, answer.

It stands beside the web framework and not inside it: one request here costs a few microseconds
more than decoding its JSON. The form of requests and answers is that of the Segment HTTP API
(https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/).
"""

from __future__ import annotations

import base64
import binascii
import http
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

import msgspec

from otklik.ingestion import model
from otklik.ingestion.errors import (
    AddressTooFast,
    BadCompression,
    LogUnavailable,
    TooFast,
    TooLarge,
    UnknownEncoding,
    WrongKey,
)
from otklik.ingestion.judge import Judged, judge_batch, judge_single
from otklik.ingestion.keys import KeyCache, WriteKey
from otklik.ingestion.limits import UNKNOWN_KEY_COST, AddressLimit, KeyLimit
from otklik.ingestion.log import EventLog
from otklik.ingestion.model import Record
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Lang
from otklik.runtime.public import Metrics, log
from otklik.runtime.settings import IngestionSettings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/v1/"
_KINDS = {PREFIX + name: kind for name, kind in model.ENDPOINTS.items()}
_DRAIN_BYTES_MAX = 16 * 1024 * 1024
_CORS = [(b"access-control-allow-origin", b"*")]
_PREFLIGHT = [
    *_CORS,
    (b"access-control-max-age", b"86400"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, content-encoding, x-retry-count",
    ),
    (b"content-length", b"0"),
]
_OK = b'{"success": true}'
_OK_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        *_CORS,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_OK)).encode()),
    ],
}
_OK_BODY = {"type": "http.response.body", "body": _OK}


class _NotThere(OtklikError):
    code = "not_found"
    status = 404


class _NotAllowed(OtklikError):
    code = "method_not_allowed"
    status = 405


class EventApi:
    """`await api(scope, receive, send)` answers everything below /v1/.

    `wall` is the clock of the edge, seconds since 1970: the time of receipt. `trusted_proxies` is
    how many proxies in front append to X-Forwarded-For; with 0 that header is never believed.
    """

    def __init__(
        self,
        *,
        log: EventLog,
        keys: KeyCache,
        rate: KeyLimit,
        addresses: AddressLimit,
        settings: IngestionSettings,
        metrics: Metrics,
        trusted_proxies: int = 0,
        wall: Callable[[], float],
    ) -> None:
        self._log = log
        self._keys = keys
        self._settings = settings
        self._metrics = metrics
        self._proxies = trusted_proxies
        self._wall = wall
        self._rate = rate
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            method = scope["method"]
            path = scope["path"]
            kind = _KINDS.get(path) or _KINDS.get(path.rstrip("/"))
            if method != "POST" or kind is None:
                if method == "OPTIONS":
                    await _answer(send, 204, b"", _PREFLIGHT)
                    return
                raise _NotThere() if kind is None else _NotAllowed()
            await self._accept(kind, scope, receive)
        except OtklikError as error:
            await _refuse(send, error, _lang(scope))
        except _Gone:
            # The client went away before its body was whole: there is nobody to answer.
            return
        except Exception as error:
            log.error("the event API failed", error=repr(error), exc_info=True)
            await _refuse(send, LogUnavailable(), _lang(scope))
        else:
            await send(_OK_START)
            await send(_OK_BODY)

    async def _accept(self, kind: str, scope: Scope, receive: Receive) -> None:
        authorization = encoding = forwarded = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"content-encoding":
                encoding = value
            elif name == b"x-forwarded-for":
                # Lines of one name are one list: a proxy may append a line of its own.
                forwarded = forwarded + b"," + value if forwarded else value
        limit = self._settings.batch_bytes_max
        body = await _whole(receive, limit)
        if encoding:
            body = _decoded(body, encoding, limit)
        ip = _ip(scope, forwarded, self._proxies)
        key = None
        if authorization:
            token = _token(authorization)
            key = self._keys.peek(token) or await self._find(token, ip)
        problem: OtklikError | None = None
        if kind == "batch":
            judged = judge_batch(body, event_bytes_max=self._settings.event_bytes_max)
        else:
            judged, problem = judge_single(
                body, kind=kind, event_bytes_max=self._settings.event_bytes_max
            )
        if key is None:
            token = judged.write_key or ""
            key = self._keys.peek(token) or await self._find(token, ip)
        await self._store(kind, key, judged, ip)
        if problem is not None:
            raise problem

    async def _store(self, kind: str, key: WriteKey, judged: Judged, ip: str) -> None:
        count = judged.events + len(judged.rejects)
        if count == 0:
            return
        # A server's address may well send everything there is; a visitor's may not.
        if key.public and (wait := self._addresses.take(ip, count)):
            raise AddressTooFast(limit=self._addresses.per_s, retry_after_s=wait)
        if not self._rate.take_held(key, count) and (wait := await self._rate.take(key, count)):
            raise TooFast(limit=self._settings.events_per_s_max, retry_after_s=wait)
        received_ms = int(self._wall() * 1000)
        record = None
        if judged.events:
            record = Record(
                kind,
                received_ms,
                key.source,
                judged.sent_at,
                # Only a browser's address is the visitor's own; a server's tells nothing of him.
                ip if key.public else "",
                judged.context,
                judged.body,
            )
        await self._log.append(
            key.workspace_id,
            record=record,
            events=judged.events,
            rejects=judged.rejects,
            source=key.source,
            received_ms=received_ms,
        )
        self._metrics.events_accepted.inc(judged.events)
        for reject in judged.rejects:
            self._metrics.events_rejected.labels(reject.code.value).inc()

    async def _find(self, token: str, ip: str) -> WriteKey:
        if not token or len(token) > 500:
            raise WrongKey()
        if wait := self._addresses.wait(ip, 1):
            raise AddressTooFast(limit=self._addresses.per_s, retry_after_s=wait)
        key = await self._keys.find(token)
        if key is None:
            self._addresses.charge(ip, UNKNOWN_KEY_COST)
            raise WrongKey()
        return key


class _Gone(Exception):
    """The client disconnected."""


async def _whole(receive: Receive, limit: int) -> bytes:
    """Read the body; of one that is too large nothing is kept, but some is read and dropped.

    A client that still writes when the answer comes would see a broken pipe and not the reason.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _Gone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise TooLarge(limit=limit)
        return body
    parts, size = [body], len(body)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
        if not message.get("more_body", False) or size > _DRAIN_BYTES_MAX:
            break
    if size > limit:
        raise TooLarge(limit=limit)
    return b"".join(parts)


def _decoded(body: bytes, encoding: bytes, limit: int) -> bytes:
    match encoding.strip().lower():
        case b"" | b"identity":
            return body
        case b"gzip" | b"x-gzip":
            return gunzip(body, limit)
        case other:
            raise UnknownEncoding(encoding=other.decode("latin-1")[:40])


def gunzip(data: bytes, limit: int) -> bytes:
    """Decompress at most `limit` bytes, whatever the data claims to hold.

    Raises: BadCompression on damaged or cut data; TooLarge as soon as the limit is passed.
    """
    inflater = zlib.decompressobj(wbits=31)
    try:
        body = inflater.decompress(data, limit + 1)
    except zlib.error as error:
        raise BadCompression() from error
    if len(body) > limit:
        raise TooLarge(limit=limit)
    if not inflater.eof:
        raise BadCompression()
    return body


@lru_cache(maxsize=1_000)
def _token(authorization: bytes) -> str:
    """Return the key in an Authorization header: user name of Basic, or a Bearer token."""
    scheme, _, value = authorization.partition(b" ")
    match scheme.lower():
        case b"basic":
            try:
                user = base64.b64decode(value.strip(), validate=True).partition(b":")[0]
                return user.decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise WrongKey() from error
        case b"bearer":
            return value.strip().decode("latin-1")
    raise WrongKey()


def _ip(scope: Scope, forwarded: bytes, proxies: int) -> str:
    if proxies and forwarded:
        hops = [hop.strip() for hop in forwarded.decode("latin-1").split(",")]
        return hops[-proxies][:45] if len(hops) >= proxies else hops[0][:45]
    client = scope.get("client")
    return client[0] if client else ""


def _lang(scope: Scope) -> Lang:
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return "ru" if value.lower().startswith(b"ru") else "en"
    return "en"


async def _refuse(send: Send, error: OtklikError, lang: Lang) -> None:
    """Answer with problem details (RFC 9457); clients of the Segment format read `message`."""
    text = error.text(lang)
    body = {
        "success": False,
        "type": "about:blank",
        "title": http.HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": text,
        "message": text,
    }
    hint = error.hint_text(lang)
    if hint:
        body["hint"] = hint
    headers = [*_CORS, (b"content-type", b"application/problem+json")]
    if isinstance(error, TooFast):
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    elif isinstance(error.retry, int):
        headers.append((b"retry-after", str(error.retry).encode()))
    if error.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="events"'))
    if error.status == 405:
        headers.append((b"allow", b"POST, OPTIONS"))
    encoded = msgspec.json.encode(body)
    headers.append((b"content-length", str(len(encoded)).encode()))
    await _answer(send, error.status, encoded, headers)


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
