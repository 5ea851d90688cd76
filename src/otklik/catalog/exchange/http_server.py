"""The address that 1C calls: the exchange protocol of 1C with a site.

Source: https://v8.1c.ru/tekhnologii/obmen-dannymi-i-integratsiya/standarty-i-formaty/protokol-obmena-s-saytom/
"""

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath

from otklik.accounts.public import get_workspace
from otklik.catalog.exchange import files, sessions
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.errors import (
    ExchangeRefused,
    PartTooLarge,
    TooManyCalls,
    UnknownMode,
    WrongLogin,
)
from otklik.catalog.exchange.sale import confirm_orders, offer_orders
from otklik.catalog.exchange.strangers import Strangers
from otklik.kit.i18n import Lang, Text
from otklik.runtime.public import Runtime
from otklik.runtime.web.edge import client_ip
from otklik.runtime.web.providers import Rt

COOKIE: Final = "otklik_exchange"
_UNDER_WAY = Text(en="The file is being read.", ru="Файл читается.")
_TAKEN = Text(en="The file is read.", ru="Файл прочитан.")
_KINDS: Final[dict[str, sessions.Kind]] = {"catalog": "catalog", "sale": "sale"}
_HEADER_MAX: Final = 1_000
_STRANGERS: Final = "exchange_strangers"


@get("/1c/{address:str}", operation_id="exchange_with_1c", include_in_schema=False,
     opt={"public": True})  # fmt: skip
async def answer_get(
    request: Request[Any, Any, Any], address: FromPath[str], rt: Rt
) -> Response[bytes]:
    """One step of an exchange that brings no file."""
    return await _answer(request, address, rt)


@post("/1c/{address:str}", operation_id="send_from_1c", include_in_schema=False, status_code=200,
      opt={"public": True}, request_max_body_size=None)  # fmt: skip
async def answer_post(
    request: Request[Any, Any, Any], address: FromPath[str], rt: Rt
) -> Response[bytes]:
    """A part of a file, or any other step that 1C sends as POST."""
    return await _answer(request, address, rt)


PUBLIC_HANDLERS: list[Any] = [answer_get, answer_post]


class _Step:
    """What is asked, by whom, and how to answer."""

    def __init__(
        self, request: Request[Any, Any, Any], rt: Runtime, connection: Any, now: datetime
    ) -> None:
        self.request, self.rt, self.connection, self.now = request, rt, connection, now
        self.kind = _KINDS[request.query_params["type"]]
        self.token = request.cookies.get(COOKIE, "")
        self.file_name = request.query_params.get("filename", "")

    async def session(self, tx: Any) -> Any:
        return await sessions.enter(
            tx,
            exchange_id=self.connection.exchange_id,
            kind=self.kind,
            token=self.token,
            now=self.now,
        )


async def _answer(request: Request[Any, Any, Any], address: str, rt: Runtime) -> Response[bytes]:
    encoding = "utf-8"
    lang: Lang = "ru"
    try:
        kind = _KINDS.get(request.query_params.get("type", ""))
        if kind is None:
            raise UnknownMode()
        connection = await _connection(request, address, rt)
        async with rt.db.begin() as tx:
            encoding = connection.encoding
            workspace = await get_workspace(tx, workspace_id=connection.workspace_id)
            lang = workspace.lang
        sessions.check_kind(connection, kind)
        step = _MODES.get((kind, request.query_params.get("mode", "")))
        if step is None:
            raise UnknownMode()
        told = await step(_Step(request, rt, connection, rt.clock()), lang)
    except TooManyCalls as error:
        return _response(f"failure\n{error.text(lang)}\n".encode(), "text/plain", encoding, 429)
    except ExchangeRefused as error:
        told = f"failure\n{error.text(lang)}"
    if isinstance(told, bytes):
        return _response(told, "text/xml", encoding)
    return _response(f"{told}\n".encode(encoding, "replace"), "text/plain", encoding)


