"""Scripted readers of the caught letters: they open, click and unsubscribe over real HTTP.

Who does what is decided by the customer's number, so every run is the same. Besides people there
are the machines that a real mailing meets: a mailbox provider that fetches every picture before
anyone looks, and a security scanner that follows every link at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import html as html_entities
import re
from dataclasses import dataclass
from typing import Any

import httpx

from otklik.entrypoints.demo.api import DemoError

_PERSON = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Safari/605.1.15"
)
_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
_SCANNER = "Mozilla/5.0 (compatible; BarracudaCentral; scanner)"
_AT_ONCE = 16


@dataclass(slots=True)
class Habits:
    """How many letters were treated in which way."""

    opened: int = 0
    clicked: int = 0
    prefetched: int = 0
    scanned: int = 0
    unsubscribed: int = 0
    requests: int = 0


def behaviour(address: str) -> str:
    """Return what the reader at this address does with the letter."""
    dice = hashlib.sha256(f"reader {address}".encode()).digest()[0]
    if dice < 12:
        return "unsubscribes"
    if dice < 25:
        return "scans"
    if dice < 55:
        return "prefetches"
    if dice < 95:
        return "clicks"
    if dice < 160:
        return "opens"
    return "ignores"


class Readers:
    """Treats caught letters; `habits` tells what the report must show."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._http = httpx.AsyncClient(timeout=60, follow_redirects=False)
        self._free = asyncio.Semaphore(_AT_ONCE)
        self.habits = Habits()

    async def close(self) -> None:
        await self._http.aclose()

    async def treat(self, letter: dict[str, Any]) -> None:
        async with self._free:
            links = self._links(letter["html"])
            pixel = next((link for link in links if "/t/o/" in link), None)
            clicks = [link for link in links if "/t/c/" in link]
            if pixel is None or not clicks:
                raise DemoError(f"the letter “{letter['subject']}” has no tracked links")
            match behaviour(letter["envelope_to"]):
                case "opens":
                    self.habits.opened += 1
                    await self._fetch(pixel, _PERSON)
                case "clicks":
                    self.habits.opened += 1
                    self.habits.clicked += 1
                    await self._fetch(pixel, _PERSON)
                    target = await self._fetch(clicks[0], _PERSON)
                    if target.status_code != 302 or self._base_url in target.headers["location"]:
                        raise DemoError("a click did not lead to the address in the letter")
                case "prefetches":
                    self.habits.prefetched += 1
                    await self._fetch(pixel, _PROXY)
                case "scans":
                    self.habits.scanned += 1
                    for link in dict.fromkeys(links):
                        await self._fetch(link, _SCANNER)
                case "unsubscribes":
                    self.habits.unsubscribed += 1
                    await self._unsubscribe(letter)

    async def _fetch(self, link: str, agent: str) -> httpx.Response:
        self.habits.requests += 1
        headers = {"user-agent": agent}
        if agent == _PERSON:
            # A browser says in which language it wants a page; most programs do not.
            headers["accept-language"] = "en-GB,en;q=0.9"
        answer = await self._http.get(link, headers=headers)
        if answer.status_code >= 400:
            raise DemoError(f"a link of the letter answered {answer.status_code}")
        return answer

    async def _unsubscribe(self, letter: dict[str, Any]) -> None:
        """Do what a mailbox does for its button "unsubscribe" (RFC 8058)."""
        headers = {name.lower(): value for name, value in letter["headers"]}
        if headers.get("list-unsubscribe-post") != "List-Unsubscribe=One-Click":
            raise DemoError("a letter came without the header of one-click unsubscription")
        link = re.search(r"<(http[^>]+)>", headers["list-unsubscribe"])
        if link is None:
            raise DemoError("List-Unsubscribe has no http address")
        self.habits.requests += 1
        answer = await self._http.post(
            link.group(1),
            data={"List-Unsubscribe": "One-Click"},
            headers={"user-agent": "Mailbox/1.0"},
        )
        if answer.status_code >= 400:
            raise DemoError(f"one-click unsubscription answered {answer.status_code}")

    def _links(self, html: str) -> list[str]:
        found = re.findall(r'(?:href|src)="([^"]+)"', html)
        links = [html_entities.unescape(link) for link in found]
        return [link for link in links if link.startswith(self._base_url)]
