"""What a mail that came back means. The mails here are ours, in the manner of the programs named."""

# ruff: noqa: E501 -- a case is one mail with its meaning

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.channels.email.model import HARD_KINDS, ReplyKind
from otklik.channels.email.verdicts import (
    REASON_TEXTS,
    VERDICT_TEXTS,
    ReturnReason,
    ReturnVerdict,
    judge_return,
    readable_text,
)

V, R = ReturnVerdict, ReturnReason


def report(
    *groups: str, notice: str = "Your letter could not be delivered.", letter: str = ""
) -> str:
    """Make a delivery report as RFC 3464 has it."""
    body = "\n\n".join(("Reporting-MTA: dns; mx.shop.example", *groups))
    original = letter or "Message-ID: <t0k3n@shop.example>\nTo: anna@mail.example\nSubject: News\n"
    return (
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.shop.example>\n"
        "To: b-abc@shop.example\nSubject: Undelivered Mail Returned to Sender\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"\n\n'
        f"--cut\nContent-Type: text/plain; charset=utf-8\n\n{notice}\n\n"
        f"--cut\nContent-Type: message/delivery-status\n\n{body}\n\n"
        f"--cut\nContent-Type: message/rfc822\n\n{original}\nHello.\n--cut--\n"
    )


def group(address: str, status: str, diagnostic: str, action: str = "failed") -> str:
    return (
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {diagnostic}"
    )


