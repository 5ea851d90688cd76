"""Signed tokens: read by anyone, made by us only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.runtime.public import BadSignature, Signer
from otklik.runtime.signing import secret_from

signer = Signer(b"0123456789abcdef")


@given(st.binary(max_size=100))
def test_it_reads_back_what_it_signed(payload: bytes) -> None:
    assert signer.verify("click", signer.sign("click", payload)) == payload


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_changed_token_is_refused(payload: bytes, data: st.DataObject) -> None:
    token = signer.sign("click", payload)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCXYZabcxyz0189-_").filter(lambda c: c != token[at]))
    with pytest.raises(BadSignature):
        signer.verify("click", token[:at] + other + token[at + 1 :])


@given(st.text(max_size=60))
def test_rubbish_is_refused(token: str) -> None:
    with pytest.raises(BadSignature):
        signer.verify("click", token)


def test_a_token_serves_one_purpose_and_one_installation() -> None:
    token = signer.sign("open", b"1")
    with pytest.raises(BadSignature):
        signer.verify("unsubscribe", token)
    with pytest.raises(BadSignature):
        Signer(b"another secret key").verify("open", token)


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = secret_from(None, tmp_path / "data")
    assert secret_from(None, tmp_path / "data") == first
    mode = (tmp_path / "data" / "secret.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert secret_from("given", tmp_path) == secret_from("given", tmp_path) != first
