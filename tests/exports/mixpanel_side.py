"""Mixpanel's side of its import API, as published: it refuses whatever the real one would refuse.

Source: docs.mixpanel.com, "Import Events" (limits, fields, placeholders, authentication) and
"400 Bad Request" (the answer).
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from otklik.runtime.public import Answer

PLACEHOLDERS = {
    "00000000-0000-0000-0000-000000000000",
    "anon",
    "anonymous",
    "nil",
    "none",
    "null",
    "n/a",
    "na",
    "undefined",
    "unknown",
    "true",
    "false",
    "0",
    "-1",
    "<nil>",
    "[]",
    "{}",
    "lmy47d",
}


class MixpanelSide:
    def __init__(
        self, *, host: str, project_id: str, user: str, secret: str, now: Callable[[], datetime]
    ) -> None:
        self.host, self.project_id, self.now = host, project_id, now
        self.credentials = base64.b64encode(f"{user}:{secret}".encode()).decode()
        self.events: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []
        self.refuse: dict[str, str] = {}
        self.repeats = 0
        self.events_max = 2_000
        # The reference spells it "$insert_id", the page on errors "insert_id".
        self.id_name = "insert_id"

    def answer(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == self.host
        assert parts.path == "/import"
        query = parse_qs(parts.query)
        assert query["strict"] == ["1"]
        if headers.get("authorization") != f"Basic {self.credentials}":
            return self._say(401, {"code": 401, "error": "invalid credentials"})
        assert query["project_id"] == [self.project_id]
        assert headers["content-type"] == "application/json"
        assert headers["content-encoding"] == "gzip"
        plain = gzip.decompress(body)
        batch = json.loads(plain)
        assert isinstance(batch, list)
        if len(batch) > self.events_max or len(plain) > 10 * 1000 * 1000:
            return self._say(413, {"code": 413, "error": "request exceeds max limit"})
        failed = []
        for index, event in enumerate(batch):
            wrong = self._wrong(event)
            if wrong is not None:
                field, message = wrong
                insert_id = event.get("properties", {}).get("$insert_id", "")
                failed.append(
                    {"index": index, self.id_name: insert_id, "field": field, "message": message}
                )
                continue
            self._take(event)
        self.failures += failed
        if failed:
            return self._say(
                400,
                {
                    "code": 400,
                    "error": "some data points in the request failed validation",
                    "status": "Bad Request",
                    "num_records_imported": len(batch) - len(failed),
                    "failed_records": failed,
                },
            )
        return self._say(200, {"code": 200, "num_records_imported": len(batch), "status": "OK"})

    def _take(self, event: dict[str, Any]) -> None:
        def identity(one: dict[str, Any]) -> tuple[Any, ...]:
            p = one["properties"]
            return one["event"], p["time"], p["distinct_id"], p["$insert_id"]

        if any(identity(one) == identity(event) for one in self.events):
            self.repeats += 1
        else:
            self.events.append(event)

    def _wrong(self, event: Any) -> tuple[str, str] | None:
        if set(event) != {"event", "properties"}:
            return "event", "unknown or missing fields"
        if len(json.dumps(event)) > 1_000_000:
            return "event", "larger than 1 MB"
        name, properties = event["event"], event["properties"]
        if not isinstance(name, str) or not name or len(name) > 255:
            return "event", "invalid name"
        if len(properties) >= 255:
            return "properties", "too many properties"
        insert_id = properties.get("$insert_id")
        if not isinstance(insert_id, str) or not re.fullmatch(r"[A-Za-z0-9-]{1,36}", insert_id):
            return "properties.$insert_id", "invalid"
        if insert_id.lower() in PLACEHOLDERS:
            return "properties.$insert_id", "a placeholder"
        if "ip" not in properties:
            return "properties.ip", "the place of the server would count as the person's"
        if name in {"$merge", "$identify", "$create_alias"}:
            return "event", "a command that joins people"
        if insert_id in self.refuse:
            return "properties.time", self.refuse[insert_id]
        moment = properties.get("time")
        if not isinstance(moment, int):
            return "properties.time", "must be specified as seconds since epoch"
        at = datetime.fromtimestamp(moment / 1000, UTC)
        if at < datetime(1971, 1, 1, tzinfo=UTC) or at > self.now() + timedelta(hours=1):
            return "properties.time", "out of range"
        distinct_id = properties.get("distinct_id")
        if not isinstance(distinct_id, str) or distinct_id.lower() in PLACEHOLDERS:
            return "properties.distinct_id", "invalid"
        if len(distinct_id.encode()) > 255:
            return "properties.distinct_id", "too long"
        for key in ("$user_id", "$device_id"):
            if key in properties and not isinstance(properties[key], str):
                return f"properties.{key}", "must be a string"
        for key, value in properties.items():
            if not self._fits(value, 1):
                return f"properties.{key}", "nested too deeply or too long"
        return None

    def _fits(self, value: Any, depth: int) -> bool:
        if isinstance(value, dict):
            inner = all(self._fits(v, depth + 1) for v in value.values())
            return depth <= 3 and len(value) < 255 and inner
        if isinstance(value, list):
            return depth <= 3 and len(value) < 255 and all(self._fits(v, depth + 1) for v in value)
        return not isinstance(value, int) or abs(value) < 2**63

    def _say(self, status: int, body: dict[str, Any]) -> Answer:
        return Answer(status, {"content-type": "application/json"}, json.dumps(body).encode(), 4)
