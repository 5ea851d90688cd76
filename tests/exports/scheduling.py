"""A store's side of S3, and schedules as tests make them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from otklik.accounts.public import Principal
from otklik.exports.files.work import step_exports
from otklik.exports.model import ExportPlan, Subject
from otklik.exports.schedules import s3
from otklik.exports.schedules.destinations import S3, ExportFolder
from otklik.exports.schedules.kept import NewDestination, create_destination
from otklik.exports.schedules.operations import (
    NewSchedule,
    create_schedule,
    step_schedules,
)
from otklik.exports.schedules.rhythm import Rhythm
from otklik.runtime.public import Answer, Runtime

MOSCOW, NEW_YORK = "Europe/Moscow", "America/New_York"


class FakeStore:
    """Plays a store's side: checks every signature, keeps objects and parts."""

    def __init__(self, keys: s3.Keys, region: str) -> None:
        self._keys, self._region = keys, region
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.fail: list[Any] = []

    def check(self, url: str) -> None:
        if "169.254" in url:
            raise AssertionError("refused by the guarded client")

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 10.0,
        answer_bytes_max: int = 65_536,
    ) -> Answer:
        parts = urlsplit(url)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        sent = dict(headers or {})
        assert sent["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
        wanted = s3.sign(
            method,
            host=parts.netloc,
            path=parts.path,
            query=query,
            headers={},
            payload_sha256=sent["x-amz-content-sha256"],
            keys=self._keys,
            region=self._region,
            now=datetime.strptime(sent["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        )
        if wanted["authorization"] != sent["authorization"]:
            return Answer(403, {}, b"<Error><Code>SignatureDoesNotMatch</Code></Error>", 1)
        if self.fail:
            what = self.fail.pop(0)
            if isinstance(what, Exception):
                raise what
            return Answer(what, {}, b"<Error><Code>SlowDown</Code></Error>", 1)
        return self._answer(method, parts.path, query, body)

    def _answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if method == "POST" and "uploads" in query:
            upload = f"up&{len(self.uploads)}"
            self.uploads[upload] = {}
            return Answer(
                200, {}, f"<R><UploadId>up&amp;{len(self.uploads) - 1}</UploadId></R>".encode(), 1
            )
        if method == "PUT" and "uploadId" in query:
            assert len(body) <= 3 * s3.PART
            self.uploads[query["uploadId"]][int(query["partNumber"])] = body
            return Answer(200, {"etag": f'"{hashlib.md5(body).hexdigest()}"'}, b"", 1)
        if method == "POST":
            kept = self.uploads.pop(query["uploadId"])
            assert body.count(b"<Part>") == len(kept)
            assert all(len(kept[n]) >= 5 * 1024**2 for n in sorted(kept)[:-1])
            self.objects[path] = b"".join(kept[n] for n in sorted(kept))
            return Answer(200, {}, b"<Result/>", 1)
        if method == "PUT":
            self.objects[path] = body
            return Answer(200, {}, b"", 1)
        self.uploads.pop(query.get("uploadId", ""), None)
        self.objects.pop(path, None)
        return Answer(204, {}, b"", 1)


BUCKET = S3("https://s3.example.org", "exports", "AK", region="ru-1", prefix="otklik/day")


async def make(rt: Runtime, who: Principal, subject: Subject = Subject.EVENTS, **more: Any) -> UUID:
    """Make a schedule; `place`: with a destination of its own there, None: the list of exports."""
    place, secret = more.pop("place", ExportFolder("out")), more.pop("secret", None)
    async with rt.db.begin() as tx:
        destination_id = None
        if place is not None:
            destination_id = await create_destination(
                rt,
                tx,
                who=who,
                data=NewDestination(name="Place", place=place, secret=secret),
                now=rt.clock(),
            )
        data = NewSchedule(
            name="Nightly",
            plan=ExportPlan(subject=subject),
            rhythm=more.pop("rhythm", Rhythm(every="hour", minute=30)),
            destination_id=destination_id,
            **more,
        )
        return await create_schedule(tx, who=who, data=data, now=rt.clock())


async def work(rt: Runtime) -> None:
    while await step_schedules(rt):
        pass
    while await step_exports(rt):
        pass
