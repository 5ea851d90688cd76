"""Return paths and reply addresses."""

from __future__ import annotations

import secrets
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email.returns.verp import (
    ReplyRef,
    ReturnRef,
    read_address,
    reply_address,
    return_address,
    workspace_of,
)
from otklik.runtime.public import Signer

SIGNER = Signer(b"only for these tests")


@given(st.integers(1, 2**31), st.integers(1, 2**62))
def test_a_return_path_leads_back_in_any_case(workspace_id: int, message_id: int) -> None:
    address = return_address(
        SIGNER, "shop.example", workspace_id=workspace_id, message_id=message_id
    )
    assert len(address.partition("@")[0]) <= 40
    assert address == address.lower()
    for spelled in (address, address.upper(), f"<{address.title()}>"):
        assert read_address(SIGNER, spelled) == ReturnRef(workspace_id, message_id)
    assert workspace_of(address) == workspace_id


def test_a_reply_address_leads_to_the_sender() -> None:
    sender = uuid4()
    address = reply_address(SIGNER, "in.shop.example", workspace_id=7, sender_id=sender)
    assert len(address.partition("@")[0]) <= 64
    assert read_address(SIGNER, address.upper()) == ReplyRef(7, sender)


def test_a_forged_address_leads_nowhere() -> None:
    address = return_address(SIGNER, "shop.example", workspace_id=1, message_id=2)
    local = address.partition("@")[0]
    for number, letter in enumerate(local[2:], start=2):
        other = "a" if letter != "a" else "b"
        forged = f"{local[:number]}{other}{local[number + 1 :]}@shop.example"
        assert read_address(SIGNER, forged) in (None, ReturnRef(1, 2))  # unused bits at the end
    others = Signer(secrets.token_bytes(32))
    assert read_address(others, address) is None
    # What is signed as one kind of address is worthless as the other.
    assert read_address(SIGNER, "r" + address[1:]) is None


@pytest.mark.parametrize(
    "address", ["", "@", "b-@x", "b-aaaa@x", "anna@shop.example", "b-!@x", "b-" + "a" * 60 + "@x"]
)
def test_other_addresses_lead_nowhere(address: str) -> None:
    assert read_address(SIGNER, address) is None
    assert workspace_of(address) >= 0
