"""A letter as bytes: the same meaning as the standard library would give it."""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import dkim
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otklik.channels.email.dkim import new_key, public_record
from otklik.channels.email.errors import BadAddress, LetterTooBig
from otklik.channels.email.frame import WireLetter, build_frame
from otklik.channels.email.headers import one_line
from otklik.channels.email.model import DkimKey, SenderIdentity
from otklik.channels.email.smtp.connection import transparent

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
KEY = new_key("shop.example", "otklik")

# Any text that a database can hold, with a bias to what has hurt mail programs before.
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300) | st.lists(
    st.sampled_from(
        [
            *("\r\n", "\n", "\r", "\nBcc: a@b.ru", "=?utf-8?b?0JI=?=", "=", "=3D", ".", "\n.\n"),
            *("From ", "Привет", "\U0001f600", " ", "\t", "  ", "a" * 80, "ы" * 80, '"', "\\"),
            *("<", ">", ",", "(c)", "--=_", "\x00", "\x7f", "\u2028", "é", ";", ":", "@", "\u200d"),
        ]
    ),
    max_size=20,
).map("".join)


def identity(name: str = "Shop", key: DkimKey | None = None, **fields: Any) -> SenderIdentity:
    return SenderIdentity(
        sender_id=UUID(int=1),
        workspace_id=7,
        name=name,
        address="hello@shop.example",
        domain="shop.example",
        dkim=key,
        return_path="bounces-7@shop.example",
        **fields,
    )


def letter(sender: SenderIdentity | None = None, **fields: Any) -> bytes:
    given = {
        "to_address": "ann@example.com",
        "subject": "Hello",
        "text": "Hello",
        "html": "<p>Hello</p>",
        "message_id": "abc123",
        "date": NOW,
        **fields,
    }
    return build_frame(sender=sender or identity(), feedback_id="1:7:campaign:otklik").render(
        **given
    )


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def display_name(message: EmailMessage, header: str) -> str:
    """Return a name as RFC 2047 reads it: white space between encoded words does not count.

    The newer reader of the standard library leaves a space there (cpython issue 92081).
    """
    raw = next(value for name, value in message.raw_items() if name == header)
    name, bracket, _ = " ".join(raw.split()).rpartition("<")
    if not bracket:
        return ""
    name = name.strip()
    if name.startswith('"'):
        return email.utils.unquote(name)
    return str(make_header(decode_header(name)))