def prose(
    subject: str, body: str, *, sender: str = "MAILER-DAEMON@mx.example", more: str = ""
) -> str:
    return (
        f"Return-Path: <>\nFrom: {sender}\nTo: b-abc@shop.example\nSubject: {subject}\n{more}"
        f"Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    )


CASES: dict[str, tuple[str, list[tuple[str, ReturnVerdict, ReturnReason, str]]]] = {
    "postfix, unknown user": (
        report(group("anna@mail.example", "5.1.1", "550 5.1.1 <anna@mail.example>: Recipient address"
                     " rejected: User unknown in local recipient table")),
        [("anna@mail.example", V.HARD, R.NO_MAILBOX, "5.1.1")],
    ),
    "postfix, two recipients of different fate": (
        report(group("anna@mail.example", "5.2.2", "552 5.2.2 Mailbox full"),
               group("ivan@mail.example", "5.1.1", "550 5.1.1 No such user")),
        [("anna@mail.example", V.SOFT, R.MAILBOX_FULL, "5.2.2"),
         ("ivan@mail.example", V.HARD, R.NO_MAILBOX, "5.1.1")],
    ),
    "postfix, still trying": (
        report(group("anna@mail.example", "4.4.1", "connect to mx[192.0.2.1]: Connection timed out",
                     action="delayed")),
        [("anna@mail.example", V.SOFT, R.DELAYED, "4.4.1")],
    ),
    "postfix, delivered": (
        report("Final-Recipient: rfc822; anna@mail.example\nAction: delivered\nStatus: 2.0.0"),
        [("anna@mail.example", V.NONE, R.DELIVERED, "2.0.0")],
    ),
    "a filter that answers after the whole letter": (
        report(group("anna@mail.example", "5.0.0", "550 Unknown user anna@mail.example"),
               notice="<anna@mail.example>: host mx said: 550 Unknown user anna@mail.example (in reply"
                      " to end of DATA command)"),
        [("anna@mail.example", V.SOFT, R.FILTERED, "5.0.0")],
    ),
    "exchange online, not in the directory": (
        report(group("anna@mail.example", "5.4.1", "550 5.4.1 Recipient address rejected: Access denied."
                     " AS(201806281)")),
        [("anna@mail.example", V.HARD, R.NO_MAILBOX, "5.4.1")],
    ),
    "gmail, over quota": (
        report(group("anna@mail.example", "4.2.2", "452-4.2.2 The recipient's inbox is out of storage"
                     " space.\n 452 4.2.2 Please direct the recipient to a page.")),
        [("anna@mail.example", V.SOFT, R.MAILBOX_FULL, "4.2.2")],
    ),
    "gmail, dmarc": (
        report(group("anna@mail.example", "5.7.26", "550-5.7.26 Unauthenticated email from shop.example"
                     " is not accepted due to domain's DMARC policy.")),
        [("anna@mail.example", V.SOFT, R.POLICY, "5.7.26")],
    ),
    "yandex, spam": (
        report(group("anna@mail.example", "5.7.1", "554 5.7.1 [1] Message rejected under suspicion of"
                     " SPAM; https://example.ru/support 1700000000-AbC")),
        [("anna@mail.example", V.SOFT, R.SPAM, "5.7.1")],
    ),
    "exim, prose": (
        prose("Mail delivery failed: returning message to sender",
              "This message was created automatically by mail delivery software.\n\nA message that you"
              " sent could not be delivered. The following address(es) failed:\n\n  anna@mail.example\n"
              "    host mx.mail.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT"
              " TO:<anna@mail.example>:\n    550 5.1.1 No such user\n\n------ This is a copy of the"
              " message. ------\n\nReturn-path: <b-abc@shop.example>\nMessage-ID: <t0k3n@shop.example>\n"
              "To: anna@mail.example\nSubject: News\n"),
        [("anna@mail.example", V.HARD, R.NO_MAILBOX, "5.1.1")],
    ),
    "mail.ru manner, in Russian": (
        prose("Ваше сообщение не доставлено",
              "Это письмо создано автоматически сервером, отвечать на него не нужно.\n\nК сожалению, ваше"
              " письмо не может быть доставлено получателю:\n\n  anna@mail.example\n    ящик переполнен\n"),
        [("anna@mail.example", V.SOFT, R.MAILBOX_FULL, "")],
    ),
    "a Russian server without codes": (
        prose("Письмо не доставлено",
              "Не удалось доставить письмо для <anna@mail.example>: нет такого пользователя.",
              sender="Почтовый робот <postmaster@mail.example>"),
        [("anna@mail.example", V.HARD, R.NO_MAILBOX, "")],
    ),
    "qmail, gave up after days": (
        prose("failure notice",
              "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
              "<anna@mail.example>:\nSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"
              "I'm not going to try again; this message has been in the queue too long.\n"),
        [("anna@mail.example", V.SOFT, R.EXPIRED, "4.4.1")],
    ),
    "a complaint": (
        "From: fbl@provider.example\nTo: fbl@shop.example\nSubject: Email Feedback Report\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=cut\n\n"
        "--cut\nContent-Type: text/plain\n\nThis is an abuse report.\n\n"
        "--cut\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n"
        "Original-Rcpt-To: <anna@mail.example>\n\n"
        "--cut\nContent-Type: message/rfc822\n\nMessage-ID: <t0k3n@shop.example>\n\nHello.\n--cut--\n",
        [("anna@mail.example", V.COMPLAINT, R.ABUSE, "")],
    ),
    "not spam after all": (
        "From: fbl@provider.example\nTo: fbl@shop.example\nSubject: report\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=cut\n\n"
        "--cut\nContent-Type: message/feedback-report\n\nFeedback-Type: not-spam\n"
        "Original-Rcpt-To: <anna@mail.example>\n\n--cut--\n",
        [("anna@mail.example", V.NONE, R.NOT_SPAM, "")],
    ),
    "out of the office": (
        "From: Anna <anna@mail.example>\nTo: news@shop.example\nSubject: Automatic reply: News\n"
        "Auto-Submitted: auto-replied\nIn-Reply-To: <t0k3n@shop.example>\n\n"
        "I am out of the office. Mail to postmaster@mail.example is not delivered.\n",
        [("anna@mail.example", V.AUTO_REPLY, R.ABSENCE, "")],
    ),
    "в отпуске": (
        "From: Анна <anna@mail.example>\nTo: news@shop.example\nSubject: Автоответ: Новости\n"
        "Content-Type: text/plain; charset=utf-8\n\nЯ в отпуске до понедельника.\n",
        [("anna@mail.example", V.AUTO_REPLY, R.ABSENCE, "")],
    ),
    "a ticket system": (
        "From: help@firm.example\nTo: news@shop.example\nSubject: [#123] News\n"
        "Auto-Submitted: auto-replied\n\nWe got your letter.\n",
        [("help@firm.example", V.AUTO_REPLY, R.AUTOMATIC, "")],
    ),
}  # fmt: skip

NOT_RETURNS = {
    "a reply": (
        "From: Anna <anna@mail.example>\nTo: news@shop.example\nSubject: Re: News\n"
        "In-Reply-To: <t0k3n@shop.example>\n\nThank you, but the mailbox of my mother"
        " mama@mail.example is full. Can you send it again?\n"
    ),
    "a letter about bounces": (
        "From: anna@mail.example\nTo: news@shop.example\nSubject: Re: Undelivered Mail Returned to"
        " Sender\n\nDid you see that ivan@mail.example bounced with 550 5.1.1 user unknown?\n"
    ),
    "a newsletter": (
        "From: Shop <news@other.example>\nTo: news@shop.example\nSubject: Delivery in two days\n"
        "Precedence: bulk\nList-Unsubscribe: <https://other.example/u>\n\nOrders over 550 roubles are"
        " delivered free. Write to help@other.example.\n"
    ),
    "a parcel": (
        "From: DHL Delivery <noreply@parcel.example>\nTo: news@shop.example\n"
        "Subject: Delivery notification: your parcel could not be delivered\n"
        "Return-Path: <bounce+77@parcel.example>\nAuto-Submitted: auto-generated\n\n"
        "Dear news@shop.example, parcel 550123 could not be delivered: nobody was at the address."
        " Delivery failed. Call 8 800 555-35-35 or write to help@parcel.example.\n"
    ),
    "a bill": (
        "From: Billing <billing@mail.example>\nTo: news@shop.example\n"
        "Subject: Payment failure notice\n\nThe payment of 550 roubles was rejected. Your account"
        " is disabled until it is paid. Write to help@mail.example.\n"
    ),
    "an answer to a letter about vacations": (
        "From: Anna <anna@mail.example>\nTo: news@shop.example\nSubject: Re: Собираетесь в отпуск?\n"
        "In-Reply-To: <t0k3n@shop.example>\n\nДа, а есть скидки?\n"
    ),
    "a question about a vacation": (
        "From: Anna <anna@mail.example>\nTo: news@shop.example\nSubject: vacation package price?\n\n"
        "Hello, how much is it?\n"
    ),
    "what is missing from an order": (
        "From: Anna <anna@mail.example>\nTo: news@shop.example\n"
        "Subject: Отсутствует товар в заказе\n\nВ заказе отсутствует одна позиция.\n"
    ),
    "nothing": "",
    "only a subject": "Subject: hi\n",
}


@pytest.mark.parametrize("name", CASES)
def test_it_understands_what_came_back(name: str) -> None:
    source, expected = CASES[name]
    for data in (source.encode(), source.replace("\n", "\r\n").encode()):
        found = judge_return(data)
        assert [(r.address, r.verdict, r.reason, r.status) for r in found.recipients] == expected
        assert all(len(r.diagnostic) <= 500 for r in found.recipients)
        assert found.automatic


@pytest.mark.parametrize("name", NOT_RETURNS)
def test_it_takes_nothing_else_for_a_return(name: str) -> None:
    found = judge_return(NOT_RETURNS[name].encode())
    assert found.recipients == ()


def test_it_names_the_letter_that_came_back() -> None:
    original = judge_return(
        report(
            group("anna@mail.example", "5.1.1", "550 no"),
            letter="Return-Path: <b-xyz@shop.example>\nMessage-ID: <t0k3n@shop.example>\n"
            "Feedback-ID: 7:1:campaign:otklik\nTo: Anna <anna@mail.example>\nSubject: =?utf-8?B?0J/RgNC40LLQtdGC?=\n",
        ).encode()
    ).original
    assert original.message_id == "t0k3n@shop.example"
    assert original.return_path == "b-xyz@shop.example"
    assert original.feedback_id == "7:1:campaign:otklik"
    assert original.subject == "Привет"
    assert original.recipients == ("anna@mail.example",)
    pasted = judge_return(CASES["exim, prose"][0].encode()).original
    assert (pasted.message_id, pasted.return_path) == ("t0k3n@shop.example", "b-abc@shop.example")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            "550-Verification failed for <b-abc@shop.example>\n"
            "    550-Unrouteable address\n    550 Sender verify failed",
            R.POLICY,
        ),
        ("550 5.1.1.20 is not allowed to send mail to us", R.OTHER),
        ("550 Blocked - see https://ipcheck.example/?ip=198.51.100.7", R.OTHER),
    ],
)
def test_no_address_dies_of_an_answer_that_blames_the_sender(
    answer: str, reason: ReturnReason
) -> None:
    source = prose(
        "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        "  anna@mail.example\n    host mx.mail.example [203.0.113.5]\n"
        "    SMTP error from remote mail server after RCPT TO:<anna@mail.example>:\n"
        f"    {answer}\n",
        more="X-Failed-Recipients: anna@mail.example\n",
    )
    (found,) = judge_return(source.encode()).recipients
    assert (found.verdict, found.reason) == (V.SOFT, reason)


