"""What sending services report over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from otklik.accounts.public import Workspace
from otklik.delivery.tokens import MessageLinks
from otklik.privacy.public import State, SuppressionReason, consent_states
from otklik.runtime.outgoing import Answer
from otklik.runtime.public import Runtime
from tests.channels.email.test_returns_reports import Sns, mailgun, ses
from tests.conftest import Cast
from tests.delivery.returned import kept, message_of, send, stopped, way_back
from tests.delivery.support import MailServer, facts_of, fates, make_people

HOOKS = "/api/v1/report-hooks"


def by_mailgun(event: str, address: str, number: str, **more: Any) -> dict[str, Any]:
    tree = mailgun(event, **{"id": number, "recipient": address, **more})
    right = hmac.new(b"key", b"17abc", hashlib.sha256).hexdigest()
    tree["signature"] = {"timestamp": "17", "token": "abc", "signature": right}
    return tree


async def test_reports_of_a_service_are_taken_once(
    rt: Runtime, cast: Cast, workspace: Workspace
) -> None:
    assert (await cast.owner.put(f"{HOOKS}/mailgun", json={})).status_code in (400, 422)
    assert (await cast.marketer.put(f"{HOOKS}/mailgun", json={})).status_code == 403
    made = await cast.owner.put(f"{HOOKS}/mailgun", json={"secret": "key"})
    path = made.json()["url"].removeprefix("http://otklik.test")
    ann, bob = await make_people(rt, workspace, ["ann", "bob"])
    async with MailServer() as server:
        source_id = await send(rt, server, workspace, [ann, bob])
    ref = await message_of(rt, source_id, ann)
    links = MessageLinks(rt.signer, "http://x", ref, variant=0, static=lambda _: None)
    dead = by_mailgun(
        "failed",
        "ann@example.com",
        "e1",
        severity="permanent",
        message={"headers": {"message-id": f"{links.mail_id()}@shop.example"}},
        **{"delivery-status": {"code": 550, "message": "5.1.1 no such user"}},
    )
    for _ in range(2):
        answer = await cast.nobody.post(path, json=dead)
        assert (answer.status_code, answer.json()) == (200, {"taken": 1})
    # Without a Message-ID of ours it is the last message to the address.
    complaint = by_mailgun("complained", "bob@example.com", "e2", message={})
    await cast.nobody.post(path, json=complaint)
    # And without any message it is the address alone.
    unknown = by_mailgun("complained", "carl@example.com", "e3", message={})
    await cast.nobody.post(path, json=unknown)
    delivered = by_mailgun("delivered", "bob@example.com", "e4", message={})
    await cast.nobody.post(path, json=delivered)
    assert await fates(rt, source_id) == {ann: ("bounced", "no_mailbox"), bob: ("sent", "")}
    assert await stopped(rt, workspace, "ann") is SuppressionReason.HARD_BOUNCE
    for name in ("bob", "carl"):
        assert await stopped(rt, workspace, name) is SuppressionReason.COMPLAINT
    async with rt.db.begin() as tx:
        states = await consent_states(tx, workspace_id=workspace.id, profile_id=bob)
    assert {one.state for one in states if one.channel == "email"} == {State.WITHDRAWN}
    assert [kind.value for kind in await kept(rt, workspace)] == [
        "complaint",
        "complaint",
        "bounce",
    ]
    facts = await facts_of(rt, source_id)
    assert (facts["bounced"], facts["complained"]) == ({"no_mailbox": 1}, {"abuse": 1})

    forged = {**dead, "signature": {**dead["signature"], "signature": "0" * 64}}
    assert (await cast.nobody.post(path, json=forged)).status_code == 401
    assert (await cast.nobody.post(path, content=b"no json")).status_code in (400, 422)
    assert (await cast.nobody.post(f"{path}x", json=dead)).status_code == 404
    assert [hook["provider"] for hook in (await cast.owner.get(HOOKS)).json()] == ["mailgun"]
    assert (await cast.stranger.get(HOOKS)).json() == []
    assert (await cast.stranger.delete(f"{HOOKS}/mailgun")).status_code == 404
    assert (await cast.owner.delete(f"{HOOKS}/mailgun")).status_code == 204
    assert (await cast.nobody.post(path, json=dead)).status_code == 404


async def test_amazon_is_believed_by_its_certificate_and_its_topic(
    rt: Runtime, cast: Cast, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await cast.owner.put(f"{HOOKS}/ses", json={})
    path = made.json()["url"].removeprefix("http://otklik.test")
    await make_people(rt, workspace, ["ann"])
    sns, asked = Sns(), []

    async def answer(_self: object, method: str, url: str, **_: Any) -> Any:
        asked.append((method, url))
        return Answer(200, {}, sns.certificate, 1)

    monkeypatch.setattr(type(rt.outgoing), "send", answer)
    base = "https://sns.eu-west-1.amazonaws.com"
    common = {
        "MessageId": "m",
        "TopicArn": "arn:aws:sns:eu-west-1:1:mail",
        "Timestamp": "2026-06-15T12:00:00.000Z",
    }

    def spoken(**message: str) -> bytes:
        signed = sns.signed({**common, **message})
        return json.dumps({**signed, "SigningCertURL": f"{base}/{workspace.id}.pem"}).encode()

    confirmation = spoken(
        Type="SubscriptionConfirmation", Message="hi", Token="t", SubscribeURL=f"{base}/?confirm"
    )
    assert (await cast.nobody.post(path, content=confirmation)).json() == {"taken": 0}
    assert asked == [("GET", f"{base}/{workspace.id}.pem"), ("GET", f"{base}/?confirm")]
    person = {"complainedRecipients": [{"emailAddress": "ann@example.com"}]}
    notice = json.dumps(ses("Complaint", complaint=person))
    good = spoken(Type="Notification", Message=notice)
    assert (await cast.nobody.post(path, content=good)).json() == {"taken": 1}
    assert await stopped(rt, workspace, "ann") is SuppressionReason.COMPLAINT
    # Amazon signs for everybody: a topic of somebody else is not believed.
    foreign = spoken(Type="Notification", Message=notice, TopicArn="arn:aws:sns:eu-west-1:2:evil")
    elsewhere = good.replace(b"sns.eu-west-1", b"evil.example/sns")
    for bad in (foreign, elsewhere, good.replace(b"ann@", b"bob@")):
        assert (await cast.nobody.post(path, content=bad)).status_code == 401
    assert len(asked) == 2
    assert await stopped(rt, workspace, "bob") is None


async def test_sendgrid_gives_its_key_after_it_has_the_address(
    rt: Runtime, cast: Cast, workspace: Workspace
) -> None:
    made = (await cast.owner.put(f"{HOOKS}/sendgrid", json={})).json()
    path = made["url"].removeprefix("http://otklik.test")
    assert made["hook"]["has_secret"] is False
    assert (await cast.nobody.get(path)).status_code == 200
    assert (await cast.nobody.get(f"{path}x")).status_code == 404
    dropped = [{"event": "dropped", "email": "dora@example.com", "reason": "Bounced Address"}]
    assert (await cast.nobody.post(path, json=dropped)).json() == {"taken": 1}
    assert await stopped(rt, workspace, "dora") is SuppressionReason.HARD_BOUNCE
    # From now on a report must be signed, at the same address.
    for person, status in ((cast.stranger, 404), (cast.marketer, 403), (cast.owner, 200)):
        answer = await person.patch(f"{HOOKS}/sendgrid", json={"secret": "MFkw"})
        assert answer.status_code == status
    assert (await cast.nobody.post(path, json=dropped)).status_code == 401


async def test_a_report_finds_its_message_by_the_return_path(
    rt: Runtime, cast: Cast, workspace: Workspace
) -> None:
    made = await cast.owner.put(f"{HOOKS}/mailgun", json={"secret": "key"})
    (ann,) = await make_people(rt, workspace, ["ann"])
    async with MailServer() as server:
        first = await send(rt, server, workspace, [ann])
        await send(rt, server, workspace, [ann])
    back = way_back(rt, await message_of(rt, first, ann))
    full = {"code": 552, "message": "5.2.2 mailbox full"}
    report = by_mailgun(
        "failed",
        "ann@example.com",
        "r1",
        severity="permanent",
        message={},
        envelope={"sender": back},
        **{"delivery-status": full},
    )
    path = made.json()["url"].removeprefix("http://otklik.test")
    assert (await cast.nobody.post(path, json=report)).json() == {"taken": 1}
    # Not the last letter to the address, but the one that the report is about.
    assert await fates(rt, first) == {ann: ("bounced", "mailbox_full")}
