"""Getting the file of a feed: through the guarded client, small, and only if it changed."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from otklik.content.feeds.errors import FeedAnswered, FeedRedirects
from otklik.content.feeds.model import BYTES_MAX
from otklik.runtime.public import Outgoing

HOPS_MAX: Final = 5
SILENCE_S: Final = 20.0
SECONDS_MAX: Final = 60.0
_MOVED = frozenset({301, 302, 303, 307, 308})
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/json, "
    "application/xml, text/xml, */*;q=0.5"
)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file is, and what is known of the copy that was read last."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """`body` is None when the file is still the same. `url`: where it was found in the end."""

    body: bytes | None
    url: str
    etag: str | None
    last_modified: str | None
    body_hash: bytes | None


async def fetch(outgoing: Outgoing, source: Source) -> Fetched:
    """Download a file; redirects are followed by hand, so that every address is checked.

    Raises: OutgoingRefused, OutgoingFailed, FeedAnswered, FeedRedirects.
    """
    # What is no address at all is refused here; splitting it below would fail.
    outgoing.check(source.url)
    url = source.url
    for _ in range(HOPS_MAX + 1):
        host = urlsplit(url).hostname or ""
        async with outgoing.open(
            url,
            headers=_headers(source),
            timeout_s=SILENCE_S,
            seconds_max=SECONDS_MAX,
            bytes_max=BYTES_MAX,
        ) as answer:
            if answer.status in _MOVED and answer.headers.get("location"):
                try:
                    url = urljoin(url, answer.headers["location"])
                    urlsplit(url)
                except ValueError:
                    raise FeedAnswered(host=host, status=answer.status) from None
                continue
            etag = answer.headers.get("etag") or source.etag
            changed = answer.headers.get("last-modified") or source.last_modified
            if answer.status == 304:
                return _same(source, url, etag, changed)
            if answer.status != 200:
                raise FeedAnswered(host=host, status=answer.status)
            body = b"".join([chunk async for chunk in answer.chunks()])
            digest = hashlib.blake2b(body, digest_size=16).digest()
            if digest == source.body_hash:
                return _same(source, url, etag, changed)
            return Fetched(
                body=body,
                url=url,
                etag=answer.headers.get("etag"),
                last_modified=answer.headers.get("last-modified"),
                body_hash=digest,
            )
    raise FeedRedirects(host=urlsplit(source.url).hostname or "")


def _same(source: Source, url: str, etag: str | None, changed: str | None) -> Fetched:
    return Fetched(body=None, url=url, etag=etag, last_modified=changed, body_hash=source.body_hash)


def _headers(source: Source) -> dict[str, str]:
    # A packed transfer would hide how large the file becomes.
    headers = {"Accept": _ACCEPT, "Accept-Encoding": "identity"}
    if source.etag:
        headers["If-None-Match"] = source.etag
    if source.last_modified:
        headers["If-Modified-Since"] = source.last_modified
    return headers
