"""The start page over HTTP."""

from datetime import datetime
from typing import Any

from litestar import get

from otklik.accounts.public import Permission, Principal, requires
from otklik.analytics.home import page
from otklik.analytics.home.model import Home
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime


@get("/home", operation_id="home", tags=["Home"], guards=[requires(Permission.VIEW)])
async def home(rt: Runtime, who: Principal, now: datetime, lang: Lang) -> Home:
    """What needs attention now, the way to the first mailing, and the pulse of 14 days."""
    return await page.home(rt, workspace_id=who.workspace_id, now=now, lang=lang)


HANDLERS: list[Any] = [home]
