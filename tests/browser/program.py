"""The real program in a process of its own, and the small shop that the tests look at."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

PASSWORD = "correct horse battery"
HOSTILE = "<img src=x onerror=alert(1)> {{7*7}}"
CAST = {"marketer": "marketer", "analyst": "analyst", "newcomer": "analyst"}
"""Everybody besides the owner; the marketer works in Russian, the others in English."""
CUSTOMERS = 24
NAMES = ("Anna", "Boris", "Vera", "Gleb", "Daria", "Egor")
CITIES = ("Perm", "Omsk", "Tomsk")
_WAIT_S = 90.0

Visit = Callable[..., Page]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Program:
    """A running program. `owner` is the first login, as it was printed."""

    base_url: str
    owner_email: str
    owner_password: str


@contextmanager
def running(folder: Path) -> Iterator[Program]:
    """Run `otklik up` on free ports until the block ends."""
    port = free_port()
    log = folder / "program.log"
    # The settings of whoever runs the tests say nothing about this program.
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTKLIK_")}
    env |= {"OTKLIK_CATCHER_PORT": str(free_port()), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "otklik.entrypoints.cli", "up"),
                *("--data", str(folder / "data"), "--port", str(port)),
            ],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=env,
        )
    try:
        login = re.compile(r"First login: (\S+), password (\S+)")
        found = wait_for(
            "the program to listen",
            lambda: login.search(log.read_text()),
            gave_up=lambda: process.poll() is not None,
            tell=lambda: log.read_text()[-3000:],
        )
        yield Program(f"http://127.0.0.1:{port}", found[1], found[2])
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(
    what: str,
    ask: Callable[[], Any],
    *,
    gave_up: Callable[[], bool] = lambda: False,
    tell: Callable[[], str] = lambda: "",
) -> Any:
    """Ask until the answer is truthy and return it; the wait ends the test when it is too long."""
    until = time.monotonic() + _WAIT_S
    pause = 0.05
    while not (answer := ask()):
        if gave_up() or time.monotonic() > until:
            raise AssertionError(f"Waited in vain for {what}. {tell()}")
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)
    return answer


class Api:
    """The REST API as a signed-in person calls it; every refusal ends the test with its text."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(
            base_url=base_url, headers={"accept-language": "en"}, timeout=60, trust_env=False
        )

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign_in(self, email: str, password: str) -> dict[str, Any]:
        me: dict[str, Any] = self.call("POST", "/session", {"email": email, "password": password})
        self.http.headers["x-csrf-token"] = me["csrf_token"]
        return me

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.http.request(
            method, f"/api/v1{path}", json=body, params=query, headers={"origin": self.origin}
        )
        assert answer.status_code < 400, (
            f"{method} {path}: {answer.status_code} {answer.text[:800]}"
        )
        return answer.json() if answer.content else None

    @property
    def origin(self) -> str:
        return str(self.http.base_url).rstrip("/")

    def import_csv(self, kind: str, text: str, **request: Any) -> dict[str, Any]:
        """Take a CSV in and wait until it is stored."""
        answer = self.http.post(
            "/api/v1/imports/files",
            params={"kind": kind},
            files={"file": (f"{kind}.csv", text.encode(), "text/csv")},
        )
        assert answer.status_code < 400, answer.text[:800]
        made = self.call(
            "POST",
            "/imports",
            {"file_id": answer.json()["file_id"], "kind": kind, "dry_run": False, **request},
        )

        def finished() -> dict[str, Any] | None:
            seen: dict[str, Any] = self.call("GET", f"/imports/{made['id']}")
            return seen if seen["state"] in {"done", "failed"} else None

        done: dict[str, Any] = wait_for("the import", finished)
        assert (done["state"], done["rows_failed"]) == ("done", 0), done
        return done


@dataclass
class World:
    """A shop with customers and orders, two segments, three letters and a finished mailing."""

    program: Program
    api: Api
    cookies: dict[str, list[dict[str, Any]]]
    """Browser cookies of everybody in the cast, by person."""
    segment_id: str
    letter_id: str
    broken_letter_id: str
    campaign_id: str
    draft_id: str
    hostile_id: int


