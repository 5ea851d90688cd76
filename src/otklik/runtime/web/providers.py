"""What every handler may ask for by name: `rt`, `tx`, `now`, `lang`."""

from datetime import datetime
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from otklik.kit.i18n import Lang
from otklik.runtime.context import Runtime
from otklik.runtime.postgres import Tx
from otklik.runtime.web.problems import language
from otklik.runtime.web.transactions import provide_tx


async def provide_rt(state: State) -> Runtime:
    rt: Runtime = state.rt
    return rt


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