async def _connection(request: Request[Any, Any, Any], address: str, rt: Runtime) -> Any:
    """Return the connection of an address. Raises: TooManyCalls, WrongLogin."""
    state = request.app.state
    if _STRANGERS not in state:
        state[_STRANGERS] = Strangers()
    strangers: Strangers = state[_STRANGERS]
    ip, now_s = client_ip(request.scope, rt.settings.trusted_proxies), rt.clock().timestamp()
    if strangers.wait_s(ip, address, now_s):
        raise TooManyCalls()
    async with rt.db.begin() as tx:
        found = await sessions.find_connection(tx, address=address)
    strangers.note(ip, address, now_s, known=found is not None)
    if found is None:
        raise WrongLogin()
    return found


def _response(body: bytes, kind: str, encoding: str, status: int = 200) -> Response[bytes]:
    return Response(
        body,
        status_code=status,
        headers={
            "Content-Type": f"{kind}; charset={encoding}",
            "Cache-Control": "no-store",
        },
    )


async def _check_login(step: _Step, _lang: Lang) -> str:
    login, password = _basic(step.request.headers.get("authorization", ""))
    token = await sessions.sign_in(
        step.rt,
        exchange_id=step.connection.exchange_id,
        kind=step.kind,
        login=login,
        password=password,
        now=step.now,
    )
    return f"success\n{COOKIE}\n{token}"


def _basic(header: str) -> tuple[str, str]:
    scheme, _, packed = header[:_HEADER_MAX].partition(" ")
    if scheme.lower() != "basic":
        raise WrongLogin()
    try:
        login, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise WrongLogin() from error
    return login, password


async def _begin(step: _Step, _lang: Lang) -> str:
    async with step.rt.db.begin() as tx:
        await step.session(tx)
    return f"zip=yes\nfile_limit={files.PART_MAX}"


async def _take_part(step: _Step, _lang: Lang) -> str:
    name = files.clean_name(step.file_name)
    async with step.rt.db.begin() as tx:
        await step.session(tx)
    body = await _whole(step.request.stream())
    if files.is_read(name):
        async with step.rt.db.begin() as tx:
            session = await step.session(tx)
            await sessions.put_part(step.rt, tx, session, name=name, body=body, now=step.rt.clock())
    return "success"


async def _whole(stream: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for block in stream:
        body += block
        if len(body) > files.PART_MAX:
            raise PartTooLarge(mb=files.PART_MAX // 1024**2)
    return bytes(body)


async def _read(step: _Step, lang: Lang) -> str:
    name = files.clean_name(step.file_name)
    async with step.rt.db.begin() as tx:
        session = await step.session(tx)
        is_over = await sessions.ask(step.rt, tx, session, name=name)
    return f"success\n{_TAKEN.of(lang)}" if is_over else f"progress\n{_UNDER_WAY.of(lang)}"


async def _end(step: _Step, _lang: Lang) -> str:
    async with step.rt.db.begin() as tx:
        session = await step.session(tx)
        await sessions.close(step.rt, tx, session, now=step.now)
    return "success"


async def _stay(step: _Step, _lang: Lang) -> str:
    async with step.rt.db.begin() as tx:
        await step.session(tx)
    return "success"


async def _offer(step: _Step, _lang: Lang) -> bytes:
    async with step.rt.db.begin() as tx:
        session = await step.session(tx)
        offered = await offer_orders(tx, step.connection, now=step.now)
        await tx.execute(
            t.exchange_sessions.update()
            .where(t.exchange_sessions.c.session_id == session.session_id)
            .values(offered_version=offered.version, orders_offered=offered.orders)
        )
    return offered.body


async def _confirm(step: _Step, _lang: Lang) -> str:
    async with step.rt.db.begin() as tx:
        session = await step.session(tx)
        await confirm_orders(tx, step.connection, session)
    return "success"


_MODES: Final = {
    ("catalog", "checkauth"): _check_login,
    ("catalog", "init"): _begin,
    ("catalog", "file"): _take_part,
    ("catalog", "import"): _read,
    ("catalog", "deactivate"): _stay,
    ("catalog", "complete"): _end,
    ("sale", "checkauth"): _check_login,
    ("sale", "init"): _begin,
    ("sale", "file"): _take_part,
    ("sale", "import"): _read,
    ("sale", "query"): _offer,
    ("sale", "success"): _confirm,
    ("sale", "complete"): _end,
}