def make_world(program: Program, api: Api) -> World:
    api.sign_in(program.owner_email, program.owner_password)
    api.call("PATCH", "/me", {"lang": "en", "name": "Olga Owner"})
    for person, role in CAST.items():
        api.call(
            "POST",
            "/users",
            {
                "email": f"{person}@otklik.test",
                "name": person.title(),
                "role": role,
                "password": PASSWORD,
            },
        )
    api.import_csv(
        "customers",
        customers_csv(),
        key="user_id",
        mapping={
            "id": "user_id",
            "email": "email",
            "name": "trait:first_name",
            "city": "trait:city",
        },
        options={"consent": {"channel": "email", "note": "They ticked the box at checkout."}},
        format={},
    )
    api.import_csv(
        "orders",
        orders_csv(datetime.now(UTC)),
        key=None,
        mapping={
            "order": "order_id",
            "date": "time",
            "customer": "user_id",
            "product": "product_id",
            "quantity": "quantity",
            "price": "price",
        },
        options={"currency": "RUB"},
        format={},
    )
    everybody = {"kind": "identifier", "identifier": "email", "present": True}
    segment = make_segment(api, "Everybody with an address", everybody)
    make_segment(
        api,
        "Two orders and more",
        {"kind": "orders", "measure": {"kind": "count", "test": {"op": "at_least", "n": 2}}},
    )
    starters = api.call("GET", "/starters?lang=en")
    letter = make_letter(api, starters[0], subject="Hello {{ customer.first_name }}")
    other = make_letter(api, starters[1])
    broken = make_letter(
        api,
        {**starters[0], "name": "Broken letter", "kind": "mjml"},
        source="<mjml>\n  <mj-body>\n    <mj-section>\n      <mj-wrong>\n",
    )
    sender = api.call("POST", "/senders", {"name": "Shop", "email": "shop@shop.example"})
    campaign = {
        "name": "Spring news",
        "audience": {"segment_ids": [segment["id"]], "exclude_segment_ids": []},
        "sender_id": sender["id"],
        "variants": [
            {"key": "A", "name": "First", "letter_id": letter["id"], "share": 50},
            {"key": "B", "name": "Second", "letter_id": other["id"], "share": 50},
        ],
        "control_share": 20,
        "goal": {"event": "Order Completed", "window_hours": 168, "revenue_property": "total"},
    }
    finished = api.call("POST", "/campaigns", campaign)
    draft = api.call("POST", "/campaigns", {**campaign, "name": "Not sent yet"})
    send(api, finished["id"])
    found = api.call("GET", "/profiles", search="hostile@shop.example")["items"]
    return World(
        program=program,
        api=api,
        cookies={
            "owner": cookies_of(api),
            **{person: cookies_of_person(program, person) for person in CAST},
        },
        segment_id=segment["id"],
        letter_id=letter["id"],
        broken_letter_id=broken["id"],
        campaign_id=finished["id"],
        draft_id=draft["id"],
        hostile_id=found[0]["id"],
    )


def send(api: Api, campaign_id: str) -> None:
    """Launch, and wait until the report knows everybody."""
    wait_for(
        "the audience to be complete",
        lambda: api.call("GET", f"/campaigns/{campaign_id}/audience")["remaining"] == CUSTOMERS + 1,
    )
    audience = api.call("GET", f"/campaigns/{campaign_id}/audience")
    api.call("PUT", f"/campaigns/{campaign_id}/launch", {"confirm_count": audience["remaining"]})
    wait_for(
        "the mailing to finish",
        lambda: api.call("GET", f"/campaigns/{campaign_id}/progress")["state"] == "finished",
    )
    wait_for(
        "the facts of the mailing",
        lambda: (
            sum(
                arm["delivered"] if not arm["is_control"] else arm["assigned"]
                for arm in api.call("GET", f"/campaigns/{campaign_id}/report")["arms"]
            )
            == audience["remaining"]
        ),
    )


def make_segment(api: Api, name: str, condition: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = api.call(
        "POST", "/segments", {"name": name, "definition": {"kind": "all", "of": [condition]}}
    )
    return made


def make_letter(api: Api, starter: dict[str, Any], **change: str) -> dict[str, Any]:
    fields = ("name", "kind", "subject", "preheader", "source", "text")
    made: dict[str, Any] = api.call(
        "POST", "/letters", {**{field: starter[field] for field in fields}, **change}
    )
    return made


def customers_csv() -> str:
    lines = ["id;email;name;city"]
    for number in range(CUSTOMERS):
        name, city = NAMES[number % len(NAMES)], CITIES[number % len(CITIES)]
        lines.append(f"{100 + number};person{number}@shop.example;{name};{city}")
    lines.append(f"99;hostile@shop.example;{HOSTILE};Perm")
    return "\n".join(lines)


def orders_csv(now: datetime) -> str:
    lines = ["order;date;customer;product;quantity;price"]
    for number in range(CUSTOMERS):
        day = (now - timedelta(days=1 + number)).date().isoformat()
        lines.append(f"A-{number};{day} 10:00;{100 + number // 2};mug;1;{450 + number}")
    return "\n".join(lines)


def cookies_of_person(program: Program, person: str) -> list[dict[str, Any]]:
    with Api(program.base_url) as api:
        api.sign_in(f"{person}@otklik.test", PASSWORD)
        api.call("PATCH", "/me", {"lang": "ru" if person == "marketer" else "en"})
        return cookies_of(api)


def cookies_of(api: Api) -> list[dict[str, Any]]:
    return [
        {"name": name, "value": value, "url": api.origin}
        for name, value in api.http.cookies.items()
    ]
