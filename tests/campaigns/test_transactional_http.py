"""Transactional letters: published, asked for by programs, sent once, with their own data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.delivery.public import SendingPolicy, gather, set_sending_policy, tend
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.campaigns.calls import deliver
from tests.campaigns.conftest import Shop
from tests.conftest import Cast, Clock
from tests.delivery.support import MailServer

API = "/api/v1/transactional"
SEND = "/api/v1/messages"
RECEIPT = """<!doctype html><html><body>
<p>Order {{ data.number }} of {{ customer.first_name }}: {{ data.total | money: "RUB" }}</p>
<a href="https://shop.example/orders">Orders</a>
<a href="{{ unsubscribe_url }}">Unsubscribe</a>
</body></html>"""


@pytest.fixture
async def receipt(rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop) -> dict[str, Any]:
    """A published receipt, in a workspace whose service letters need no consent."""
    async with rt.db.begin() as tx:
        await set_sending_policy(
            tx,
            workspace_id=workspace.id,
            policy=SendingPolicy(service_without_consent=True),
            version=0,
            now=rt.clock(),
        )
    letter_id = await shop.letter("Order {{ data.number }}", RECEIPT)
    body = {
        "key": "receipt",
        "name": "Receipt",
        "letter_id": str(letter_id),
        "sender_id": str(shop.sender_id),
    }
    made = (await cast.owner.post(API, json=body)).json()
    published = await cast.owner.post(f"{API}/{made['id']}/publish")
    assert published.status_code == 201, published.text
    found: dict[str, Any] = published.json()
    assert (found["state"], found["edition"], found["is_changed"]) == ("live", 1, False)
    return found


def order(number: int, *, key: str | None = None, **to: Any) -> dict[str, Any]:
    return {
        "letter": "receipt",
        "to": to or {"user_id": "u-p1"},
        "data": {"number": number, "total": 990},
        "key": key,
    }


async def send_out(rt: Runtime, server: MailServer) -> None:
    while await gather(rt):
        pass
    await deliver(rt, server)


async def test_a_letter_goes_to_each_request_with_its_own_data(
    rt: Runtime, cast: Cast, receipt: dict[str, Any]
) -> None:
    asked = await cast.owner.post(SEND, json=order(1, key="order-1"))
    assert asked.status_code == 202, asked.text
    again = (await cast.owner.post(SEND, json=order(1, key="order-1"))).json()
    assert again == {"id": asked.json()["id"], "is_new": False}
    many = await cast.owner.post(
        f"{SEND}/batch",
        json={
            "messages": [
                order(2),
                order(3, email="new.buyer@example.com", traits={"first_name": "Ann"}),
            ]
        },
    )
    assert [one["is_new"] for one in many.json()["messages"]] == [True, True]
    one = f"{SEND}/{asked.json()['id']}"
    assert (await cast.colleague.get(one)).json()["state"] == "asked"
    async with MailServer() as server:
        await send_out(rt, server)
        await send_out(rt, server)
        assert server.copies() == {"p1@example.com": 2, "new.buyer@example.com": 1}
        letter = server.letter_to("new.buyer@example.com")
    assert "Subject: Order 3" in letter
    assert "Ann=" in letter
    sent = (await cast.colleague.get(one)).json()
    assert (sent["state"], sent["key"]) == ("sent", "order-1")
    seen = (await cast.colleague.get(f"{API}/{receipt['id']}")).json()
    assert (seen["counts"]["total"], seen["counts"]["sent"], seen["state"]) == (3, 3, "live")
    listed = (await cast.colleague.get(f"{API}/{receipt['id']}/messages?limit=2")).json()
    assert [one["state"] for one in listed["items"]] == ["sent", "sent"]
    assert listed["next_cursor"]
    while await carry_facts(rt):
        pass
    # What exactly was it? Who looked is noted; who only reads reports may not look.
    shown = (await cast.owner.get(f"{one}/letter")).json()
    assert (shown["subject"], shown["edition"], shown["address"]) == (
        "Order 1",
        1,
        "p1@example.com",
    )
    assert "Order 1 of" in shown["html"]
    assert shown["data"] == {"number": 1, "total": 990}
    assert (await cast.colleague.get(f"{one}/letter")).status_code == 403
    assert (await cast.stranger.get(f"{one}/letter")).status_code == 404
    person = listed["items"][0]["profile_id"]
    [of_card, *_] = (await cast.owner.get(f"/api/v1/profiles/{person}/messages/")).json()["items"]
    same = await cast.owner.get(f"{SEND}/sent/{of_card['message_id']}/letter")
    assert same.json()["subject"].startswith("Order ")
    noted = (await cast.owner.get("/api/v1/audit")).json()["items"]
    assert [entry["action"] for entry in noted].count("message.letter_shown") == 2
    facts = await rt.ch.query(
        "SELECT fact, count() FROM message_facts WHERE source_id = {id:UUID} GROUP BY fact"
        " ORDER BY fact",
        {"id": receipt["id"]},
    )
    assert [tuple(row) for row in facts] == [("assigned", 3), ("sent", 3)]

    # Its report, of the last days; the letters are three, the people two.
    path = f"{API}/{receipt['id']}"
    goal = {"event": "Order Paid", "revenue_property": "total"}
    changed = (await cast.owner.patch(path, json={"goal": goal})).json()
    assert (changed["goal"]["event"], changed["is_changed"]) == ("Order Paid", False)
    days = {"since": "2026-06-01", "until": "2026-06-30"}
    report = (await cast.colleague.get(f"{path}/report", params=days)).json()
    [arm] = report["arms"]
    assert (report["messages"], arm["assigned"], arm["sent"]) == (3, 2, 2)
    assert report["campaign"]["goal"]["event"] == "Order Paid"
    behind = await cast.colleague.get(f"{path}/report/people", params=days | {"figure": "sent"})
    assert behind.json()["total"] == 2
    [edition] = (await cast.colleague.get(f"{path}/report/editions", params=days)).json()
    assert (edition["edition"], edition["messages"], edition["sent"]) == ("1", 3, 3)
    table = await cast.colleague.get(f"{path}/report.csv", params=days)
    assert "Everybody" in table.text
    shown = (await cast.colleague.get(f"{path}/report/clicks", params={"variant": "1"})).json()
    assert "Order 2" in shown["html"] or "Order 3" in shown["html"]
    later = {"since": "2026-07-01", "until": "2026-07-02"}
    assert (await cast.owner.get(f"{path}/report", params=later)).json()["messages"] == 0
    assert (await cast.owner.get(f"{path}/report?edition=2")).status_code == 404
    bad = {"since": "2026-07-02", "until": "2026-07-01"}
    assert (await cast.owner.get(f"{path}/report", params=bad)).status_code == 422
    assert (await cast.stranger.get(f"{path}/report")).status_code == 404


async def test_one_that_is_no_service_letter_needs_a_consent(
    rt: Runtime, cast: Cast, receipt: dict[str, Any]
) -> None:
    path = f"{API}/{receipt['id']}"
    await cast.owner.patch(path, json={"service": False})
    await cast.owner.post(f"{path}/publish")
    asked = (await cast.owner.post(SEND, json=order(1, email="new@example.com"))).json()
    await cast.owner.post(SEND, json=order(2))
    async with MailServer() as server:
        await send_out(rt, server)
        assert server.copies() == {"p1@example.com": 1}
    kept_back = (await cast.colleague.get(f"{SEND}/{asked['id']}")).json()
    assert (kept_back["state"], kept_back["reason"]) == ("skipped", "no_consent")


async def test_a_new_edition_changes_later_letters_only(
    rt: Runtime, clock: Clock, cast: Cast, shop: Shop, receipt: dict[str, Any]
) -> None:
    path = f"{API}/{receipt['id']}"
    clock.move(minutes=1)
    other = await shop.letter("Thank you", RECEIPT.replace("Order ", "Your order "))
    changed = (await cast.owner.patch(path, json={"letter_id": str(other)})).json()
    assert changed["is_changed"]
    await cast.owner.post(SEND, json=order(1))
    async with MailServer() as server:
        await send_out(rt, server)
        assert "Subject: Order 1" in server.letter_to("p1@example.com")
        published = (await cast.owner.post(f"{path}/publish")).json()
        assert (published["edition"], published["is_changed"]) == (2, False)
        await cast.owner.post(SEND, json=order(2))
        server.taken.clear()
        await send_out(rt, server)
        assert "Subject: Thank you" in server.letter_to("p1@example.com")


async def test_a_paused_one_takes_requests_and_a_closed_one_skips_what_waits(
    rt: Runtime, cast: Cast, receipt: dict[str, Any]
) -> None:
    path = f"{API}/{receipt['id']}"
    assert (await cast.owner.post(f"{path}/pause")).json()["state"] == "paused"
    asked = (await cast.owner.post(SEND, json=order(1))).json()
    async with MailServer() as server:
        await send_out(rt, server)
        assert not server.taken
        assert (await cast.owner.get(path)).json()["counts"]["pending"] == 1
        assert (await cast.owner.post(f"{path}/resume")).json()["state"] == "live"
        await send_out(rt, server)
        assert len(server.taken) == 1
        await tend(rt)
        await cast.owner.post(f"{path}/pause")
        late = (await cast.owner.post(SEND, json=order(2))).json()
        assert (await cast.owner.post(f"{path}/close")).json()["state"] == "closed"
        await send_out(rt, server)
        assert len(server.taken) == 1
    await tend(rt)
    assert (await cast.owner.get(f"{SEND}/{asked['id']}")).json()["state"] == "sent"
    skipped = (await cast.owner.get(f"{SEND}/{late['id']}")).json()
    assert (skipped["state"], skipped["reason"]) == ("skipped", "campaign_stopped")
    refused = await cast.owner.post(SEND, json=order(3))
    assert refused.json()["code"] == "transactional_not_live"
    async with rt.db.begin() as tx:
        state = await tx.execute(
            sa.text("SELECT state FROM mailings WHERE source_id = :id"),
            {"id": UUID(receipt["id"])},
        )
        assert state.scalar_one() == "finished"


async def test_what_can_not_be_sent_is_refused_whole(cast: Cast, receipt: dict[str, Any]) -> None:
    async def code(body: dict[str, Any], path: str = SEND) -> str:
        answer = await cast.owner.post(path, json=body)
        assert answer.status_code >= 400
        found: str = answer.json()["code"]
        return found

    assert await code(order(1) | {"letter": "nothing"}) == "transactional_letter_not_found"
    assert await code(order(1) | {"to": {}}) == "message_without_recipient"
    assert await code(order(1) | {"to": {"profile_id": 10**12}}) == "profile_not_found"
    assert await code(order(1, email="no address")) == "message_recipient_unusable"
    assert await code(order(1) | {"data": {"x": "y" * 40_000}}) == "message_data_too_big"
    batch = {"messages": [order(1), order(2) | {"to": {}}]}
    assert await code(batch, f"{SEND}/batch") == "message_without_recipient"
    listed = (await cast.owner.get(f"{API}/{receipt['id']}/messages")).json()
    assert listed["items"] == []


async def test_a_draft_is_published_only_when_it_is_whole(cast: Cast, shop: Shop) -> None:
    made = (await cast.owner.post(API, json={"key": "welcome", "name": "Welcome"})).json()
    refused = await cast.owner.post(f"{API}/{made['id']}/publish")
    assert [one["path"] for one in refused.json()["errors"]] == ["letter_id", "sender_id"]
    broken = await shop.letter("Broken", "<p>{{ customer.first_name </p>")
    changes = {"letter_id": str(broken), "sender_id": str(shop.sender_id)}
    await cast.owner.patch(f"{API}/{made['id']}", json=changes)
    refused = await cast.owner.post(f"{API}/{made['id']}/publish")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["path"].startswith("letter.")
    taken = await cast.owner.post(API, json={"key": "welcome", "name": "Other"})
    assert taken.json()["code"] == "transactional_key_taken"
    assert (await cast.owner.delete(f"{API}/{made['id']}")).status_code == 204


async def test_its_letter_and_sender_say_what_uses_them(
    cast: Cast, shop: Shop, receipt: dict[str, Any]
) -> None:
    await cast.owner.post(API, json={"key": "draft", "name": "Draft without a letter"})
    listed = (await cast.owner.get("/api/v1/letters")).json()["items"]
    used = {one["id"]: [use["name"] for use in one["used_by"]] for one in listed}
    assert used[receipt["letter_id"]] == ["Receipt"]
    assert used[str(shop.letter_id)] == []
    refused = await cast.owner.delete(f"/api/v1/letters/{receipt['letter_id']}")
    assert refused.status_code == 409
    refused = await cast.owner.delete(f"/api/v1/senders/{shop.sender_id}")
    assert refused.status_code == 409


async def test_rights_and_walls_hold(cast: Cast, receipt: dict[str, Any]) -> None:
    path = f"{API}/{receipt['id']}"
    assert (await cast.colleague.post(SEND, json=order(1))).status_code == 403
    assert (await cast.colleague.post(f"{path}/pause")).status_code == 403
    service = {"key": "x", "name": "X", "service": True}
    assert (await cast.marketer.post(API, json=service)).status_code == 403
    assert (await cast.stranger.get(path)).status_code == 404
    assert (await cast.stranger.get(API)).json() == []
    refused = await cast.stranger.post(SEND, json=order(1))
    assert refused.json()["code"] == "transactional_letter_not_found"
    asked = (await cast.owner.post(SEND, json=order(1))).json()
    assert (await cast.stranger.get(f"{SEND}/{asked['id']}")).status_code == 404
    assert (await cast.nobody.post(SEND, json=order(1))).status_code == 401
