"""The page at /api/docs."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from otklik.runtime.public import Runtime
from otklik.runtime.web.app import create_app
from otklik.runtime.web.edge import Edge
from tests.conftest import client_of
from tools import apidocs

DIST = {
    "package.json": '{"version": "9.8.7"}',
    **{name: name for name in apidocs.TAKEN},
}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page, built from a package that looks like swagger-ui-dist."""
    dist = tmp_path / "dist"
    dist.mkdir()
    for name, text in DIST.items():
        (dist / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(apidocs, "STATIC", tmp_path / "static")
    apidocs.write(dist)
    return apidocs.STATIC


def page_of(rt: Runtime, static: Path) -> httpx.AsyncClient:
    return client_of(Edge(create_app(rt, api=[], apidocs=static), rt))


async def test_every_file_that_the_page_names_is_there(rt: Runtime, built: Path) -> None:
    async with page_of(rt, built) as client:
        page = await client.get("/api/docs")
        assert page.headers["content-type"].startswith("text/html")
        named = re.findall(r'(?:src|href)="(/api/docs/[^"]+)"', page.text)
        assert len(named) == 4
        for address in named:
            part = await client.get(address)
            assert part.status_code == 200, address
            assert re.match(r"text/(css|javascript)", part.headers["content-type"])
            kept = "immutable" in part.headers["cache-control"]
            assert kept == address.endswith("?v=9.8.7")


async def test_the_page_keeps_the_content_policy(rt: Runtime, built: Path) -> None:
    async with page_of(rt, built) as client:
        page = await client.get("/api/docs")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert not re.search(r"<script(?![^>]* src=)|\son\w+=|//[a-z]", page.text)


async def test_only_files_of_the_page_are_given_out(rt: Runtime, built: Path) -> None:
    async with page_of(rt, built) as client:
        for name in ("LICENSE", ".stamp", "..%2fsecret", "index.html"):
            assert (await client.get(f"/api/docs/{name}")).status_code == 404


async def test_it_says_when_it_is_not_built(rt: Runtime, tmp_path: Path) -> None:
    async with page_of(rt, tmp_path / "nowhere") as client:
        page = await client.get("/api/docs")
        assert "make build" in page.text
        assert (await client.get("/api/docs/init.js")).status_code == 404


def test_it_is_built_once_from_the_same_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    monkeypatch.setattr(apidocs, "distribution", lambda: tmp_path / "dist")
    asked: list[str] = []
    for _ in range(2):
        apidocs.build_apidocs(lambda: asked.append("packages"))
    assert asked == ["packages"]
    assert (built / "index.html").exists()
