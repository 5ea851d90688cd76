"""Letters speak of the latest event of each name of their reader."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from otklik.accounts.public import Workspace
from otklik.content.events import event_paths, event_variable, named_events
from otklik.content.public import LetterKind, LetterSource, compile_letter
from otklik.delivery.model import Variant
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.events.public import EventName, PropertyInfo
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.content.helpers import FOOTER, mjml
from tests.delivery.dispatching import Pools, drain
from tests.delivery.support import MailServer, letter, mailing_to, make_people
from tests.events.test_reads import put

SAYS = (
    "<p>{% if events.product_viewed.price > 100 %}Dear {% endif %}{{ events.product_viewed.name }}"
    ' at {{ events["Order Completed"].total }} on {{ events.product_viewed.happened_at | date }}'
    "{% for item in events['cart'].items %}[{{ item.n }}]{% endfor %}.</p>"
)


NAMES = ("ann", "bob", "cid")


def test_a_letter_names_the_events_that_it_needs() -> None:
    source = mjml(SAYS + "events.nothing", subject="{{ events.q1.x }}")
    wanted = ["q1", "product_viewed", "Order Completed", "cart"]
    assert named_events(source, compile_letter(source)) == wanted
    test = {"path": "events.Plan Bought.sum", "op": "gt", "value": 5}
    block = {"kind": "heading", "id": "b", "text": "x", "show_if": {"test": [test]}}
    document = {"v": 1, "rows": [{"id": "r", "columns": [{"blocks": [block]}]}]}
    blocks = LetterSource(LetterKind.BLOCKS, "s", str(document).replace("'", '"'))
    assert named_events(blocks, compile_letter(blocks)) == ["Plan Bought"]
    assert named_events(mjml("nothing of them: events"), None) == []


def test_names_are_written_as_liquid_reads_them(now: datetime) -> None:
    assert event_variable("viewed", "item.price") == "events.viewed.item.price"
    assert event_variable("Order Completed", "итог") == 'events["Order Completed"].итог'
    assert event_variable("page.viewed", "url") == 'events["page.viewed"].url'
    for odd in ('a"b', "a'b", "a}b", "a%b"):
        assert event_variable(odd, "x") is None
    given = [PropertyInfo(path="lines[].sku", type="string", sample="x")]  # type: ignore[arg-type] # a word of the enum
    one = EventName(name="cart", type="track", first_seen=now, last_seen=now, properties=given)
    assert event_paths([one]) == {"cart.happened_at", "cart.lines"}


async def test_everybody_reads_of_his_own_latest_event(
    rt: Runtime,
    workspace: Workspace,
    cast: Cast,
    server: MailServer,
    pools: Pools,
    now: datetime,
) -> None:
    ann, bob, cid = await make_people(rt, workspace, NAMES)
    before = 900_001  # a profile that was merged into Bob's
    await rt.ch.insert_arrow(
        "profile_merges",
        pa.table(
            {
                "workspace_id": pa.array([workspace.id], pa.uint32()),
                "from_id": pa.array([before], pa.uint64()),
                "into_id": pa.array([bob], pa.uint64()),
                "undone": pa.array([0], pa.uint8()),
                "version": pa.array([1], pa.uint64()),
            }
        ),
    )
    viewed = {"name": "product_viewed", "time": now - timedelta(days=1)}
    await put(
        rt,
        workspace.id,
        [
            {**viewed, "profile_id": ann, "properties": {"name": "<Cup>", "price": 40}},
            {**viewed, "profile_id": ann, "time": now - timedelta(days=3), "properties": {}},
            {**viewed, "profile_id": before, "properties": {"name": "Oven", "price": 400}},
            {"name": "Order Completed", "profile_id": before, "properties": {"total": 7}},
            {"name": "cart", "profile_id": ann, "properties": {"items": [{"n": 1}, {"n": 2}]}},
        ],
        now,
    )
    rows = ", ".join(f"({workspace.id}, {one}, 1)" for one in (ann, bob, cid))
    await rt.ch.command(
        f"INSERT INTO profiles (workspace_id, profile_id, version) VALUES {rows}", repeatable=True
    )
    shown = (await cast.colleague.get("/api/v1/letters/variables")).json()
    found = {one["name"]: one for one in shown if one["group"] == "event"}
    assert found["events.product_viewed.name"]["sample"] == "<Cup>"
    assert found["events.product_viewed.happened_at"]["type"] == "date"
    assert found['events["Order Completed"].total']["type"] == "number"
    assert found["events.cart.items"]["type"] == "list"
    theirs = (await cast.stranger.get("/api/v1/letters/variables")).json()
    assert not [one for one in theirs if one["group"] == "event"]

    html = f"<html><body>{SAYS}{FOOTER}</body></html>"
    content = {"kind": "html", "subject": "s", "preheader": "p", "source": html}
    asked = {**content, "profile_id": bob, "profile_ids": [ann, cid], "empty": True}
    made = (await cast.colleague.post("/api/v1/letters/preview", json=asked)).json()
    yesterday = f"{now - timedelta(days=1):%d.%m.%Y}"
    assert f"Dear Oven at 7 on {yesterday}." in made["text"]
    of_ann, of_cid, of_nobody = (one["text"] for one in made["people"])
    assert f"<Cup> at on {yesterday}[1][2]." in " ".join(of_ann.split())
    assert "at on ." in " ".join(of_cid.split())
    assert "at on ." in " ".join(of_nobody.split())
    sample = (await cast.colleague.post("/api/v1/letters/preview", json=content)).json()
    assert "Oven" in sample["text"] or "<Cup>" in sample["text"]
    wrong = {**content, "source": html.replace("product_viewed.name", "product_viewed.nam")}
    problems = (await cast.colleague.post("/api/v1/letters/preview", json=wrong)).json()["problems"]
    [unseen] = [one for one in problems if one["code"] == "unseen_event"]
    assert unseen["level"] == "warning"
    assert "events.product_viewed.name" in unseen["message"]

    kept = (await cast.marketer.post("/api/v1/letters", json={"name": "n", **content})).json()
    gaps = (await cast.colleague.get(f"/api/v1/letters/{kept['id']}/gaps")).json()
    assert [(one["trait"], one["lacking"], one["people"]) for one in gaps] == [
        ("events.Order Completed", 2, 3),
        ("events.product_viewed", 1, 3),
    ]
    version = Variant("A", "A", 10_000, letter("For you", html))
    await mailing_to(rt, workspace, [ann, bob, cid], variants=[version])
    await drain(Dispatcher(pools(server)), rt)
    got = {one: server.letter_to(f"{one}@example.com").replace("=\r\n", "") for one in NAMES}
    assert "&lt;Cup&gt; at" in got["ann"]
    assert "Dear Oven at 7" in got["bob"]
    assert "Oven" not in got["cid"]
