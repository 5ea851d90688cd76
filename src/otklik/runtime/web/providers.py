"""What every handler may ask for by name: `rt`, `tx`, `now`, `lang`."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from otklik.kit.i18n import Lang
from otklik.runtime.context import Runtime
from otklik.runtime.postgres import Tx
from otklik.runtime.web.idempotency import claim_key
from otklik.runtime.web.problems import language


async def provide_rt(state: State) -> Runtime:
    rt: Runtime = state.rt
    return rt


async def provide_tx(request: Request[Any, Any, Any], state: State) -> AsyncIterator[Tx]:
    """One request is one transaction; Litestar ends this generator before it sends the answer."""
    rt: Runtime = state.rt
    async with rt.db.begin() as tx:
        await claim_key(request, tx, rt)
        yield tx


async def provide_now(state: State) -> datetime:
    rt: Runtime = state.rt
    return rt.clock()


async def provide_lang(request: Request[Any, Any, Any]) -> Lang:
    return language(request)


Rt = NamedDependency[Runtime]
OpenTx = NamedDependency[Tx]
Now = NamedDependency[datetime]
ReaderLang = NamedDependency[Lang]

PROVIDERS: dict[str, Provide] = {
    "rt": Provide(provide_rt),
    "tx": Provide(provide_tx),
    "now": Provide(provide_now),
    "lang": Provide(provide_lang),
}