@pytest.mark.parametrize(
    "subject", ["Вне офиса", "Out of office: News", "Отсутствую на работе", "Abwesenheitsnotiz"]
)
def test_a_subject_that_only_programs_write_is_an_absence_note(subject: str) -> None:
    source = f"From: anna@mail.example\nTo: news@shop.example\nSubject: {subject}\n\nDo 5.\n"
    (found,) = judge_return(source.encode()).recipients
    assert (found.verdict, found.reason) == (V.AUTO_REPLY, R.ABSENCE)


def test_what_html_hides_is_not_read() -> None:
    html = "a<style>b</style>c<head><script>d</script></head>e<STYLE x=1>f</style >g<style>h"
    source = f"Subject: x\nContent-Type: text/html\n\n{html}"
    assert readable_text(source.encode()).split() == ["a", "c", "e", "g", "h"]


def test_a_forwarded_report_is_judged_as_the_report() -> None:
    inner = CASES["postfix, unknown user"][0]
    forwarded = (
        "From: boss@shop.example\nTo: returns@shop.example\nSubject: Fwd: see this\n"
        "Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: text/plain\n\nLook.\n"
        f"--outer\nContent-Type: message/rfc822\n\n{inner}\n--outer--\n"
    )
    assert [r.verdict for r in judge_return(forwarded.encode()).recipients] == [V.HARD]


