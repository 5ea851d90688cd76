"""Pure rules of delivery: tokens, frozen sets of people, seen addresses, answers, states."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email.model import Phase
from otklik.channels.email.public import (
    ReplyKind,
    ReplyVerdict,
    SendResult,
    SendState,
    is_relay_trouble,
)
from otklik.delivery.audience import combine, pack_ids, unpack_ids
from otklik.delivery.errors import BadTrackingLink
from otklik.delivery.gate import GATE, SeenAddresses, When
from otklik.delivery.model import (
    ANSWER_TEXTS,
    SKIP_TEXTS,
    MessageState,
    SkipReason,
    reason_text,
)
from otklik.delivery.operations.blocks import Row
from otklik.delivery.sending.outcomes import outcome_of
from otklik.delivery.tokens import (
    CLICK_OWN,
    OPEN,
    UNSUBSCRIBE,
    MessageLinks,
    MessageRef,
    read_click_token,
    read_message_token,
)
from otklik.runtime.public import BadSignature, Signer

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SIGNER = Signer(b"a secret of at least 16 bytes")
REF = MessageRef(workspace_id=3, mailing_id=41, message_id=1_234_567, profile_id=9_876)
LINKS = ("https://shop.example/a", "", "https://shop.example/b?x=1")
ROW = Row(message_id=1, profile_id=2, variant="A", address="anna@example.com", attempts=0)


def links(ref: MessageRef = REF) -> MessageLinks:
    return MessageLinks(
        SIGNER, "http://otklik.test", ref, variant=1, static=lambda index: LINKS[index] or None
    )


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[1].removesuffix(".gif")


def test_it_reads_back_the_message_of_a_token() -> None:
    assert read_message_token(SIGNER, OPEN, token_of(links().pixel())) == REF
    assert read_message_token(SIGNER, UNSUBSCRIBE, token_of(links().unsubscribe())) == REF


def test_it_keeps_a_common_address_out_of_the_click_token() -> None:
    url = links().link(2, LINKS[2])
    read = read_click_token(SIGNER, token_of(url))
    assert (read.message, read.variant, read.link, read.url) == (REF, 1, 2, None)
    assert len(token_of(url)) < 50


def test_it_carries_a_personal_address_inside_the_click_token() -> None:
    url = "https://shop.example/заказ?id=7"
    read = read_click_token(SIGNER, token_of(links().link(1, url)))
    assert read.url == url


@pytest.mark.parametrize("suffix", ["", ".", ".x", ".-1", ".123456", ".1.2", ".١"])
def test_it_refuses_a_damaged_number_of_a_link(suffix: str) -> None:
    stem = token_of(links().link(2, LINKS[2])).partition(".")[0]
    with pytest.raises((BadSignature, BadTrackingLink)):
        read_click_token(SIGNER, stem + suffix)


def test_it_refuses_a_token_made_for_another_purpose() -> None:
    token = token_of(links().pixel())
    with pytest.raises(BadSignature):
        read_message_token(SIGNER, UNSUBSCRIBE, token)
    with pytest.raises(BadSignature):
        read_click_token(SIGNER, token)


@given(st.text(max_size=80))
def test_it_refuses_whatever_it_did_not_make(token: str) -> None:
    with pytest.raises((BadSignature, BadTrackingLink)):
        read_click_token(SIGNER, token)


@given(st.binary(max_size=60))
def test_it_reads_any_signed_bytes_or_says_that_they_are_bad(payload: bytes) -> None:
    token = SIGNER.sign(CLICK_OWN, payload)
    try:
        read = read_click_token(SIGNER, token)
    except BadTrackingLink:
        return
    assert read.message.message_id >= 0


@given(st.integers(0, 2**31), st.integers(0, 2**31), st.integers(0, 2**63), st.integers(0, 2**63))
def test_it_packs_any_ids(workspace: int, mailing: int, message: int, profile: int) -> None:
    ref = MessageRef(workspace, mailing, message, profile)
    assert read_message_token(SIGNER, OPEN, token_of(links(ref).pixel())) == ref


@given(st.sets(st.integers(0, 2**63)))
def test_it_unpacks_the_people_that_it_packed(ids: set[int]) -> None:
    packed = pack_ids(np.array(list(ids), dtype=np.uint64))
    assert unpack_ids(packed).tolist() == sorted(ids)


def test_it_stores_a_million_neighbours_in_little_room() -> None:
    ids = np.arange(1, 1_000_001, dtype=np.uint64)
    assert len(pack_ids(ids)) < 100_000


@given(
    st.lists(st.sets(st.integers(0, 50)), max_size=3),
    st.lists(st.sets(st.integers(0, 50)), max_size=3),
)
def test_it_takes_the_union_without_the_exclusions(
    include: list[set[int]], exclude: list[set[int]]
) -> None:
    def arrays(sets: list[set[int]]) -> list[np.ndarray]:
        return [np.array(sorted(one), dtype=np.uint64) for one in sets]

    found = combine(arrays(include), arrays(exclude))
    assert found.tolist() == sorted(set().union(*include) - set().union(*exclude))


@given(st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=12), max_size=8))
def test_it_sees_each_address_as_new_once(batches: list[list[str]]) -> None:
    seen, known = SeenAddresses(), set()
    for batch in batches:
        fresh = seen.add_new(batch).tolist()
        expected = []
        for address in batch:
            expected.append(address not in known)
            known.add(address)
        assert fresh == expected


def test_it_has_a_text_in_both_languages_for_every_reason() -> None:
    assert set(SKIP_TEXTS) == set(SkipReason)
    assert {kind.value for kind in ReplyKind} - {"ok"} <= set(ANSWER_TEXTS)
    for reason in SkipReason:
        assert reason_text("skipped", reason, "ru") != reason_text("skipped", reason, "en")


def test_it_lists_each_skip_reason_of_the_gate_once_per_moment() -> None:
    for when in When:
        reasons = [reason for step in GATE if when in step.when for reason in step.reasons]
        assert len(reasons) == len(set(reasons))


def test_it_asks_for_consent_and_suppression_again_when_sending() -> None:
    again = {reason for step in GATE if When.SEND in step.when for reason in step.reasons}
    assert {SkipReason.WITHDRAWN, SkipReason.NO_CONSENT, SkipReason.SUPPRESSED} <= again


def result(
    state: SendState, phase: Phase = "rcpt", kind: ReplyKind = ReplyKind.OTHER, code: int = 550
) -> SendResult:
    verdict = None
    if state in (SendState.TEMPORARY, SendState.PERMANENT):
        verdict = ReplyVerdict(permanent=state is SendState.PERMANENT, kind=kind, code=code)
    return SendResult(state, code, None, "answer", phase, verdict)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (result(SendState.ACCEPTED, "done", code=250), MessageState.SENT, ""),
        (result(SendState.UNKNOWN, "body"), MessageState.IN_DOUBT, "no_answer"),
        (
            result(SendState.PERMANENT, kind=ReplyKind.NO_MAILBOX),
            MessageState.BOUNCED,
            "no_mailbox",
        ),
        (result(SendState.PERMANENT, kind=ReplyKind.SPAM), MessageState.FAILED, "spam"),
        (
            result(SendState.TEMPORARY, kind=ReplyKind.MAILBOX_FULL),
            MessageState.PLANNED,
            "mailbox_full",
        ),
    ],
)
def test_it_turns_an_answer_into_a_fate(
    answer: SendResult, state: MessageState, reason: str
) -> None:
    outcome = outcome_of(ROW, answer, attempts_max=6, now=NOW)
    assert (outcome.state, outcome.reason) == (state, reason)


def test_it_gives_up_after_the_last_attempt() -> None:
    row = Row(1, 2, "A", "anna@example.com", attempts=5)
    outcome = outcome_of(row, result(SendState.TEMPORARY), attempts_max=6, now=NOW)
    assert outcome.state == MessageState.FAILED


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (result(SendState.TEMPORARY, "connect", ReplyKind.NETWORK), True),
        (result(SendState.TEMPORARY, "greeting", ReplyKind.RATE, 421), True),
        (result(SendState.TEMPORARY, "login", ReplyKind.AUTHENTICATION, 535), True),
        (result(SendState.PERMANENT, "mail", ReplyKind.POLICY, 550), True),
        (result(SendState.PERMANENT, "mail", ReplyKind.TOO_BIG, 552), False),
        (result(SendState.TEMPORARY, "rcpt", ReplyKind.NETWORK), False),
        (result(SendState.PERMANENT, "rcpt", ReplyKind.NO_MAILBOX), False),
        (result(SendState.ACCEPTED, "done"), False),
        (result(SendState.UNKNOWN, "body"), False),
    ],
)
def test_it_tells_the_relay_s_trouble_from_the_recipient_s(
    answer: SendResult, trouble: bool
) -> None:
    assert is_relay_trouble(answer) is trouble
