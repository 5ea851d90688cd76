"""Building the ASGI application out of what the slices bring."""

import mimetypes
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath
from litestar.response import File
from litestar.static_files import create_static_files_router

from otklik import __version__
from otklik.runtime.context import Runtime
from otklik.runtime.web import health
from otklik.runtime.web.apidocs import apidocs_handlers
from otklik.runtime.web.idempotency import Replay, keep_answers
from otklik.runtime.web.openapi import DocumentPlugin
from otklik.runtime.web.problems import HANDLERS, on_http_error
from otklik.runtime.web.providers import PROVIDERS
from otklik.runtime.web.transactions import end_transactions

STATIC = Path(__file__).resolve().parents[2] / "static" / "admin"
BODY_MAX = 4 * 1024 * 1024
_PLAIN = ("/exports/download/", r"\.parquet$", "^/m/")
"""What is never packed on its way: parts of a file are counted in its own bytes, and a file that is
packed inside would only cost time."""


def on_replay(_request: Request[Any, Any, Any], replay: Replay) -> Response[bytes]:
    return Response(
        replay.body,
        status_code=replay.status,
        media_type=replay.content_type,
        headers={"Idempotent-Replayed": "true"},
    )


def create_app(
    rt: Runtime,
    *,
    api: Sequence[Any],
    public: Sequence[Any] = (),
    dependencies: dict[str, Provide] | None = None,
    lifespan: Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]] = (),
    apidocs: Path = STATIC.parent / "apidocs",
) -> Litestar:
    """Return the application: `api` under /api/v1, `public` at the root, the interface below.

    `dependencies` adds providers that live in slices above the runtime.
    """

    @asynccontextmanager
    async def opened(_app: Litestar) -> AsyncIterator[None]:
        async with rt.jobs.app.open_async():
            yield

    return Litestar(
        route_handlers=[
            Router("/api/v1", route_handlers=list(api), middleware=[keep_answers]),
            *public,
            *health.HANDLERS,
            *apidocs_handlers(apidocs),
            *interface_handlers(STATIC),
        ],
        middleware=[end_transactions],
        dependencies={**PROVIDERS, **(dependencies or {})},
        exception_handlers={**HANDLERS, Replay: on_replay},
        lifespan=[opened, *lifespan],
        state=State({"rt": rt}),
        openapi_config=OpenAPIConfig(
            title="Otklik",
            version=__version__,
            description=(
                "Everything the interface does. Sign in with a session cookie and the header "
                "`X-CSRF-Token`, or send a secret key as `Authorization: Bearer`."
            ),
            path="/api",
            render_plugins=[DocumentPlugin(path="/openapi.json")],
            use_handler_docstrings=True,
            components=Components(
                security_schemes={
                    "secretKey": SecurityScheme(type="http", scheme="bearer"),
                    "session": SecurityScheme(
                        type="apiKey", name="otklik_session", security_scheme_in="cookie"
                    ),
                }
            ),
            security=[{"secretKey": []}, {"session": []}],
        ),
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=2048, exclude=["/live$", *_PLAIN]
        ),
        request_max_body_size=BODY_MAX,
        debug=False,
        logging_config=None,
    )


def interface_handlers(static: Path) -> list[Any]:
    """Return the handlers of the interface: hashed assets, and the page for every other path."""
    if not (static / "index.html").exists():

        @get(["/", "/{path:path}"], include_in_schema=False, media_type="text/plain")
        async def not_built() -> str:
            return "The interface is not built. Run `make build` in a checkout.\n"

        return [not_built]

    @get("/", include_in_schema=False)
    async def root() -> File:
        return _page(static)

    @get("/{path:path}", include_in_schema=False)
    async def page(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[Any] | File:
        inside = path.lstrip("/")
        if inside.startswith(("api/", "v1/", "t/", "u/", "assets/")) or inside in {"api", "v1"}:
            from litestar.exceptions import NotFoundException

            return on_http_error(request, NotFoundException())
        # Files beside index.html (icon, manifest, the API page) are known by name, never by path.
        if inside and "/" not in inside and "." in inside and (static / inside).is_file():
            kind = mimetypes.guess_type(inside)[0] or "application/octet-stream"
            return File(static / inside, content_disposition_type="inline", media_type=kind)
        return _page(static)

    assets = create_static_files_router(
        "/assets",
        directories=[static / "assets"],
        cache_control=None,
        after_request=_immutable,
        include_in_schema=False,
    )
    return [root, page, assets]


def _page(static: Path) -> File:
    return File(
        static / "index.html",
        content_disposition_type="inline",
        media_type="text/html",
        headers={"Cache-Control": "no-cache"},
    )


async def _immutable(response: Response[Any]) -> Response[Any]:
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


class Done(msgspec.Struct, frozen=True):
    """The answer of an action without a result of its own."""

    done: bool = True
