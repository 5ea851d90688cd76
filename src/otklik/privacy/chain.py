"""The chain of the ledger: each line carries a hash of itself and of the line before it.

Whoever changes, removes or inserts a line in the database breaks every hash after it, and whoever
cuts lines off the end is betrayed by the length that is kept apart. What points to the person (the
profile, the IP address, the proof) enters the chain as a hash of its own with a random nonce. An
erasure destroys those facts and the nonce and leaves that hash, which then leads to nobody: the
chain can be verified for ever, and the person can't be found in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

START = hashlib.sha256(b"otklik consent ledger 1").digest()


def person_digest(nonce: bytes, line: Mapping[str, Any]) -> bytes:
    """Return the hash of what points to the person in a line."""
    ip = line["ip"]
    facts = {
        "profile_id": line["profile_id"],
        "ip": None if ip is None else str(ip),
        "proof": line["proof"],
        "key": line["key"],
    }
    return hashlib.sha256(nonce + _plain(facts)).digest()


def line_digest(previous: bytes, line: Mapping[str, Any]) -> bytes:
    """Return the link of a line: the hash of the link before it and of what is proved."""
    facts = {
        "workspace_id": line["workspace_id"],
        "number": line["number"],
        "purpose": line["purpose"],
        "channel": line["channel"],
        "topic_id": str(line["topic_id"]),
        "action": line["action"],
        "source": line["source"],
        "at": _moment(line["at"]),
        "recorded_at": _moment(line["recorded_at"]),
        "text_id": None if line["text_id"] is None else str(line["text_id"]),
        "text_hash": line["text_hash"],
        "person": bytes(line["person_digest"]).hex(),
    }
    return hashlib.sha256(previous + _plain(facts)).digest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
