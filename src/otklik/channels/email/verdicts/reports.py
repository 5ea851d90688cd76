"""What sending services report over HTTP, in their published formats; pure.

Amazon SES   docs.aws.amazon.com/ses/latest/dg/notification-contents.html (by way of SNS)
Mailgun      documentation.mailgun.com/docs/mailgun/user-manual/events/event-types, and webhooks
Postmark     postmarkapp.com/developer/webhooks (bounce, spam complaint, subscription change)
SendGrid     www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
UniSender Go godocs.unisender.ru/web-api-ref#callback-format

What their words stand for is in `service_words`.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Any, Final

import msgspec

from otklik.channels.email.verdicts.addresses import address_in
from otklik.channels.email.verdicts.answers import meaning_of
from otklik.channels.email.verdicts.model import (
    DIAGNOSTIC_CHARS,
    RecipientVerdict,
    ReturnReason,
    ReturnVerdict,
)
from otklik.channels.email.verdicts.original import message_id
from otklik.channels.email.verdicts.providers import ses_verdicts
from otklik.channels.email.verdicts.service_words import (
    MAILGUN_SUPPRESSED,
    POSTMARK_BOUNCES,
    POSTMARK_SUPPRESSED,
    SENDGRID_DROPPED,
    UNISENDER_OF_ADDRESS,
    UNISENDER_OTHERS,
    Meant,
)

EVENTS_MAX: Final = 2_000
MARK: Final = "otklik"
"""The name under which a service gives back the mark of a letter (`relays/marks.py`)."""


class Provider(StrEnum):
    """The sending services whose reports are understood."""

    SES = "ses"
    MAILGUN = "mailgun"
    POSTMARK = "postmark"
    SENDGRID = "sendgrid"
    UNISENDER_GO = "unisender_go"


NAMES: Final = {
    Provider.SES: "Amazon SES",
    Provider.MAILGUN: "Mailgun",
    Provider.POSTMARK: "Postmark",
    Provider.SENDGRID: "SendGrid",
    Provider.UNISENDER_GO: "UniSender Go",
}


class ProviderReport(msgspec.Struct, frozen=True):
    """One event of a provider. `key` names it, so that a repeat is recognised.

    return_path: the letter's envelope sender, where the service tells it: it names our message.
    mark: what we gave the service with the letter, to be told again; it names our message too.
    """

    key: str
    verdict: RecipientVerdict
    message_ids: tuple[str, ...]
    source: bytes
    return_path: str = ""
    mark: str = ""


class UnreadableReport(Exception):
    """The body is not what the provider publishes."""


def read_reports(provider: Provider, body: bytes) -> list[ProviderReport]:
    """Return the events of one call that say something about a recipient.

    body: of SES, the notice inside the message of SNS. Raises: UnreadableReport.
    """
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableReport("not JSON") from error
    if not isinstance(tree, dict | list):
        raise UnreadableReport("neither an object nor a list")
    return _READERS[provider](tree)[:EVENTS_MAX]


def _ses(tree: Any) -> list[ProviderReport]:
    if not isinstance(tree, dict):
        raise UnreadableReport("not an object")
    found = ses_verdicts(tree)
    if found is None:
        return []
    verdicts, original = found
    mail = tree.get("mail")
    number = str(mail.get("messageId") or "") if isinstance(mail, dict) else ""
    ids = (original.message_id,) if original.message_id else ()
    told = _dict(_dict(mail).get("tags")).get(MARK)
    # A tag has a list of values.
    mark = _text({MARK: told[0]}, MARK) if isinstance(told, list) and told else ""
    return [
        _report(
            f"{number}:{one.verdict}:{one.reason}:{one.address}",
            one,
            ids,
            tree,
            return_path=original.return_path,
            mark=mark,
        )
        for one in verdicts
    ]


def _mailgun(tree: Any) -> list[ProviderReport]:
    event = _dict(_dict(tree).get("event-data"))
    name, said = _text(event, "event"), _dict(event.get("delivery-status"))
    address = address_in(_text(event, "recipient"))
    words = " ".join(
        part
        for part in (_text(said, "code"), _text(said, "message"), _text(said, "description"))
        if part
    )
    listed = MAILGUN_SUPPRESSED.get(_text(event, "reason"))
    if name == "failed" and listed is not None:
        verdict = _meant(address, listed, words)
    elif name == "failed":
        final = _text(event, "severity") == "permanent"
        verdict = _refused(address, words, _text(said, "enhanced-code"), final=final)
    elif name == "complained":
        verdict = _complaint(address, ReturnReason.ABUSE)
    elif name == "unsubscribed":
        verdict = _complaint(address, ReturnReason.OPT_OUT)
    elif name == "delivered":
        verdict = _delivered(address)
    else:
        return []
    headers = _dict(_dict(event.get("message")).get("headers"))
    ids, sender = _ids(_text(headers, "message-id")), _text(_dict(event.get("envelope")), "sender")
    mark = _text(_dict(event.get("user-variables")), MARK)
    return [_report(_text(event, "id"), verdict, ids, event, return_path=sender, mark=mark)]


def _postmark(tree: Any) -> list[ProviderReport]:
    event = _dict(tree)
    kind = _text(event, "RecordType")
    address = address_in(_text(event, "Email") or _text(event, "Recipient"))
    if kind == "Delivery":
        verdict = _delivered(address)
    elif kind in ("Bounce", "SpamComplaint"):
        name = _text(event, "Type") if kind == "Bounce" else kind
        words = _text(event, "Details") or _text(event, "Description")
        meant = POSTMARK_BOUNCES.get(name)
        if meant is None:
            return []
        verdict = _meant(address, meant, words)
    elif kind == "SubscriptionChange" and event.get("SuppressSending") is True:
        why = (_text(event, "SuppressionReason"), _text(event, "Origin"))
        meant = POSTMARK_SUPPRESSED.get(why)
        if meant is None:
            return []
        verdict = _meant(address, meant, "")
    else:
        return []
    key = (
        f"{kind}:{_text(event, 'ID')}:{_text(event, 'MessageID')}:{address}"
        f":{_text(event, 'ChangedAt')}"
    )
    told = _dict(event.get("Metadata"))
    ids, mark = _ids(_text(told, "message-id")), _text(told, MARK)
    return [_report(key, verdict, ids, event, mark=mark)]


def _sendgrid(tree: Any) -> list[ProviderReport]:
    out: list[ProviderReport] = []
    for item in (tree if isinstance(tree, list) else [tree])[:EVENTS_MAX]:
        event = _dict(item)
        name, address = _text(event, "event"), address_in(_text(event, "email"))
        words, status = _text(event, "reason"), _text(event, "status")
        if name == "bounce":
            verdict = _refused(address, words, status, final=True)
            if _text(event, "type") == "blocked" and verdict.verdict is ReturnVerdict.HARD:
                verdict = msgspec.structs.replace(verdict, verdict=ReturnVerdict.SOFT)
            elif _text(event, "bounce_classification") == "Invalid Address" and (
                verdict.reason is ReturnReason.OTHER
            ):
                verdict = _meant(address, (ReturnVerdict.HARD, ReturnReason.NO_MAILBOX), words)
        elif name == "dropped":
            dropped = SENDGRID_DROPPED.get(words.strip().lower())
            verdict = _meant(address, dropped or (ReturnVerdict.SOFT, ReturnReason.POLICY), words)
        elif name == "deferred":
            verdict = _refused(address, _text(event, "response"), status, final=False)
        elif name == "spamreport":
            verdict = _complaint(address, ReturnReason.ABUSE)
        elif name in ("unsubscribe", "group_unsubscribe"):
            verdict = _complaint(address, ReturnReason.OPT_OUT)
        elif name == "delivered":
            verdict = _delivered(address)
        else:
            continue
        ids = _ids(_text(event, "smtp-id"))
        mark = _text(event, MARK)
        out.append(_report(_text(event, "sg_event_id"), verdict, ids, event, mark=mark))
    return out


def _unisender_go(tree: Any) -> list[ProviderReport]:
    out: list[ProviderReport] = []
    users = _dict(tree).get("events_by_user")
    for user in users[:100] if isinstance(users, list) else ():
        events = _dict(user).get("events")
        for item in events[:EVENTS_MAX] if isinstance(events, list) else ():
            if _text(_dict(item), "event_name") != "transactional_email_status":
                continue
            event = _dict(_dict(item).get("event_data"))
            state, address = _text(event, "status"), address_in(_text(event, "email"))
            if state in ("hard_bounced", "soft_bounced"):
                said = _dict(event.get("delivery_info"))
                verdict = _bounced_at_unisender(address, state == "hard_bounced", said)
            elif state == "spam":
                verdict = _complaint(address, ReturnReason.ABUSE)
            elif state == "unsubscribed":
                verdict = _complaint(address, ReturnReason.OPT_OUT)
            elif state == "delivered":
                verdict = _delivered(address)
            else:
                continue
            key = f"{_text(event, 'job_id')}:{state}:{address}:{_text(event, 'event_time')}"
            told = _dict(event.get("metadata"))
            ids, mark = _ids(_text(told, "message-id")), _text(told, MARK)
            out.append(_report(key, verdict, ids, event, mark=mark))
    return out


def _bounced_at_unisender(address: str, hard: bool, said: dict[str, Any]) -> RecipientVerdict:
    """Judge a bounce by what the service found out, else by what the receiving server said."""
    found = _text(said, "delivery_status")
    words = _text(said, "destination_response") or found
    if (reason := UNISENDER_OF_ADDRESS.get(found)) is not None:
        return _meant(address, (ReturnVerdict.HARD if hard else ReturnVerdict.SOFT, reason), words)
    if (reason := UNISENDER_OTHERS.get(found)) not in (None, ReturnReason.OTHER):
        return _meant(address, (ReturnVerdict.SOFT, reason), words)
    verdict = _refused(address, words, "", final=True)
    if not hard or verdict.verdict is ReturnVerdict.HARD:
        return msgspec.structs.replace(
            verdict, verdict=ReturnVerdict.HARD if hard else ReturnVerdict.SOFT
        )
    # The service gives the address up, and the server's words blame nothing else.
    gives_up = verdict.reason is ReturnReason.OTHER
    return msgspec.structs.replace(verdict, verdict=ReturnVerdict.HARD) if gives_up else verdict


_READERS: Final = {
    Provider.SES: _ses,
    Provider.MAILGUN: _mailgun,
    Provider.POSTMARK: _postmark,
    Provider.SENDGRID: _sendgrid,
    Provider.UNISENDER_GO: _unisender_go,
}


def _refused(address: str, words: str, status: str, *, final: bool) -> RecipientVerdict:
    if not final:
        return RecipientVerdict(
            address, ReturnVerdict.SOFT, status, ReturnReason.DELAYED, words[:DIAGNOSTIC_CHARS]
        )
    meaning = meaning_of(words, status=status)
    return RecipientVerdict(
        address,
        ReturnVerdict.HARD if meaning.hard else ReturnVerdict.SOFT,
        meaning.status,
        meaning.reason,
        words[:DIAGNOSTIC_CHARS],
    )


def _complaint(address: str, reason: ReturnReason) -> RecipientVerdict:
    return RecipientVerdict(address, ReturnVerdict.COMPLAINT, "", reason)


def _delivered(address: str) -> RecipientVerdict:
    return RecipientVerdict(address, ReturnVerdict.NONE, "", ReturnReason.DELIVERED)


def _meant(address: str, meant: Meant, words: str) -> RecipientVerdict:
    """Return a verdict that a service's own word gives; the server's answer may name the reason."""
    verdict, reason = meant
    meaning = meaning_of(words)
    return RecipientVerdict(
        address, verdict, meaning.status, reason or meaning.reason, words[:DIAGNOSTIC_CHARS]
    )


def _report(
    key: str,
    verdict: RecipientVerdict,
    ids: tuple[str, ...],
    event: Any,
    *,
    return_path: str = "",
    mark: str = "",
) -> ProviderReport:
    source = json.dumps(event, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    key = key or hashlib.sha256(source).hexdigest()
    return ProviderReport(key, verdict, ids, source, return_path, mark)


def _ids(value: str) -> tuple[str, ...]:
    found = message_id(value)
    return (found,) if found else ()


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(tree: dict[str, Any], name: str) -> str:
    value = tree.get(name)
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    return str(value)[:4_000]
