"""A store that speaks the S3 protocol: signatures (AWS Signature Version 4) and uploads.

Source: "Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API reference, whose
examples are in the tests. Addresses are in path style, which every compatible store understands.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Protocol
from urllib.parse import quote

import msgspec

from otklik.exports.errors import StoreRefused
from otklik.runtime.public import Answer, OutgoingFailed

PART: Final = 8 * 1024 * 1024
"""Bytes of one part: the store wants at least 5 MiB, and at most 10,000 parts."""
PARTS_MAX: Final = 10_000
_TRIES: Final = 4
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_CODE = re.compile(rb"<Code>([^<]{1,100})</Code>")


class Sends(Protocol):
    """What is needed of the guarded client."""

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 10.0,
    ) -> Answer: ...


class Keys(msgspec.Struct, frozen=True):
    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"Keys({self.access_key!r}, …)"


class Place(msgspec.Struct, frozen=True):
    """`endpoint`: scheme and host, such as https://storage.yandexcloud.net."""

    endpoint: str
    bucket: str
    region: str

    def url(self, key: str, query: str = "") -> str:
        path = f"/{_path(self.bucket)}/{_path(key)}"
        return f"{self.endpoint.rstrip('/')}{path}{'?' + query if query else ''}"


def sign(
    method: str,
    *,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    payload_sha256: str,
    keys: Keys,
    region: str,
    now: datetime,
) -> dict[str, str]:
    """Return the headers to send, with Authorization, x-amz-date and x-amz-content-sha256.

    `path` is percent-encoded already (S3 encodes once); `query` is not.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    sent = {
        **{name.lower(): value.strip() for name, value in headers.items()},
        "host": host,
        "x-amz-content-sha256": payload_sha256,
        "x-amz-date": stamp,
    }
    names = ";".join(sorted(sent))
    canonical = "\n".join(
        (
            method,
            path,
            canonical_query(query),
            *(f"{name}:{sent[name]}" for name in sorted(sent)),
            "",
            names,
            payload_sha256,
        )
    )
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    text = "\n".join(
        ("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = f"AWS4{keys.secret_key}".encode()
    for part in (stamp[:8], region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    signature = hmac.digest(key, text.encode(), hashlib.sha256).hex()
    sent["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope},"
        f"SignedHeaders={names},Signature={signature}"
    )
    return sent


def canonical_query(query: Mapping[str, str]) -> str:
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in query.items())
    return "&".join(f"{k}={v}" for k, v in pairs)


def _path(text: str) -> str:
    return quote(text, safe="-_.~/")


class Store:
    """One bucket, seen through the guarded client. `clock` gives the time of each signature."""

    def __init__(self, outgoing: Sends, place: Place, keys: Keys, clock: Clock) -> None:
        self._outgoing, self._place, self._keys, self._clock = outgoing, place, keys, clock

    async def put(self, key: str, body: bytes) -> None:
        await self._call("PUT", key, body=body)

    async def delete(self, key: str) -> None:
        await self._call("DELETE", key)

    async def begin(self, key: str) -> str:
        """Open a multipart upload and return its id."""
        answer = await self._call("POST", key, query={"uploads": ""})
        found = _UPLOAD_ID.search(answer.body)
        if found is None:
            raise StoreRefused(status=answer.status, detail="no UploadId in the answer")
        return html.unescape(found.group(1).decode())

    async def part(self, key: str, upload: str, number: int, body: bytes) -> str:
        """Upload a part (numbers begin with 1) and return its ETag."""
        query = {"partNumber": str(number), "uploadId": upload}
        answer = await self._call("PUT", key, query=query, body=body)
        return answer.headers.get("etag", "")

    async def complete(self, key: str, upload: str, tags: list[str]) -> None:
        parts = "".join(
            f"<Part><PartNumber>{n}</PartNumber><ETag>{html.escape(tag)}</ETag></Part>"
            for n, tag in enumerate(tags, 1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        answer = await self._call("POST", key, query={"uploadId": upload}, body=body)
        # This call may fail after its 200 was sent; then the body says so.
        if b"<Error>" in answer.body:
            raise _refused(answer)

    async def abort(self, key: str, upload: str) -> None:
        await self._call("DELETE", key, query={"uploadId": upload})

    async def _call(
        self, method: str, key: str, *, query: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send a signed request, a passing failure again. Raises: StoreRefused, Outgoing*."""
        url = self._place.url(key, canonical_query(query or {}))
        host = url.split("://", 1)[1].split("/", 1)[0]
        path = "/" + url.split("://", 1)[1].split("/", 1)[1].split("?", 1)[0]
        for attempt in range(1, _TRIES + 1):
            headers = sign(
                method,
                host=host,
                path=path,
                query=query or {},
                headers={},
                payload_sha256=hashlib.sha256(body).hexdigest(),
                keys=self._keys,
                region=self._place.region,
                now=self._clock(),
            )
            del headers["host"]
            try:
                answer = await self._outgoing.send(
                    method, url, headers=headers, body=body, timeout_s=120.0
                )
            except OutgoingFailed:
                if attempt == _TRIES:
                    raise
                continue
            if 200 <= answer.status < 300:
                return answer
            if answer.status < 500 or attempt == _TRIES:
                raise _refused(answer)
        raise AssertionError("the loop returns or raises")


class Clock(Protocol):
    def __call__(self) -> datetime: ...


def _refused(answer: Answer) -> StoreRefused:
    found = _CODE.search(answer.body)
    return StoreRefused(
        status=answer.status, detail=found.group(1).decode("utf-8", "replace") if found else "—"
    )
