"""The demo's way into the program: the public REST and event APIs, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from otklik.kit.ids import new_token


class DemoError(Exception):
    """A step of the demo did not go as it must."""


class Api:
    """A client with a secret key. Every answer but a success stops the demo with its text."""

    def __init__(self, base_url: str, secret_key: str, write_key: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"authorization": f"Bearer {secret_key}", "accept-language": "en"},
            timeout=120,
        )
        self._write_key = write_key

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        given = {k: v for k, v in query.items() if v is not None}
        return self._result(await self._http.get(f"/api/v1{path}", params=given))

    async def post(self, path: str, body: Any = None) -> Any:
        # A key of its own makes a repeated creation harmless, as a careful client would do it.
        return self._result(
            await self._http.post(
                f"/api/v1{path}", json=body, headers={"idempotency-key": new_token()}
            )
        )

    async def put(self, path: str, body: Any = None) -> Any:
        return self._result(await self._http.put(f"/api/v1{path}", json=body))

    async def upload(self, path: str, file: Path, **query: Any) -> Any:
        with file.open("rb") as content:
            return self._result(
                await self._http.post(
                    f"/api/v1{path}", params=query, files={"file": (file.name, content)}
                )
            )

    async def pages(self, path: str, **query: Any) -> AsyncIterator[Any]:
        """Yield every item of a list, page after page."""
        cursor = None
        while True:
            page = await self.get(path, cursor=cursor, limit=200, **query)
            for item in page["items"]:
                yield item
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def send_events(self, events: list[dict[str, Any]], sent_at: str) -> None:
        """Send one batch to the event API, as a shop's server does."""
        answer = await self._http.post(
            "/v1/batch",
            json={"batch": events, "sentAt": sent_at},
            headers={"authorization": ""},
            auth=(self._write_key, ""),
        )
        self._result(answer)

    @staticmethod
    def _result(answer: httpx.Response) -> Any:
        if answer.status_code >= 400:
            raise DemoError(f"{answer.request.method} {answer.url.path}: {answer.text[:600]}")
        return answer.json() if answer.content else None
