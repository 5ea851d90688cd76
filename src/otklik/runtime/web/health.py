"""Health for machines: alive, ready, metrics."""

import asyncio

import sqlalchemy as sa
from litestar import Response, get

from otklik.runtime.web.providers import Rt


@get("/healthz", include_in_schema=False, opt={"public": True})
async def healthz() -> dict[str, str]:
    """The process is alive; says nothing of the engines."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False, opt={"public": True})
async def readyz(rt: Rt) -> Response[dict[str, str]]:
    """Both engines answer within two seconds."""
    found = {"postgresql": "ok", "clickhouse": "ok"}
    try:
        async with asyncio.timeout(2), rt.db.engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))
    except Exception as error:
        found["postgresql"] = type(error).__name__
    try:
        async with asyncio.timeout(2):
            await rt.ch.query("SELECT 1")
    except Exception as error:
        found["clickhouse"] = type(error).__name__
    ready = all(value == "ok" for value in found.values())
    return Response(found, status_code=200 if ready else 503)


@get("/metrics", include_in_schema=False, media_type="text/plain", opt={"public": True})
async def metrics(rt: Rt) -> bytes:
    return rt.metrics.text()


HANDLERS = [healthz, readyz, metrics]
