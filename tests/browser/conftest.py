"""Chromium before the real program: who looks, how, and what may never happen on a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect

from tests.browser.program import Api, Visit, World, make_world, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = (1440, 900)
NARROW = (390, 844)
_HERE = Path(__file__).parent
# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lives here, and run it last.

    The synchronous Playwright keeps a loop going in the main thread from its first use on; no
    asynchronous test could start after that.
    """
    mine = [item for item in items if item.path.is_relative_to(_HERE)]
    for item in mine:
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed."))
    items[:] = [item for item in items if item not in set(mine)] + mine


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("program")) as program, Api(program.base_url) as api:
        yield make_world(program, api)


class Watch:
    """Everything that a page said which no page of the product may say."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.expected: tuple[str, ...] = ()

    def on(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.said.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self.hear(page, message))
        page.on("dialog", lambda dialog: self.refuse(page, dialog))

    def hear(self, page: Page, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            where = message.location.get("url", "")
            self.said.append(f"{page.url}: {message.type}: {message.text} ({where})")

    def refuse(self, page: Page, dialog: Dialog) -> None:
        self.said.append(f"{page.url}: a dialog opened: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Ends the test with an error when any page complained, whatever the test looked at."""
    watching = Watch()
    yield watching
    left = [line for line in watching.said if not any(part in line for part in watching.expected)]
    assert not left, "\n".join(left)


@pytest.fixture
def visit(browser: Browser, world: World, watch: Watch) -> Iterator[Visit]:
    """Open the product as a person: `visit("owner", "/segments", lang="ru", scheme="dark")`."""
    contexts = []

    def open_as(
        person: str | None,
        path: str = "/",
        *,
        lang: str = "en",
        scheme: Any = "light",
        size: tuple[int, int] = WIDE,
    ) -> Page:
        context = browser.new_context(
            base_url=world.program.base_url,
            viewport={"width": size[0], "height": size[1]},
            locale="ru-RU" if lang == "ru" else "en-GB",
            timezone_id="Europe/Moscow",
            reduced_motion="reduce",
            color_scheme=scheme,
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        if person:
            context.add_cookies(world.cookies[person])  # type: ignore[arg-type]
        page = context.new_page()
        watch.on(page)
        page.goto(path)
        return page

    yield open_as
    for context in contexts:
        context.close()
