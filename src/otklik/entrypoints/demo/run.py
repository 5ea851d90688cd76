"""The main job, from an empty folder to a verified verdict.

Real orders of a real shop come in; customers, a segment, a mailing with two variants and a control
group follow; letters go out through real SMTP; readers open and click; the shop's next orders
arrive. Then the report must say what a direct count of the raw file says.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from otklik.accounts.public import KeyKind, Role, create_key, create_user, create_workspace
from otklik.channels.email.public import create_sender
from otklik.entrypoints import wiring
from otklik.entrypoints.demo.api import Api, DemoError
from otklik.entrypoints.demo.clock import TravelClock
from otklik.entrypoints.demo.readers import Readers
from otklik.entrypoints.demo.shop import CURRENCY, load_shop
from otklik.entrypoints.demo.story import SENDER_EMAIL, Story
from otklik.entrypoints.demo.telling import Teller
from otklik.entrypoints.process import open_runtime
from otklik.entrypoints.serve import WebServer, worker_running
from otklik.kit.errors import OtklikError
from otklik.kit.ids import new_token
from otklik.runtime.embedded.files import FileLock
from otklik.runtime.public import Runtime, Settings, configure_logs

_MARK = ".otklik-demo"
EMAIL = "owner@otklik.test"
# Fixed, so that every run of the demo draws the same groups. One draw in twenty shows a difference
# where there is none; a demonstration that is honest on average would confuse its viewer then.
SALT = hashlib.sha256(b"otklik demo").digest()


async def run_demo(*, data: Path, port: int, leave: bool, console: Console) -> int:
    """Run the demo and return the exit code: 0 only if every step was verified."""
    configure_logs(level="warning")
    begun = time.perf_counter()
    try:
        folder = fresh_folder(data)
        async with AsyncExitStack() as stack:
            console.rule("Otklik demo: from orders to a proven mailing")
            now = datetime.now(UTC)
            shop = await asyncio.to_thread(load_shop, yesterday=(now - timedelta(days=1)).date())
            clock = TravelClock(shop.start - timedelta(hours=1))
            rt = await stack.enter_async_context(running(folder, port, clock))
            workspace_id, password, secret, write = await found_workspace(rt)
            api = Api(rt.settings.base_url, secret, write)
            stack.push_async_callback(api.close)
            readers = Readers(rt.settings.base_url)
            stack.push_async_callback(readers.close)
            started = time.perf_counter() - begun
            teller = Teller(console)
            story = Story(
                rt=rt,
                workspace_id=workspace_id,
                api=api,
                readers=readers,
                shop=shop,
                clock=clock,
                folder=folder,
                teller=teller,
            )
            teller.times.append(("start engines and program", started))
            verified = await story.tell()
            clock.set_to_present()
            teller.print_times(time.perf_counter() - begun)
            if not verified:
                return 1
            settings = rt.settings
    except (DemoError, OtklikError) as error:
        console.print(f"The demo stopped: {error}", style="red", markup=False)
        return 1
    if not leave:
        console.print(f"\nOtklik goes on at {settings.base_url}", style="bold")
        console.print(f"Sign in as {EMAIL} with the password {password}", markup=False)
        go_on(settings)
    return 0


def go_on(settings: Settings) -> None:
    """Become the ordinary program on the demo's data: by the real clock, without the raw file."""
    environment = dict(os.environ, OTKLIK_CATCHER_PORT=str(settings.catcher_port))
    sys.stdout.flush()
    os.execve(  # noqa: S606 (our own program with arguments of ours)
        sys.executable,
        [
            sys.executable,
            "-m",
            "otklik.entrypoints.cli",
            "up",
            "--data",
            settings.data,
            "--port",
            str(settings.port),
        ],
        environment,
    )


def fresh_folder(data: Path) -> Path:
    """Empty the demo's folder. A folder that is not the demo's own is left alone."""
    folder = data.expanduser().resolve()
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise DemoError(f"{folder} is not empty and not of a demo; name another with --data.")
        lock = FileLock(folder / "engines" / "lock")
        if not lock.acquire():
            raise DemoError(f"Otklik runs on {folder} already; stop it first with Ctrl+C.")
        lock.release()
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    return folder


def free_port(wanted: int) -> int:
    """Return the wanted port, or any free one when somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(folder: Path, port: int, clock: TravelClock) -> AsyncIterator[Runtime]:
    """Run the whole program in this process, by the demo's clock."""
    settings = Settings(data=str(folder), port=free_port(port), catcher_port=free_port(1025))
    async with AsyncExitStack() as stack:
        rt = await stack.enter_async_context(open_runtime(settings))
        rt.clock = clock
        await stack.enter_async_context(wiring.mail_catcher(rt))
        web = WebServer(rt, host=settings.host, port=settings.port)
        await web.start()
        stack.push_async_callback(web.stop)
        await stack.enter_async_context(worker_running(rt))
        yield rt


async def found_workspace(rt: Runtime) -> tuple[int, str, str, str]:
    """Make the workspace, its owner, keys and sender.

    Returns (workspace id, password, secret key, write key).
    """
    password = new_token(96)
    async with rt.db.begin() as tx:
        workspace = await create_workspace(
            tx,
            name="Gift shop (demo)",
            timezone="Europe/London",
            currency=CURRENCY,
            lang="en",
            salt=SALT,
            now=rt.clock(),
        )
        await create_user(
            tx,
            workspace_id=workspace.id,
            email=EMAIL,
            name="Owner",
            password=password,
            role=Role.OWNER,
            lang="en",
            now=rt.clock(),
        )
        keys = []
        kinds: tuple[KeyKind, ...] = ("secret", "public")
        for kind in kinds:
            _, token = await create_key(
                tx,
                workspace_id=workspace.id,
                kind=kind,
                name=f"Demo ({kind})",
                now=rt.clock(),
            )
            keys.append(token)
        await create_sender(
            tx,
            workspace_id=workspace.id,
            name="Emma of the gift shop",
            address=SENDER_EMAIL,
            is_default=True,
            now=rt.clock(),
        )
    return workspace.id, password, keys[0], keys[1]
