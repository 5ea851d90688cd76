"""Marks: a sending service gives back which letter an event is about, in its published form."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import dkim
import pytest

from otklik.channels.email.dkim import new_key, public_record
from otklik.channels.email.frame import WireLetter, build_frame
from otklik.channels.email.relays.marks import marked, service_of
from otklik.channels.email.returns.verp import ReturnRef, read_mark, reply_address, return_address
from otklik.channels.email.smtp.connection import transparent
from otklik.channels.email.verdicts.reports import NAMES, Provider, read_reports
from otklik.runtime.public import Signer
from tests.channels.email.test_frame import identity
from tests.channels.email.test_returns_reports import ANN, mailgun, ses, unisender

P = Provider
SIGNER = Signer(b"only for these tests")
BACK = return_address(SIGNER, "shop.example", workspace_id=7, message_id=1_234_567)
MARK = BACK.partition("@")[0]


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("email-smtp.eu-central-1.amazonaws.com", P.SES),
        ("Email-SMTP-fips.us-gov-west-1.amazonaws.com.", P.SES),
        ("vpce-0a1b-c2d3.email-smtp.us-east-1.vpce.amazonaws.com", P.SES),
        ("smtp.mailgun.org", P.MAILGUN),
        ("smtp.eu.mailgun.org", P.MAILGUN),
        ("smtp.postmarkapp.com", P.POSTMARK),
        ("smtp-broadcasts.postmarkapp.com", P.POSTMARK),
        ("smtp.sendgrid.net", P.SENDGRID),
        ("smtp.go2.unisender.ru", P.UNISENDER_GO),
        ("mx.shop.example", None),
        ("127.0.0.1", None),
        ("smtp.mailgun.org.evil.example", None),
        ("evil-smtp.sendgrid.net", None),
        ("ec2-1-2-3-4.eu-central-1.compute.amazonaws.com", None),
        ("", None),
    ],
)
def test_a_service_is_known_by_the_name_of_its_server(host: str, service: Provider | None) -> None:
    assert service_of(host) is service


HEADERS: dict[Provider, dict[str, str]] = {
    P.SES: {"X-SES-MESSAGE-TAGS": f"otklik={MARK}"},
    P.MAILGUN: {"X-Mailgun-Variables": f'{{"otklik": "{MARK}"}}'},
    P.POSTMARK: {"X-PM-Metadata-otklik": MARK, "X-PM-KeepID": "true"},
    P.SENDGRID: {"X-SMTPAPI": f'{{"unique_args": {{"otklik": "{MARK}"}}}}'},
    P.UNISENDER_GO: {"X-UNISENDER-GO": f'{{"global_metadata": {{"otklik": "{MARK}"}}}}'},
}


@pytest.mark.parametrize("service", P)
def test_a_letter_to_a_service_carries_its_mark_and_is_signed_as_before(service: Provider) -> None:
    key = new_key("shop.example", "otklik")
    letter = build_frame(sender=identity(key=key)).render(
        to_address=ANN, subject="Hello", text="x", html="x", message_id="t0k3n",
        date=datetime(2026, 6, 15, tzinfo=UTC),
    )  # fmt: skip
    data = marked(letter, service, BACK)
    assert transparent(data) is data, "it is ready for the wire as it is"
    assert max(map(len, data.split(b"\r\n"))) <= 78
    told = message_from_bytes(data)
    assert {name: told[name] for name in HEADERS[service]} == HEADERS[service]
    assert len(told.keys()) == len(message_from_bytes(letter).keys()) + len(HEADERS[service])
    record = public_record(key).encode()
    # On its way there, and when the service has taken its header off.
    for one in (data, bytes(letter)):
        assert dkim.verify(one, dnsfunc=lambda name, timeout=5: record)
    # Nobody else's server gets a header that means nothing to it, or something else.
    assert marked(letter, None, BACK) is letter
    for strange in ("", MARK, f"{MARK}\r\nBcc: x@shop.example", "a b@shop.example"):
        assert marked(letter, service, strange) is letter
    assert type(marked(b"To: x\n\n.", service, BACK)) is not WireLetter
    assert NAMES[service]


def test_a_mark_leads_back_to_its_message_alone() -> None:
    assert read_mark(SIGNER, MARK) == ReturnRef(7, 1_234_567)
    assert read_mark(SIGNER, f" {MARK.upper()} ") == ReturnRef(7, 1_234_567)
    reply = reply_address(SIGNER, "shop.example", workspace_id=7, sender_id=identity().sender_id)
    for other in ("", MARK[:-1], "b-" + "a" * 24, BACK, reply.partition("@")[0]):
        assert read_mark(SIGNER, other) is None
    assert read_mark(Signer(b"another installation's"), MARK) is None


def _unisender() -> dict[str, Any]:
    tree = unisender("hard_bounced", "550 5.1.1 No such user")
    tree["events_by_user"][0]["events"][0]["event_data"]["metadata"] = {"otklik": MARK}
    return tree


_BOUNCED = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": ANN}]}
_OF_SES = ses("", bounce=_BOUNCED)
# Each as its service publishes it; sources as in `verdicts/reports.py`.
TOLD: list[tuple[Provider, Any]] = [
    (
        P.SES,
        {
            "eventType": "Bounce",
            "bounce": _BOUNCED,
            "mail": {
                **_OF_SES["mail"],
                "tags": {
                    "ses:configuration-set": ["letters"],
                    "ses:from-domain": ["shop.example"],
                    "otklik": [MARK],
                },
            },
        },
    ),
    (P.MAILGUN, mailgun("complained", **{"user-variables": {"otklik": MARK}})),
    (
        P.POSTMARK,
        {
            "RecordType": "Bounce",
            "MessageStream": "broadcast",
            "ID": 4323372036854775807,
            "Type": "HardBounce",
            "TypeCode": 1,
            "Name": "Hard bounce",
            "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
            "Email": ANN,
            "From": "hello@shop.example",
            "BouncedAt": "2026-06-15T12:00:00Z",
            "Inactive": True,
            "Metadata": {"otklik": MARK},
        },
    ),
    (
        P.SENDGRID,
        [
            {
                "email": ANN,
                "timestamp": 1781524800,
                "event": "spamreport",
                "sg_event_id": "ZGVmZXJyZWQ",
                "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
                "otklik": MARK,
            }
        ],
    ),
    (P.UNISENDER_GO, _unisender()),
]


@pytest.mark.parametrize(("service", "tree"), TOLD)
def test_an_event_tells_the_mark_of_its_letter(service: Provider, tree: Any) -> None:
    (report,) = read_reports(service, json.dumps(tree).encode())
    assert report.mark == MARK
    # Whatever stands in its place does no harm.
    others: list[Any] = [None, 5, [], [{}], {"a": 1}, "x" * 9_000]
    for strange in others:
        text = json.dumps(tree).replace(f'"{MARK}"', json.dumps(strange))
        (report,) = read_reports(service, text.encode())
        assert read_mark(SIGNER, report.mark) is None
