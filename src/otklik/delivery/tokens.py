"""Tokens of the links in letters: short, signed, without anything personal in them.

A token carries whole numbers as LEB128 varints, so it stays under 50 characters; RFC 5322 lines and
people who copy links by hand are both grateful. The numbers can be read by anybody who decodes the
token, but nobody can make a valid one for another message.

The links of one letter share one signature, over the message and its variant: the number of the
link stands behind it in the clear. Whoever changes the number gets to another link of the same
letter, which he has anyway; and signing a letter with fifty links costs one hash instead of a
hundred. An address that was made for one person is inside what is signed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

import msgspec

from otklik.delivery.errors import BadTrackingLink

OPEN, UNSUBSCRIBE, MAIL_ID = "t.open", "t.unsubscribe", "t.mail"
ANSWER = "t.answer"
CLICK, CLICK_OWN = "t.click", "t.click.own"
"""Purposes of the signatures: a token made for one is worthless for another."""
HONEYPOT = 65_535
"""Number of the link that no human eye can see."""
_INDEX = re.compile("[0-9]{1,5}", re.ASCII)


class TokenSigner(Protocol):
    def sign(self, purpose: str, payload: bytes) -> str: ...

    def verify(self, purpose: str, token: str) -> bytes: ...

    def digest(self, purpose: str, payload: bytes) -> bytes: ...


class MessageRef(msgspec.Struct, frozen=True):
    """Which message a token belongs to."""

    workspace_id: int
    mailing_id: int
    message_id: int
    profile_id: int


class ClickRef(msgspec.Struct, frozen=True):
    """Which link of which message; `url` is inside only for an address made for one person."""

    message: MessageRef
    variant: int
    link: int
    url: str | None


class MessageLinks:
    """Makes all addresses of one message."""

    __slots__ = ("_base", "_head", "_own", "_signer", "_static", "_stem", "_variant")

    def __init__(
        self,
        signer: TokenSigner,
        base_url: str,
        ref: MessageRef,
        *,
        variant: int,
        static: Callable[[int], str | None],
    ) -> None:
        self._signer, self._base, self._variant, self._static = signer, base_url, variant, static
        self._own: str | None = None
        self._head = _pack(ref.workspace_id, ref.mailing_id, ref.message_id, ref.profile_id)
        self._stem = f"{base_url}/t/c/{signer.sign(CLICK, self._head + _pack(variant))}."

    def link(self, index: int, url: str) -> str:
        if self._static(index) == url:
            return f"{self._stem}{index}"
        payload = self._head + _pack(self._variant, index) + url.encode()
        return f"{self._base}/t/c/{self._signer.sign(CLICK_OWN, payload)}"

    def pixel(self) -> str:
        return f"{self._base}/t/o/{self._signer.sign(OPEN, self._head)}.gif"

    def honeypot(self) -> str:
        return f"{self._stem}{HONEYPOT}"

    def mail_id(self) -> str:
        """Return the part of the Message-ID before @: replies and bounces name it again."""
        return self._signer.sign(MAIL_ID, self._head)

    def unsubscribe(self) -> str:
        return f"{self._base}/u/{self._own_token()}"

    def preferences(self) -> str:
        """Return the address of the page of preferences; its token is that of unsubscribing."""
        return f"{self._base}/p/{self._own_token()}"

    def answer(self) -> str:
        """Return the address that takes the answers of the letter's forms."""
        return f"{self._base}/a/{self._signer.sign(ANSWER, self._head)}"

    def _own_token(self) -> str:
        if self._own is None:
            self._own = self._signer.sign(UNSUBSCRIBE, self._head)
        return self._own


def read_message_token(signer: TokenSigner, purpose: str, token: str) -> MessageRef:
    """Return what an open or unsubscribe token points to.

    Raises: BadSignature from the signer; BadTrackingLink if the payload is not one of ours.
    """
    numbers, _rest = _unpack(signer.verify(purpose, token), 4)
    return MessageRef(*numbers)


def read_click_token(signer: TokenSigner, token: str) -> ClickRef:
    """Return what a click token points to; the same errors as `read_message_token`."""
    stem, dot, index = token.partition(".")
    if dot:
        numbers, _ = _unpack(signer.verify(CLICK, stem), 5)
        if not _INDEX.fullmatch(index):
            raise BadTrackingLink()
        return ClickRef(MessageRef(*numbers[:4]), numbers[4], int(index), None)
    numbers, rest = _unpack(signer.verify(CLICK_OWN, token), 6)
    try:
        url = rest.decode()
    except UnicodeDecodeError as error:
        raise BadTrackingLink() from error
    return ClickRef(MessageRef(*numbers[:4]), numbers[4], numbers[5], url or None)


def _pack(*numbers: int) -> bytes:
    out = bytearray()
    for number in numbers:
        rest = number
        while rest > 0x7F:
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def _unpack(payload: bytes, count: int) -> tuple[list[int], bytes]:
    numbers, at = [], 0
    for _ in range(count):
        value = shift = 0
        while True:
            if at >= len(payload) or shift > 63:
                raise BadTrackingLink()
            byte = payload[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        numbers.append(value)
    return numbers, payload[at:]
