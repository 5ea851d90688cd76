"""What SMTP answers mean. Texts as large providers write them."""

# ruff: noqa: E501 -- a row of the table is one answer with its meaning

from __future__ import annotations

import pytest

from otklik.channels.email.model import ReplyKind
from otklik.channels.email.replies import classify_reply

K = ReplyKind


@pytest.mark.parametrize(
    ("code", "text", "kind", "suppress"),
    [
        (550, "5.1.1 The email account that you tried to reach does not exist. Please try "
              "double-checking the recipient's email address", K.NO_MAILBOX, True),
        (550, "5.1.1 <a@b.ru>: Recipient address rejected: User unknown in local recipient table",
         K.NO_MAILBOX, True),
        (550, "Message was not accepted -- invalid mailbox.  Local mailbox a@mail.ru is unavailable: "
              "user not found", K.NO_MAILBOX, True),
        (550, "5.7.1 No such user!", K.NO_MAILBOX, True),
        (554, "delivery error: dd This user doesn't have a yahoo.com account (a@yahoo.com) [0]",
         K.NO_MAILBOX, True),
        (550, "5.5.0 Requested action not taken: mailbox unavailable", K.NO_MAILBOX, True),
        (550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)", K.NO_MAILBOX, True),
        (550, "5.2.1 The email account that you tried to reach is disabled.", K.MAILBOX_DISABLED, False),
        (550, "5.2.1 Mailbox is inactive", K.MAILBOX_DISABLED, False),
        (550, "5.2.1 <a@b.ru>... User unknown", K.NO_MAILBOX, True),
        (550, "5.1.6 recipient no longer on server", K.MOVED, True),
        (521, "5.3.2 System not accepting network messages", K.NO_DOMAIN, True),
        (450, "4.3.2 Try again later", K.SERVER, False),
        (550, "5.1.1 Refused due to recipient preferences", K.FILTERED, False),
        (552, "sorry, mailbox a@b.ru is over quota temporarily (#5.1.1)", K.MAILBOX_FULL, False),
        (556, "5.1.10 Domain does not accept mail (nullMX)", K.NO_DOMAIN, True),
        (550, "5.1.2 Host unknown", K.NO_DOMAIN, True),
        (452, "4.2.2 The email account that you tried to reach is over quota", K.MAILBOX_FULL, False),
        (552, "5.2.2 The email account that you tried to reach is over quota.", K.MAILBOX_FULL, False),
        (550, "5.7.1 Our system has detected that this message is likely unsolicited mail.",
         K.SPAM, False),
        (554, "5.7.1 Service unavailable; Client host [1.2.3.4] blocked using zen.spamhaus.org",
         K.SPAM, False),
        (550, "5.1.1 Recipient rejected: message looks like spam", K.SPAM, False),
        (550, "5.7.26 Unauthenticated email from shop.ru is not accepted due to domain's DMARC policy.",
         K.POLICY, False),
        (550, "5.7.1 Email rejected per SPF policy", K.POLICY, False),
        (421, "4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred due to unexpected volume or "
              "user complaints", K.RATE, False),
        (421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", K.RATE, False),
        (450, "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents "
              "additional messages", K.RATE, False),
        (451, "4.7.1 Greylisting in action, please come back later", K.RATE, False),
        (452, "4.5.3 Too many recipients", K.RATE, False),
        (552, "5.3.4 Message size exceeds fixed maximum message size", K.TOO_BIG, False),
        (535, "5.7.8 Error: authentication failed", K.AUTHENTICATION, False),
        (530, "5.7.0 Must issue a STARTTLS command first", K.AUTHENTICATION, False),
        (550, "5.7.1 Relaying denied", K.POLICY, False),
        (554, "5.7.1 <a@b.ru>: Relay access denied", K.POLICY, False),
        (451, "4.3.0 Temporary server error. Please try again later", K.SERVER, False),
        (421, "Service not available, closing transmission channel", K.SERVER, False),
        (550, "Отказано: нет такого пользователя", K.NO_MAILBOX, True),
        (500, "Syntax error", K.CONTENT, False),
        (554, "Transaction failed", K.OTHER, False),
        (450, "4.1.1 <a@b.ru>: Recipient address rejected: unverified address", K.NO_MAILBOX, False),
        (250, "2.0.0 OK", K.OK, False),
        (550, "Your email was not accepted: invalid DKIM signature", K.POLICY, False),
        (554, "The user does not exist or the message is spam", K.SPAM, False),
        (550, "5.1.1.20 is not allowed to send mail to us", K.OTHER, False),
        (554, "IP=94.5.1.1 - None/bad reputation. Ask your postmaster for help", K.SPAM, False),
        (550, "Verification failed for <b-abc@shop.example>\nUnrouteable address\nSender verify failed",
         K.POLICY, False),
        (550, "Requested action not taken: mailbox unavailable. invalid DNS MX or A/AAAA resource "
              "record.", K.POLICY, False),
        (554, "5.7.9 Message not accepted for policy reasons.", K.POLICY, False),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
         K.NO_MAILBOX, True),
        (551, "User not local; please try <c@b.ru>", K.MOVED, True),
        (450, "4.2.1 The user you are trying to contact is receiving mail too quickly.", K.RATE, False),
        (421, "Too many concurrent SMTP connections; please try again later.", K.RATE, False),
        (550, "Mail is rejected by recipients [x 1.2.3.4]", K.FILTERED, False),
        (550, "Пользователь не найден", K.NO_MAILBOX, True),
        (550, "Ящик получателя не существует", K.NO_MAILBOX, True),
        (550, "Адресат неизвестен", K.NO_MAILBOX, True),
        (550, "Адрес отправителя не существует", K.POLICY, False),
        (550, "Почтовый ящик заблокирован", K.MAILBOX_DISABLED, False),
        (552, "Квота почтового ящика исчерпана", K.MAILBOX_FULL, False),
        (550, "Сообщение отклонено как спам: адрес не найден в белом списке", K.SPAM, False),
        (550, "Utilisateur inconnu", K.NO_MAILBOX, True),
        (550, "5.1.1 Unbekannter Empfaenger", K.NO_MAILBOX, True),
    ],
)  # fmt: skip
def test_it_understands_an_answer(code: int, text: str, kind: ReplyKind, suppress: bool) -> None:
    verdict = classify_reply(code, text)
    assert (verdict.kind, verdict.suppress) == (kind, suppress)
    assert verdict.permanent == (code >= 500)


@pytest.mark.parametrize("phase", ["connect", "greeting", "login", "mail"])
def test_an_answer_before_the_recipient_says_nothing_about_him(phase: str) -> None:
    verdict = classify_reply(550, "5.1.1 User unknown", phase=phase)
    assert not verdict.suppress


def test_an_unknown_user_after_the_whole_letter_is_a_filter() -> None:
    verdict = classify_reply(550, "Unknown user a@b.ru", phase="body")
    assert (verdict.kind, verdict.suppress) == (K.FILTERED, False)
    assert classify_reply(550, "5.1.1 Unknown user", phase="body").suppress


def test_it_reads_the_enhanced_code_only_at_the_head() -> None:
    assert classify_reply(550, "5.1.1 no").enhanced == "5.1.1"
    assert classify_reply(550, "x" * 100 + " 5.1.1").enhanced is None
    assert classify_reply(550, "see RFC 15.1.1000").enhanced is None
    assert classify_reply(550, "mail from 1.5.1.1 refused").enhanced is None