def test_a_report_with_broken_mime_is_still_read() -> None:
    whole = CASES["postfix, unknown user"][0]
    for broken in (
        whole.replace('boundary="cut"', 'boundary="other"'),
        whole.replace("--cut--", ""),
        whole.replace("message/delivery-status", "text/plain"),
        whole.replace("charset=utf-8", "charset=no-such-charset"),
    ):
        found = judge_return(broken.encode())
        assert [(r.address, r.verdict) for r in found.recipients] == [("anna@mail.example", V.HARD)]


def test_words_and_texts_are_complete() -> None:
    assert set(REASON_TEXTS) == set(R)
    assert set(VERDICT_TEXTS) == set(V)
    # Every refusal that an SMTP answer can mean is a reason of a returned mail, by the same word.
    assert {kind.value for kind in ReplyKind} - {"ok"} <= {reason.value for reason in R}
    assert {kind.value for kind in HARD_KINDS} <= {reason.value for reason in R}


@given(st.binary(max_size=4000))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_never_fails_on_bytes(data: bytes) -> None:
    judge_return(data)


@given(
    st.sampled_from(sorted(CASES)),
    st.lists(
        st.tuples(st.integers(0, 3000), st.integers(0, 300), st.binary(max_size=12)), max_size=4
    ),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_never_fails_on_damaged_reports(name: str, cuts: list[tuple[int, int, bytes]]) -> None:
    data = CASES[name][0].encode()
    for at, length, instead in cuts:
        data = data[:at] + instead + data[at + length :]
    for verdict in judge_return(data).recipients:
        assert len(verdict.diagnostic) <= 500
        assert "\x00" not in verdict.address


def hostile() -> dict[str, bytes]:
    nested = b"Subject: x\n\nend"
    for _ in range(300):
        nested = b"Content-Type: message/rfc822\n\n" + nested
    spread = b"".join(b"--b\nContent-Type: text/plain\n\nx\n" for _ in range(30_000))
    head = b"From: MAILER-DAEMON@x.example\nSubject: failure notice\n"
    return {
        "deep enclosing": nested,
        "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + spread,
        "a header of two megabytes": b"Subject: " + b"=?utf-8?q?" * 200_000 + b"\n\nx",
        "many headers": b"X-A: b\n" * 300_000,
        "only at signs": head + b"\n" + b"@" * 500_000,
        "addresses without end": head + b"\n" + b"a" * 200_000 + b"@" + b"b." * 100_000,
        "codes without end": head + b"\nnot delivered to a@b.example " + b"550 5.1.1 " * 50_000,
        "spaces": head + b"\n" + b" " * 1_000_000 + b"x@y.example undeliverable",
        "brackets": head + b"Content-Type: text/html\n\n" + b"<style" * 100_000,
        "styles without end": head + b"Content-Type: text/html\n\n" + b"<style>" * 100_000,
        "tags": head + b"Content-Type: text/html\n\n" + b"<a " * 200_000,
        "zeroes": head + b"\n" + b"\x00" * 1_000_000,
        "dashes": head + b"\n" + b"-" * 500_000 + b"\n" + b"- " * 100_000,
        "recipients": (
            b"Content-Type: message/delivery-status\n\n"
            + b"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n" * 30_000
        ),
        "one long line": head + b"\n" + b"could not be " * 100_000,
        "encoded nonsense": head + b"Content-Transfer-Encoding: base64\n\n" + b"=" * 500_000,
    }


@pytest.mark.parametrize("name", sorted(hostile()))
def test_it_takes_a_bounded_time_for_a_hostile_mail(name: str) -> None:
    started = time.process_time()
    judge_return(hostile()[name])
    assert time.process_time() - started < 2.0
    with contextlib.suppress(KeyError):
        judge_return(hostile()[name][::-1])
