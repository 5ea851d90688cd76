"""What is never stored of a call: secrets, credentials and the cookies of a visitor's browser.

Tilda sends the visitor's cookies as the field COOKIES when its owner allows it
(https://help-ru.tilda.cc/formsscript). Of them only identifiers of analytics are kept; a session
of the visitor must not lie in our log.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from otklik.ingestion.hooks.model import Check, HmacCheck, SecretCheck

KEPT_HEADERS = frozenset(
    {
        "content-type",
        "user-agent",
        "referer",
        "origin",
        "webhook-id",
        "webhook-timestamp",
        "idempotency-key",
        "x-request-id",
    }
)
_EVENT_HEADER = re.compile(r"x-[a-z0-9-]{1,60}-(?:event|topic|delivery)\Z")
KEPT_COOKIES = frozenset(
    {
        "_ga",
        "_ym_uid",
        "_fbp",
        "_fbc",
        "tildauid",
        "roistat_visit",
        "ajs_anonymous_id",
        "ajs_user_id",
    }
)
_COOKIE_FIELDS = frozenset({"cookies", "cookie"})
_FORBIDDEN = re.compile(
    r"(?:password|passwd|пароль|cvv|cvc2?|card_?number|номер_?карты|access_?token|api_?key)\Z", re.I
)
_VALUE_MAX = 1_000


def kept_headers(headers: dict[str, str], check: Check) -> dict[str, str]:
    """Return the headers that may be stored; the one with the secret never is."""
    secret = {"authorization", "cookie"}
    if isinstance(check, SecretCheck) and check.place == "header":
        secret.add(check.name.lower())
    if isinstance(check, HmacCheck):
        secret.add(check.header.lower())
    return {
        name: value[:_VALUE_MAX].replace("\0", "")
        for name, value in headers.items()
        if name not in secret and (name in KEPT_HEADERS or _EVENT_HEADER.match(name))
    }


def kept_query(query: str, check: Check) -> str:
    """Return the query without the secret and other credentials."""
    kept = []
    for pair in query.split("&"):
        name = unquote(pair.partition("=")[0].replace("+", " "))
        is_secret = isinstance(check, SecretCheck) and check.place == "query" and name == check.name
        if pair and not is_secret and not _FORBIDDEN.match(name):
            kept.append(pair)
    return "&".join(kept)[:4_096]


def cleaned(tree: dict[str, Any], check: Check) -> tuple[dict[str, Any], bool]:
    """Return a tree without secrets, and whether something was taken out or changed."""
    secret = check.name if isinstance(check, SecretCheck) and check.place == "field" else None
    changed = False

    def walk(value: Any, *, top: bool) -> Any:
        nonlocal changed
        if isinstance(value, list):
            return [walk(child, top=False) for child in value]
        if not isinstance(value, dict):
            return value
        kept = {}
        for key, child in value.items():
            if (top and key == secret) or (_FORBIDDEN.match(key) and not isinstance(child, dict)):
                changed = True
            elif key.lower() in _COOKIE_FIELDS:
                changed = True
                if cookies := _cookies(child):
                    kept[key] = cookies
            else:
                kept[key] = walk(child, top=False)
        return kept

    done: dict[str, Any] = walk(tree, top=True)
    return done, changed


def _cookies(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        pairs = [(str(name), str(one)) for name, one in value.items()]
    elif isinstance(value, str):
        split = (part.partition("=") for part in value.split(";"))
        pairs = [(name.strip(), unquote(one.strip())) for name, _, one in split]
    else:
        return {}
    return {name: one[:200] for name, one in pairs if name in KEPT_COOKIES and one}
