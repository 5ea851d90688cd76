"""What sending services report, in their published formats, and whether it is really from them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.channels.email.returns.proofs import (
    is_from_mailgun,
    is_from_sendgrid,
    is_from_unisender_go,
    is_sns_address,
    is_sns_message,
)
from otklik.channels.email.verdicts import ReturnReason, ReturnVerdict
from otklik.channels.email.verdicts.reports import Provider, UnreadableReport, read_reports

P, V, R = Provider, ReturnVerdict, ReturnReason
ANN = "ann@mail.example"
ID = "t0k3n@shop.example"


def ses(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "notificationType": kind,
        "mail": {
            "messageId": "0100-abc",
            "destination": [ANN],
            "commonHeaders": {"messageId": f"<{ID}>", "subject": "News"},
        },
        **more,
    }


def mailgun(event: str, **more: Any) -> dict[str, Any]:
    data = {
        "event": event,
        "id": "ev1",
        "recipient": ANN,
        "message": {"headers": {"message-id": ID}},
        **more,
    }
    return {"signature": {}, "event-data": data}


def ses_bounce(kind: str, sub: str) -> dict[str, Any]:
    """A bounce without an answer of the receiving server, as Amazon publishes it."""
    bounce = {
        "bounceType": kind,
        "bounceSubType": sub,
        "bouncedRecipients": [{"emailAddress": ANN}],
        "timestamp": "2026-06-15T12:00:00.000Z",
        "feedbackId": "0100-feed",
    }
    return ses("Bounce", bounce=bounce)


def ses_complaint(kind: str) -> dict[str, Any]:
    person = {"complainedRecipients": [{"emailAddress": ANN}], "complaintFeedbackType": kind}
    return ses("Complaint", complaint=person)


LISTED: dict[str, Any] = {
    "reason": "suppress-bounce",
    "delivery-status": {
        "code": 605,
        "message": "",
        "description": "Not delivering to previously bounced address",
    },
}


def postmark(kind: str, details: str) -> dict[str, Any]:
    return {"RecordType": "Bounce", "ID": 1, "Type": kind, "Email": ANN, "Details": details}


def suppressed(reason: str, origin: str = "Recipient") -> dict[str, Any]:
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": None,
        "ChangedAt": "2026-06-15T12:00:00Z",
        "Recipient": ANN,
        "Origin": origin,
        "SuppressSending": True,
        "SuppressionReason": reason,
    }


def dropped(reason: str) -> list[dict[str, Any]]:
    event = {"event": "dropped", "email": ANN, "sg_event_id": "d", "smtp-id": f"<{ID}>"}
    return [{**event, "reason": reason, "status": "5.0.0"}]


def unisender(status: str, said: str = "", found: str = "err") -> dict[str, Any]:
    data = {
        "job_id": "1a",
        "email": ANN,
        "status": status,
        "event_time": "2026-06-15 12:00:00",
        "delivery_info": {"delivery_status": found, "destination_response": said},
    }
    event = {"event_name": "transactional_email_status", "event_data": data}
    return {"auth": "0" * 32, "events_by_user": [{"user_id": 1, "events": [event]}]}


CASES: list[tuple[Provider, Any, ReturnVerdict, ReturnReason, bool]] = [
    (
        P.SES,
        ses(
            "Bounce",
            bounce={
                "bounceType": "Permanent",
                "bouncedRecipients": [
                    {
                        "emailAddress": ANN,
                        "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                    }
                ],
            },
        ),
        V.HARD,
        R.NO_MAILBOX,
        True,
    ),
    (
        P.SES,
        ses("Complaint", complaint={"complainedRecipients": [{"emailAddress": ANN}]}),
        V.COMPLAINT,
        R.ABUSE,
        True,
    ),
    (P.SES, ses("Delivery", delivery={"recipients": [ANN]}), V.NONE, R.DELIVERED, True),
    (
        P.MAILGUN,
        mailgun(
            "failed",
            severity="permanent",
            **{"delivery-status": {"code": 550, "message": "5.1.1 No such user"}},
        ),
        V.HARD,
        R.NO_MAILBOX,
        True,
    ),
    (P.MAILGUN, mailgun("failed", severity="temporary"), V.SOFT, R.DELAYED, True),
    (P.MAILGUN, mailgun("complained"), V.COMPLAINT, R.ABUSE, True),
    (P.MAILGUN, mailgun("unsubscribed"), V.COMPLAINT, R.OPT_OUT, True),
    (P.MAILGUN, mailgun("delivered"), V.NONE, R.DELIVERED, True),
    (
        P.POSTMARK,
        {
            "RecordType": "Bounce",
            "ID": 42,
            "Type": "HardBounce",
            "Email": ANN,
            "Details": "smtp;550 5.1.1 The email account does not exist",
        },
        V.HARD,
        R.NO_MAILBOX,
        False,
    ),
    (
        P.POSTMARK,
        {"RecordType": "Bounce", "Type": "SoftBounce", "Email": ANN, "Details": "552 5.2.2 full"},
        V.SOFT,
        R.MAILBOX_FULL,
        False,
    ),
    (
        P.POSTMARK,
        {"RecordType": "SpamComplaint", "Email": ANN, "Metadata": {"message-id": f"<{ID}>"}},
        V.COMPLAINT,
        R.ABUSE,
        True,
    ),
    (
        P.SENDGRID,
        [
            {
                "event": "bounce",
                "type": "bounce",
                "email": ANN,
                "sg_event_id": "e1",
                "smtp-id": f"<{ID}>",
                "status": "5.1.1",
                "reason": "550 5.1.1 unknown user",
            },
            {"event": "processed", "email": ANN},
        ],
        V.HARD,
        R.NO_MAILBOX,
        True,
    ),
    (
        P.SENDGRID,
        [
            {
                "event": "bounce",
                "type": "blocked",
                "email": ANN,
                "smtp-id": f"<{ID}>",
                "reason": "550 5.7.1 blocked using zen.spamhaus.org",
            }
        ],
        V.SOFT,
        R.SPAM,
        True,
    ),
    (P.SENDGRID, [{"event": "spamreport", "email": ANN}], V.COMPLAINT, R.ABUSE, False),
    (
        P.UNISENDER_GO,
        unisender("hard_bounced", "550 5.1.1 No such user"),
        V.HARD,
        R.NO_MAILBOX,
        False,
    ),
    (P.UNISENDER_GO, unisender("soft_bounced", "552 5.2.2 full"), V.SOFT, R.MAILBOX_FULL, False),
    (P.UNISENDER_GO, unisender("spam"), V.COMPLAINT, R.ABUSE, False),
    # What the services say in words of their own, without a server's answer.
    (P.SES, ses_bounce("Permanent", "General"), V.HARD, R.NO_MAILBOX, True),
    (P.SES, ses_bounce("Permanent", "OnAccountSuppressionList"), V.HARD, R.NO_MAILBOX, True),
    (P.SES, ses_bounce("Transient", "MailboxFull"), V.SOFT, R.MAILBOX_FULL, True),
    (P.SES, ses_bounce("Transient", "General"), V.SOFT, R.OTHER, True),
    (P.SES, ses_bounce("Undetermined", "Undetermined"), V.SOFT, R.OTHER, True),
    (P.SES, ses_complaint("not-spam"), V.NONE, R.NOT_SPAM, True),
    (P.SES, ses_complaint("auth-failure"), V.COMPLAINT, R.AUTH_FAILURE, True),
    (P.SES, ses_complaint("other"), V.COMPLAINT, R.ABUSE, True),
    (P.MAILGUN, mailgun("failed", severity="permanent", **LISTED), V.HARD, R.NO_MAILBOX, True),
    (
        P.MAILGUN,
        mailgun("failed", severity="permanent", reason="suppress-complaint"),
        V.COMPLAINT,
        R.ABUSE,
        True,
    ),
    (P.POSTMARK, postmark("Blocked", "550 5.7.1 blocked"), V.SOFT, R.SPAM, False),
    (P.POSTMARK, postmark("DnsError", ""), V.SOFT, R.NETWORK, False),
    (P.POSTMARK, postmark("AutoResponder", ""), V.AUTO_REPLY, R.AUTOMATIC, False),
    (P.POSTMARK, suppressed("HardBounce"), V.HARD, R.NO_MAILBOX, False),
    (P.POSTMARK, suppressed("SpamComplaint"), V.COMPLAINT, R.ABUSE, False),
    (P.POSTMARK, suppressed("ManualSuppression"), V.COMPLAINT, R.OPT_OUT, False),
    (P.SENDGRID, dropped("Bounced Address"), V.HARD, R.NO_MAILBOX, True),
    (P.SENDGRID, dropped("Spam Reporting Address"), V.COMPLAINT, R.ABUSE, True),
    (P.SENDGRID, dropped("Unsubscribed Address"), V.COMPLAINT, R.OPT_OUT, True),
    (P.SENDGRID, dropped("Recipient List over Package Quota"), V.SOFT, R.POLICY, True),
    (
        P.UNISENDER_GO,
        unisender("hard_bounced", found="err_user_unknown"),
        V.HARD,
        R.NO_MAILBOX,
        False,
    ),
    (P.UNISENDER_GO, unisender("hard_bounced", found="err_spam_rejected"), V.SOFT, R.SPAM, False),
    (P.UNISENDER_GO, unisender("soft_bounced", found="err_will_retry"), V.SOFT, R.DELAYED, False),
    (
        P.UNISENDER_GO,
        unisender("hard_bounced", found="err_delivery_failed"),
        V.HARD,
        R.OTHER,
        False,
    ),
]


@pytest.mark.parametrize(("provider", "tree", "verdict", "reason", "names"), CASES)
def test_it_reads_the_published_form(
    provider: Provider, tree: Any, verdict: ReturnVerdict, reason: ReturnReason, names: bool
) -> None:
    (report,) = read_reports(provider, json.dumps(tree).encode())
    said = report.verdict
    assert (said.address, said.verdict, said.reason) == (ANN, verdict, reason)
    assert report.message_ids == ((ID,) if names else ())
    assert report.key
    assert json.loads(report.source)


@pytest.mark.parametrize(
    ("provider", "tree"),
    [
        (P.POSTMARK, suppressed("ManualSuppression", "Customer")),
        (P.POSTMARK, {**suppressed("HardBounce"), "SuppressSending": False}),
        (P.POSTMARK, postmark("TemplateRenderingFailed", "")),
        (P.MAILGUN, mailgun("opened")),
        (P.SENDGRID, [{"event": "open", "email": ANN}]),
        (P.UNISENDER_GO, unisender("opened")),
        (P.SES, {"notificationType": "Received", "mail": {}}),
    ],
)
def test_what_says_nothing_of_a_recipient_is_left_alone(provider: Provider, tree: Any) -> None:
    assert read_reports(provider, json.dumps(tree).encode()) == []


@given(st.sampled_from(Provider), st.binary(max_size=200))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_bytes_are_refused_and_do_no_harm(provider: Provider, body: bytes) -> None:
    try:
        read_reports(provider, body)
    except UnreadableReport:
        pass


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(st.sampled_from(CASES), st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fields_of_any_kind_do_no_harm(case: Any, data: st.DataObject) -> None:
    def spoiled(tree: Any) -> Any:
        if data.draw(st.integers(0, 5)) == 0:
            return data.draw(_json)
        if isinstance(tree, dict):
            return {key: spoiled(value) for key, value in tree.items()}
        return [spoiled(value) for value in tree] if isinstance(tree, list) else tree

    try:
        read_reports(case[0], json.dumps(spoiled(case[1])).encode())
    except UnreadableReport:
        pass


def test_mailgun_signs_the_moment_and_a_token() -> None:
    right = hmac.new(b"key", b"1700000000abc", hashlib.sha256).hexdigest()
    good = {"timestamp": "1700000000", "token": "abc", "signature": right}
    assert is_from_mailgun("key", good)
    assert not is_from_mailgun("other", good)
    assert not is_from_mailgun("key", {**good, "token": "abd"})
    assert not is_from_mailgun("key", {})


def test_sendgrid_signs_the_moment_and_the_body() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(
        key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    ).decode()
    body = b'[{"event":"bounce"}]'
    signature = base64.b64encode(key.sign(b"17" + body, ec.ECDSA(hashes.SHA256()))).decode()
    assert is_from_sendgrid(public, "17", signature, body)
    assert not is_from_sendgrid(public, "18", signature, body)
    assert not is_from_sendgrid(public, "17", signature, body + b" ")
    for nonsense in ("", "!", "AAAA"):
        assert not is_from_sendgrid(nonsense, "17", signature, body)
        assert not is_from_sendgrid(public, "17", nonsense, body)


def test_unisender_go_signs_the_body_with_the_key_in_it() -> None:
    frame = '{"auth":"%s","events_by_user":[]}'
    right = hashlib.md5((frame % "api-key").encode(), usedforsecurity=False).hexdigest()
    assert is_from_unisender_go("api-key", (frame % right).encode())
    assert not is_from_unisender_go("other", (frame % right).encode())
    assert not is_from_unisender_go("api-key", (frame % ("0" * 32)).encode())
    assert not is_from_unisender_go("api-key", b"{}")


class Sns:
    """A signer as Amazon's is: a key and its certificate."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def signed(self, message: dict[str, str]) -> dict[str, str]:
        names = (
            ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
            if message["Type"] == "Notification"
            else ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        )
        text = "".join(f"{n}\n{message[n]}\n" for n in names if n in message)
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {
            **message,
            "SignatureVersion": "2",
            "Signature": base64.b64encode(signature).decode(),
        }


def test_sns_signs_what_it_says() -> None:
    sns = Sns()
    message = sns.signed(
        {
            "Type": "Notification",
            "MessageId": "m",
            "TopicArn": "arn:aws:sns:eu-west-1:1:mail",
            "Message": "{}",
            "Timestamp": "2026-06-15T12:00:00.000Z",
        }
    )
    assert is_sns_message(message, sns.certificate)
    assert not is_sns_message({**message, "Message": "{ }"}, sns.certificate)
    assert not is_sns_message({**message, "SignatureVersion": "3"}, sns.certificate)
    assert not is_sns_message({**message, "Signature": "!"}, sns.certificate)
    assert not is_sns_message(message, b"no certificate")
    assert not is_sns_message(message, Sns().certificate)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem", True),
        ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", True),
        ("http://sns.eu-west-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com.evil.example/x.pem", False),
        ("https://evil.example/sns.eu-west-1.amazonaws.com", False),
        ("https://user@sns.eu-west-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com:8443/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com:port/x.pem", False),
        ("https://s3.eu-west-1.amazonaws.com/x.pem", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_addresses_of_sns_are_asked(url: str, good: bool) -> None:
    assert is_sns_address(url) is good
