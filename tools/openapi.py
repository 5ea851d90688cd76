"""The OpenAPI document of the program, made without starting an engine.

`python tools/ui.py api` makes the types of the interface from it; `ui.py lint` compares them.
"""

from __future__ import annotations

from typing import Any

from otklik.entrypoints.wiring import asgi_app
from otklik.runtime.context import make_runtime
from otklik.runtime.settings import Settings

METHODS = ("get", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    """Return the document of /api/openapi.json."""
    # Building the application opens no connection, so engines that are not there do no harm.
    rt = make_runtime(
        Settings(secret_key="only the shape of the API is looked at"),
        database_url="postgresql://nobody@localhost:1/none",
        clickhouse_url="http://nobody:none@localhost:1/none",
    )
    schema: dict[str, Any] = asgi_app(rt).web.openapi_schema.to_schema()
    return schema


def shapes() -> dict[str, Any]:
    """Return the part of the document that types are made from.

    Prose is left out, so that a better sentence in a docstring is no change of a type. So are
    answers that are no success: the client throws those as problem details before anybody reads
    their body.
    """
    whole = document()
    paths = {
        path: {method: _shape(item[method]) for method in METHODS if method in item}
        for path, item in whole["paths"].items()
        if path.startswith("/api/v1/")
    }
    schemas = {
        name: {key: value for key, value in schema.items() if key not in {"description", "title"}}
        for name, schema in whole["components"]["schemas"].items()
    }
    info = {"title": whole["info"]["title"], "version": ""}
    return {
        "openapi": whole["openapi"],
        "info": info,
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _shape(operation: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        k: operation[k] for k in ("operationId", "requestBody", "parameters") if k in operation
    }
    kept["responses"] = {
        status: {"description": "", "content": answer.get("content", {})}
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    }
    return kept
