"""The words of returned mail: verdicts, reasons, and what a mail is about."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from otklik.kit.i18n import Text

DIAGNOSTIC_CHARS: Final = 500


class ReturnVerdict(StrEnum):
    """What a returned mail says about one recipient."""

    HARD = "hard"  # the address takes no mail and will not: it gets no more
    SOFT = "soft"  # not delivered, or not yet, for a reason that may pass
    COMPLAINT = "complaint"  # the person told the mail provider that the letter is unwanted
    AUTO_REPLY = "auto_reply"  # a program answered for the person: absence notes and the like
    NONE = "none"  # nothing of these


class ReturnReason(StrEnum):
    """Why, in the words of `ReplyKind` for refusals and in words of its own for the rest."""

    NO_MAILBOX = "no_mailbox"
    NO_DOMAIN = "no_domain"
    MOVED = "moved"
    MAILBOX_DISABLED = "mailbox_disabled"
    MAILBOX_FULL = "mailbox_full"
    FILTERED = "filtered"
    SPAM = "spam"
    POLICY = "policy"
    RATE = "rate"
    TOO_BIG = "too_big"
    AUTHENTICATION = "authentication"
    CONTENT = "content"
    SERVER = "server"
    NETWORK = "network"
    EXPIRED = "expired"
    LOOP = "loop"
    OTHER = "other"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    CHALLENGE = "challenge"
    RECEIPT = "receipt"
    ABUSE = "abuse"
    FRAUD = "fraud"
    VIRUS = "virus"
    OPT_OUT = "opt_out"
    NOT_SPAM = "not_spam"
    AUTH_FAILURE = "auth_failure"
    ABSENCE = "absence"
    AUTOMATIC = "automatic"


VERDICT_TEXTS: Final[dict[ReturnVerdict, Text]] = {
    ReturnVerdict.HARD: Text(en="hard bounce", ru="окончательный возврат"),
    ReturnVerdict.SOFT: Text(en="soft bounce", ru="временный возврат"),
    ReturnVerdict.COMPLAINT: Text(en="complaint", ru="жалоба"),
    ReturnVerdict.AUTO_REPLY: Text(en="automatic reply", ru="автоответ"),
    ReturnVerdict.NONE: Text(en="no verdict", ru="ничего из этого"),
}

REASON_TEXTS: Final[dict[ReturnReason, Text]] = {
    ReturnReason.NO_MAILBOX: Text(en="there is no such mailbox", ru="такого ящика нет"),
    ReturnReason.NO_DOMAIN: Text(
        en="the domain does not exist or takes no mail",
        ru="домена нет, или он не принимает почту",
    ),
    ReturnReason.MOVED: Text(en="the mailbox has moved", ru="ящик переехал"),
    ReturnReason.MAILBOX_DISABLED: Text(en="the mailbox is switched off", ru="ящик отключён"),
    ReturnReason.MAILBOX_FULL: Text(en="the mailbox is full", ru="ящик переполнен"),
    ReturnReason.FILTERED: Text(
        en="refused after the letter was read, by a filter or the recipient's rules",
        ru="отказано после чтения письма: фильтром или правилами получателя",
    ),
    ReturnReason.SPAM: Text(
        en="refused for its content or the sender's reputation",
        ru="отказано из-за содержания или репутации отправителя",
    ),
    ReturnReason.POLICY: Text(
        en="refused by a rule of the server", ru="отказано по правилам сервера"
    ),
    ReturnReason.RATE: Text(en="too many letters at once", ru="слишком много писем сразу"),
    ReturnReason.TOO_BIG: Text(en="the letter is too big", ru="письмо слишком большое"),
    ReturnReason.AUTHENTICATION: Text(
        en="the login at the relay failed", ru="вход на почтовый сервер не удался"
    ),
    ReturnReason.CONTENT: Text(
        en="the letter is not acceptable as it is", ru="письмо в таком виде не принимают"
    ),
    ReturnReason.SERVER: Text(
        en="a fault of the recipient's server", ru="неполадка на сервере получателя"
    ),
    ReturnReason.NETWORK: Text(
        en="the server could not be reached", ru="до сервера не удалось дойти"
    ),
    ReturnReason.EXPIRED: Text(
        en="the server tried for a long time and gave up",
        ru="сервер долго пробовал и перестал",
    ),
    ReturnReason.LOOP: Text(en="the letter went in circles", ru="письмо ходило по кругу"),
    ReturnReason.OTHER: Text(en="refused without a clear cause", ru="отказано без ясной причины"),
    ReturnReason.DELAYED: Text(
        en="not delivered yet, the server goes on trying",
        ru="пока не доставлено, сервер продолжает пробовать",
    ),
    ReturnReason.DELIVERED: Text(en="delivered", ru="доставлено"),
    ReturnReason.CHALLENGE: Text(
        en="the recipient's filter asks the sender to prove himself",
        ru="фильтр получателя просит отправителя подтвердить себя",
    ),
    ReturnReason.RECEIPT: Text(en="a receipt of reading", ru="уведомление о прочтении"),
    ReturnReason.ABUSE: Text(en="reported as unwanted", ru="отмечено как спам"),
    ReturnReason.FRAUD: Text(en="reported as fraud", ru="отмечено как мошенничество"),
    ReturnReason.VIRUS: Text(en="reported as a virus", ru="отмечено как вирус"),
    ReturnReason.OPT_OUT: Text(
        en="asked to be unsubscribed through the mail provider",
        ru="просьба об отписке через почтового провайдера",
    ),
    ReturnReason.NOT_SPAM: Text(en="reported as wanted", ru="отмечено: не спам"),
    ReturnReason.AUTH_FAILURE: Text(
        en="a report about failed SPF, DKIM or DMARC",
        ru="отчёт о непройденной проверке SPF, DKIM или DMARC",
    ),
    ReturnReason.ABSENCE: Text(en="an absence note", ru="сообщение об отсутствии"),
    ReturnReason.AUTOMATIC: Text(en="an automatic answer", ru="автоматический ответ"),
}


class RecipientVerdict(msgspec.Struct, frozen=True):
    """The verdict on one recipient.

    address: lower-case domain; "" when the mail doesn't name it (feedback loops often don't).
    status: the enhanced code (RFC 3463) as the mail has it, "" when it has none.
    diagnostic: what the server said, at most 500 characters.
    """

    address: str
    verdict: ReturnVerdict
    status: str
    reason: ReturnReason
    diagnostic: str = ""


class Original(msgspec.Struct, frozen=True):
    """The letter that the mail is about, as far as it was returned; "" for what is not known."""

    message_id: str = ""
    return_path: str = ""
    feedback_id: str = ""
    subject: str = ""
    recipients: tuple[str, ...] = ()


class ReturnedMail(msgspec.Struct, frozen=True):
    """What a mail that came back means.

    recipients: one verdict each; none for a mail that is neither a report nor written by a
    program. `original` is the letter it speaks of. `automatic`: a program wrote it, so nobody must
    be sent an answer. `in_reply_to` are the Message-IDs that it answers;
    `sent_to` are the addresses that its head says it was sent to, the envelope's first.
    """

    recipients: tuple[RecipientVerdict, ...]
    original: Original = Original()
    automatic: bool = False
    in_reply_to: tuple[str, ...] = ()
    sent_to: tuple[str, ...] = ()
    subject: str = ""
    sender: str = ""
