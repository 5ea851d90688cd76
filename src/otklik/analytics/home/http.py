"""The start page over HTTP."""

from typing import Any

from litestar import get

from otklik.accounts.public import Permission, Who, requires
from otklik.analytics.home import page
from otklik.analytics.home.model import Home
from otklik.runtime.web.providers import Now, ReaderLang, Rt


@get("/home", operation_id="home", tags=["Home"], guards=[requires(Permission.VIEW)])
async def home(rt: Rt, who: Who, now: Now, lang: ReaderLang) -> Home:
    """What needs attention now, the way to the first mailing, and the pulse of 14 days."""
    return await page.home(rt, workspace_id=who.workspace_id, now=now, lang=lang)


HANDLERS: list[Any] = [home]
