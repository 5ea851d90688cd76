"""The OpenAPI document, where the framework describes its own errors instead of the program's."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from otklik.runtime.web.problems import MEDIA_TYPE

_PLACE: dict[str, Any] = {
    "type": "object",
    "required": ["path", "message"],
    "properties": {
        "path": {"type": "string", "description": "Where in the input, with dots."},
        "message": {"type": "string"},
        "code": {"type": "string", "default": "invalid"},
        "line": {"type": ["integer", "null"], "description": "Line of a source text."},
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Problem details, RFC 9457. `code` is stable; the texts are in the language "
    "that Accept-Language asks for.",
    "required": ["status", "code", "title", "detail"],
    "properties": {
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "type": {"type": "string", "default": "about:blank"},
        "hint": {"type": ["string", "null"]},
        "errors": {"type": "array", "items": _PLACE},
        "request_id": {"type": ["string", "null"]},
    },
}
_ANSWER = {
    "description": "The request was refused or failed.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_STREAM = {"type": "string", "description": "Server-sent events; each `data` holds JSON."}
_METHODS = {"get", "put", "post", "patch", "delete", "head"}


_LIVE = "/live"
"""Routes that end so answer with a stream of server-sent events."""


def as_it_is(schema: dict[str, Any]) -> dict[str, Any]:
    """Mend `schema` in place where the framework can't know better; returns it.

    Every failure is a problem document, and live routes stream events.
    """
    schema.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in schema.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS:
                answers = operation.setdefault("responses", {})
                if path.endswith(_LIVE) and "200" in answers:
                    answers["200"]["content"] = {"text/event-stream": {"schema": _STREAM}}
                answers.pop("400", None)
                answers["default"] = _ANSWER
    return schema


class DocumentPlugin(JsonRenderPlugin):
    """Serves the document at /api/openapi.json."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, as_it_is(openapi_schema))
