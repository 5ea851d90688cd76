"""Secrets of other services: sealed at rest, opened only by the key that sealed them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.runtime.public import BadSeal, Vault

VAULT = Vault(b"k" * 32)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_it_gives_back_what_was_sealed(text: str) -> None:
    sealed = VAULT.seal(text)
    assert VAULT.open(sealed) == text
    assert VAULT.seal(text) != sealed


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_changed_seal_opens_nothing(at: int, flip: int) -> None:
    raw = bytearray(base64.b64decode(VAULT.seal("пароль")))
    raw[at % len(raw)] ^= flip
    with pytest.raises(BadSeal):
        VAULT.open(base64.b64encode(raw).decode())


@pytest.mark.parametrize("sealed", ["", "AQ==", "не base64", "AAAA", "A" * 40])
def test_what_is_no_seal_is_refused(sealed: str) -> None:
    with pytest.raises(BadSeal):
        VAULT.open(sealed)


def test_another_installation_can_not_open_it() -> None:
    with pytest.raises(BadSeal, match="secret key"):
        Vault(b"l" * 32).open(VAULT.seal("a password"))
