"""The page at /api/docs: to read the API and to try it."""

from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import File

_TYPES = {
    "init.js": "text/javascript",
    "page.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
"""The files of the page. They are asked for by these names, never by a path."""
_FRESH = {"Cache-Control": "no-cache"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_PUBLIC: dict[str, Any] = {"include_in_schema": False, "opt": {"public": True}}


def apidocs_handlers(static: Path) -> list[Any]:
    """Return the handlers of the page whose files are in `static`; it says when it is not built."""

    @get("/api/docs", **_PUBLIC)
    async def page() -> Response[Any] | File:
        if not (static / "index.html").exists():
            return Response(
                "The page is not built. Run `make build` in a checkout.\n", media_type="text/plain"
            )
        return File(
            static / "index.html",
            filename="index.html",
            content_disposition_type="inline",
            media_type="text/html",
            headers=_FRESH,
        )

    @get("/api/docs/{name:str}", **_PUBLIC)
    async def part(request: Request[Any, Any, Any], name: FromPath[str]) -> File:
        if name not in _TYPES or not (static / name).exists():
            raise NotFoundException()
        return File(
            static / name,
            filename=name,
            content_disposition_type="inline",
            media_type=_TYPES[name],
            # An address with a version in it never changes its content.
            headers=_FOR_EVER if "v" in request.query_params else _FRESH,
        )

    return [page, part]
