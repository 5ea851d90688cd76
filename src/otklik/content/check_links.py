"""Asks the addresses of a letter whether they answer; by the one guarded way to the network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from otklik.content.engine.compiler import compile_letter
from otklik.content.model import LetterSource
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Lang
from otklik.runtime.public import Outgoing, OutgoingFailed, OutgoingRefused

LINKS_MAX = 20
AT_ONCE = 5
TIMEOUT_S = 10.0
# Servers that know no HEAD say so in many ways; a GET decides.
_MEANS_NOTHING = frozenset({400, 401, 403, 404, 405, 406, 409, 429, 500, 501, 503})


class LinkState(StrEnum):
    """`guarded`: the server answers, but not to programs (401, 403, 429), so nobody can tell."""

    FINE = "fine"
    MOVED = "moved"
    GUARDED = "guarded"
    BROKEN = "broken"
    UNREACHABLE = "unreachable"


class LinkStatus(msgspec.Struct, frozen=True):
    """What became of one address. `leads_to`: where it sends its visitors on; `reason`: in words,
    where no server answered."""

    url: str
    state: LinkState
    status: int | None = None
    leads_to: str | None = None
    reason: str | None = None


def web_links(source: LetterSource) -> list[str]:
    """Return the first 20 addresses that are the same for everybody. Raises: LetterBroken."""
    fixed = (link.url for link in compile_letter(source).links if not link.dynamic)
    found = (url for url in fixed if url.lower().startswith(("http://", "https://")))
    return list(dict.fromkeys(found))[:LINKS_MAX]


async def check_links(outgoing: Outgoing, urls: Sequence[str], *, lang: Lang) -> list[LinkStatus]:
    """Return the state of each address, five asked at a time; takes at most about 80 seconds."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> LinkStatus:
        async with turn:
            return await _ask(outgoing, url, lang)

    return list(await asyncio.gather(*map(one, urls)))


async def _ask(outgoing: Outgoing, url: str, lang: Lang) -> LinkStatus:
    try:
        answer = await _send(outgoing, "HEAD", url)
        if answer[0] in _MEANS_NOTHING:
            answer = await _send(outgoing, "GET", url)
    except (OutgoingFailed, OutgoingRefused) as error:
        said: OtklikError = error
        return LinkStatus(url, LinkState.UNREACHABLE, reason=said.text(lang))
    status, leads_to = answer
    if status in (401, 403, 429):
        return LinkStatus(url, LinkState.GUARDED, status)
    if status >= 400:
        return LinkStatus(url, LinkState.BROKEN, status)
    if 300 <= status < 400 and leads_to:
        return LinkStatus(url, LinkState.MOVED, status, leads_to[:2_048])
    return LinkStatus(url, LinkState.FINE, status)


async def _send(outgoing: Outgoing, method: str, url: str) -> tuple[int, str | None]:
    answer = await outgoing.send(
        method,
        url,
        headers={"accept": "text/html,*/*;q=0.8", "user-agent": "Otklik link check"},
        timeout_s=TIMEOUT_S,
        answer_bytes_max=1_024,
    )
    return answer.status, answer.headers.get("location")
