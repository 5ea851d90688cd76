"""Getting a shop's file: through the guarded client, onto the disk, once."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from otklik.catalog.products.errors import FeedMovedTooOften, FeedNotServed
from otklik.catalog.products.files import BYTES_MAX, Written, room, write_file
from otklik.runtime.public import Runtime

HOPS_MAX: Final = 5
_MOVED = frozenset({301, 302, 303, 307, 308})


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a feed is, and what is known of the copy that was loaded last."""

    url: str
    login: str | None = None
    password: str | None = None
    etag: str | None = None
    last_modified: str | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one download. `silence_s`: how long the shop's server may say nothing."""

    bytes_max: int = BYTES_MAX
    seconds_max: float = 3_600.0
    silence_s: float = 60.0


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """`written` is None when the server said that the file is still the same."""

    written: Written | None
    etag: str | None
    last_modified: str | None


async def fetch(rt: Runtime, address: Address, path: Path, limits: Limits) -> Fetched:
    """Download a feed to `path`.

    Redirects are followed by hand, so that every address of the way is checked; login and password
    go to the first host only.
    Raises: OutgoingRefused, OutgoingFailed, FeedNotServed, FeedMovedTooOften, FeedTooLarge.
    """
    url = address.url
    rt.outgoing.check(url)
    first = urlsplit(url)
    for _ in range(HOPS_MAX + 1):
        parts = urlsplit(url)
        is_same = (parts.scheme, parts.netloc) == (first.scheme, first.netloc)
        async with rt.outgoing.open(
            url,
            headers=_headers(address, with_login=is_same),
            timeout_s=limits.silence_s,
            seconds_max=limits.seconds_max,
            bytes_max=room(rt, limits.bytes_max),
        ) as answer:
            if answer.status in _MOVED and answer.headers.get("location"):
                try:
                    url = urljoin(url, answer.headers["location"])
                    urlsplit(url)
                except ValueError as error:
                    host = parts.hostname or ""
                    raise FeedNotServed(host=host, status=answer.status) from error
                continue
            etag, changed = answer.headers.get("etag"), answer.headers.get("last-modified")
            if answer.status == 304:
                return Fetched(written=None, etag=etag, last_modified=changed)
            if answer.status != 200:
                raise FeedNotServed(host=parts.hostname or "", status=answer.status)
            written = await write_file(path, answer.chunks(), bytes_max=room(rt, limits.bytes_max))
            return Fetched(written=written, etag=etag, last_modified=changed)
    raise FeedMovedTooOften(host=first.hostname or "")


def _headers(address: Address, *, with_login: bool) -> dict[str, str]:
    # Packed files are recognised by their content; a packed transfer would hide where they end.
    headers = {"Accept": "application/xml, text/xml, */*", "Accept-Encoding": "identity"}
    if with_login and address.login is not None:
        pair = f"{address.login}:{address.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if address.etag:
        headers["If-None-Match"] = address.etag
    if address.last_modified:
        headers["If-Modified-Since"] = address.last_modified
    return headers