def as_lines(text: str) -> str:
    """Return a text as mail carries it: one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(subject=TEXT, text=TEXT, html=TEXT, name=TEXT, to_name=TEXT)
@example(subject="a" * 1000, text="", html="", name="", to_name="")
@example(subject=" x", text="x\n", html="\n", name=" ", to_name="\n")
@example(subject="x", text="x" * 73 + "ы \n", html="x" * 75 + "\t", name="", to_name="")
@example(subject="=?utf-8?q?x?=", text=".", html="..\n.", name="a, b", to_name="Ann (x)")
def test_it_says_what_was_given_and_nothing_else(
    subject: str, text: str, html: str, name: str, to_name: str
) -> None:
    data = letter(identity(name), subject=subject, text=text, html=html, to_name=to_name)
    message = parsed(data)
    assert not message.defects
    assert message["Subject"] == one_line(subject)
    assert content(message, "plain").removesuffix("\n") == as_lines(text).removesuffix("\n")
    assert content(message, "html").removesuffix("\n") == as_lines(html).removesuffix("\n")
    for header, shown, address in (
        ("From", name, "hello@shop.example"),
        ("To", to_name, "ann@example.com"),
    ):
        (mailbox,) = message[header].addresses
        assert mailbox.addr_spec == address
        assert display_name(message, header) == one_line(shown)
    assert sorted(message.keys()) == sorted(
        [
            "Date",
            "To",
            "Subject",
            "Message-ID",
            "From",
            "Feedback-ID",
            "MIME-Version",
            "Content-Type",
        ]
    )


@given(subject=TEXT, text=TEXT, html=TEXT, name=TEXT)
def test_it_fits_the_wire(subject: str, text: str, html: str, name: str) -> None:
    data = letter(identity(name), subject=subject, text=text, html=html, to_name=name)
    assert data.isascii()
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 78
    body = data.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not any(line != line.rstrip() for line in data.split(b"\r\n"))


@given(subject=TEXT, text=TEXT, html=TEXT)
def test_it_means_the_same_as_the_standard_library(subject: str, text: str, html: str) -> None:
    reference = EmailMessage(policy=email.policy.SMTP)
    reference["Subject"] = one_line(subject)
    reference["From"] = "Shop <hello@shop.example>"
    reference["To"] = "ann@example.com"
    reference["Message-ID"] = "<abc123@shop.example>"
    reference["Date"] = NOW
    reference.set_content(as_lines(text))
    reference.add_alternative(as_lines(html), subtype="html")
    expected, ours = (
        parsed(reference.as_bytes()),
        parsed(letter(subject=subject, text=text, html=html)),
    )
    for header in ("From", "To", "Message-ID", "Date", "MIME-Version"):
        assert str(ours[header]) == str(expected[header])
    assert str(ours["Subject"]) == one_line(subject)
    assert ours.get_content_type() == expected.get_content_type() == "multipart/alternative"
    for kind in ("plain", "html"):
        assert content(ours, kind).rstrip("\n") == content(expected, kind).rstrip("\n")


def test_it_has_the_headers_of_one_click_unsubscription() -> None:
    message = parsed(
        letter(
            unsubscribe_url="https://crm.example/u/token.abc-123",
            unsubscribe_mailto="leave@shop.example",
        )
    )
    assert message["List-Unsubscribe"] == (
        "<https://crm.example/u/token.abc-123>, <mailto:leave@shop.example>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_it_has_no_such_headers_without_an_address() -> None:
    assert "List-Unsubscribe" not in parsed(letter())


def test_it_carries_the_fixed_headers_of_the_mailing() -> None:
    frame = build_frame(
        sender=identity(reply_to="answers@shop.example"),
        feedback_id="c1:7:campaign:otklik",
        headers={"List-ID": "News <news.shop.example>"},
    )
    message = parsed(
        frame.render(
            to_address="ann@example.com", subject="s", text="t", html="h", message_id="m", date=NOW
        )
    )
    assert message["Reply-To"] == "answers@shop.example"
    assert message["Feedback-ID"] == "c1:7:campaign:otklik"
    assert message["List-ID"] == "News <news.shop.example>"
    assert message["Message-ID"] == "<m@shop.example>"


@pytest.mark.parametrize(
    "address",
    [
        *("", "ann", "ann@example.com\r\nBcc: x@y.ru", "ann@example.com\n", "a b@example.com"),
        *("a@b@c.ru", "<ann@example.com>", "ann@example.com, bob@example.com", "\x00@example.com"),
    ],
)
def test_it_refuses_what_is_no_address(address: str) -> None:
    with pytest.raises(BadAddress):
        letter(to_address=address)


@pytest.mark.parametrize(
    "fields",
    [
        {"message_id": "a b"},
        {"message_id": "a>\r\nX: y"},
        {"message_id": ""},
        {"unsubscribe_url": "https://x.ru/>\r\nX: y"},
        {"unsubscribe_url": "javascript:x"},
        {"unsubscribe_url": "https://x.ru/ы"},
    ],
)
def test_it_refuses_tokens_that_the_caller_made_wrong(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        letter(**fields)


def test_it_refuses_a_letter_of_many_megabytes() -> None:
    with pytest.raises(LetterTooBig):
        letter(html="ы" * 6_000_000)


def test_it_sends_to_domains_in_other_letters() -> None:
    assert parsed(letter(to_address="ann@почта.рф"))["To"] == "ann@xn--80a1acny.xn--p1ai"


def test_it_chooses_the_shorter_encoding() -> None:
    encodings = re.findall(
        rb"Content-Transfer-Encoding: (\S+)", letter(text="plain " * 9, html="Привет, мир " * 9)
    )
    assert encodings == [b"quoted-printable", b"base64"]


@dataclass(frozen=True)
class Mixture:
    """A text in pieces, as content hands it over."""

    fixed: tuple[str, ...]
    own: tuple[str, ...]

    def __str__(self) -> str:
        pieces = [""] * (len(self.fixed) + len(self.own))
        pieces[::2], pieces[1::2] = self.fixed, self.own
        return "".join(pieces)


LONG = st.sampled_from(
    ["https://x.ru/t/c/" + "A" * size + tail for size in (20, 57, 58, 59, 130) for tail in "..=ы"]
)
FIXED = TEXT | st.sampled_from(
    ["<p>" + "word " * 40 + "</p>\n", "Слова " * 30, ".", "x" * 75 + "."]
)


@st.composite
def mixtures(draw: st.DrawFn) -> tuple[Mixture, Mixture]:
    """Draw one text for two people: the fixed pieces are the same."""
    count = draw(st.integers(0, 4))
    fixed = tuple(draw(FIXED) for _ in range(count + 1))
    people = [tuple(draw(TEXT | LONG) for _ in range(count)) for _ in range(2)]
    return Mixture(fixed, people[0]), Mixture(fixed, people[1])


@settings(deadline=None)
@given(texts=mixtures(), htmls=mixtures())
@example(
    texts=(Mixture(("a\r", "b"), ("\nx",)), Mixture(("a\r", "b"), ("",))),
    htmls=(Mixture(("<p>", "\n"), ("x\r",)), Mixture(("<p>", "\n"), (".",))),
)
@example(
    texts=(Mixture(("x" * 74, ""), ("y \n",)), Mixture(("x" * 74, ""), ("y" * 75 + "\t",))),
    htmls=(Mixture(("x" * 76 + " ", " "), ("",)), Mixture(("x" * 76 + " ", " "), ("y" * 76,))),
)
@example(
    texts=(Mixture(("ы" * 9, "ы", "", "ы" * 99), ("a", "b", "ab")),) * 2,
    htmls=(Mixture(("x" * 75, "." * 80, " "), (" ", ".")),) * 2,
)
def test_a_letter_in_pieces_says_the_same_as_a_whole_one(
    texts: tuple[Mixture, Mixture], htmls: tuple[Mixture, Mixture]
) -> None:
    frame = build_frame(sender=identity(), feedback_id="1:7:campaign:otklik")
    fields: dict[str, Any] = {
        "to_address": "ann@example.com",
        "subject": "s",
        "message_id": "m",
        "date": NOW,
    }
    # The first letter is made anew, the later ones of what was kept from it.
    for text, html in [*zip(texts, htmls, strict=True), (texts[0], htmls[0])]:
        data = frame.render(text=text, html=html, **fields)
        message = parsed(data)
        assert not message.defects
        for kind, given_text in (("plain", text), ("html", html)):
            expected = as_lines(str(given_text)).removesuffix("\n")
            assert content(message, kind).removesuffix("\n") == expected
        bare = bytes(data)
        assert bare.isascii()
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\n\.", bare)
        assert max(map(len, bare.split(b"\r\n"))) <= 78
        assert transparent(bare) == bare
        for part in message.iter_parts():
            assert max(map(len, str(part.get_payload()).splitlines()), default=0) <= 76


def test_a_letter_of_the_frame_needs_nothing_more_for_the_wire() -> None:
    data = letter(text=".\n..x\n" + "." * 200, html=".")
    assert type(data) is WireLetter
    assert transparent(data) is data
    assert transparent(bytes(data)) == data


def verify(data: bytes) -> bool:
    record = public_record(KEY).encode()
    return bool(dkim.verify(data, dnsfunc=lambda name, timeout=5: record))


@settings(deadline=None, max_examples=40)
@given(subject=TEXT, text=TEXT, html=TEXT, name=TEXT)
def test_its_signature_is_accepted_by_another_program(
    subject: str, text: str, html: str, name: str
) -> None:
    data = letter(
        identity(name, KEY, reply_to="answers@shop.example"),
        subject=subject,
        text=text,
        html=html,
        unsubscribe_url="https://crm.example/u/token",
    )
    assert verify(data)


def test_its_signature_covers_what_it_must() -> None:
    data = letter(identity(key=KEY), unsubscribe_url="https://crm.example/u/token")
    signature = parsed(data)["DKIM-Signature"].replace(" ", "")
    signed = re.search(r"h=([^;]+);", signature)
    assert signed is not None
    assert set(signed[1].split(":")) >= {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
    }
    assert "d=shop.example" in signature
    assert verify(data)
    for old, new in (
        (b"Subject: Hello", b"Subject: Hullo"),
        (b"<p>Hello", b"<p>Hullo"),
        (b"/u/token", b"/u/tokem"),
        (b"From: Shop", b"From: Evil <x@y.ru>\r\nFrom: Shop"),
    ):
        assert old in data
        assert not verify(data.replace(old, new, 1))


def test_an_amp_part_stands_between_text_and_html_and_is_signed() -> None:
    amp = "<!doctype html>\n<html ⚡4email>\n<p>Привет. = </p>\n.\n</html>\n"
    data = letter(identity(key=KEY), text="Plain", html="<p>HTML</p>", amp=amp)
    message = parsed(data)
    parts: list[Any] = list(message.iter_parts())
    assert message.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in parts] == [
        "text/plain",
        "text/x-amp-html",
        "text/html",
    ]
    assert {one.get_content_charset() for one in parts} == {"utf-8"}
    assert parts[1].get_payload(decode=True).decode().replace("\r\n", "\n") == amp
    assert verify(data)
    assert not verify(data.replace(b"x-amp-html", b"x-amp-htmk"))
    assert transparent(data) == data
    assert b"x-amp-html" not in letter()


def test_a_private_key_does_not_show_itself() -> None:
    assert "PRIVATE" not in repr(KEY)
    assert "PRIVATE" not in repr(identity(key=KEY))
