"""When a letter goes again, and how many may go at once: pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email.model import Phase
from otklik.channels.email.public import ReplyKind, SendResult
from otklik.channels.email.smtp.results import Reply, lost, refused
from otklik.delivery.operations.pace import grant
from otklik.delivery.sending.schedule import (
    _BY_KIND,
    BUSY,
    DISTRUSTED,
    FULL,
    GREYLISTED,
    LOST,
    NOT_FOUND,
    SCHEDULES,
    SPAN,
    TOO_FAST,
    Schedule,
    is_greylisting,
    is_too_fast,
    next_try,
    schedule_of,
)

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


def said(code: int, text: str, phase: Phase = "rcpt") -> SendResult:
    return refused(Reply(code, text), phase)


@pytest.mark.parametrize(
    ("answer", "schedule"),
    [
        (said(450, "4.2.0 <a@b.example>: Recipient address rejected: Greylisted"), GREYLISTED),
        (said(451, "4.7.1 Greylisting in action, please come back later"), GREYLISTED),
        (said(450, "4.7.1 Please try again in 5 minutes"), GREYLISTED),
        (said(451, "4.7.650 The mail server has been temporarily rate limited"), TOO_FAST),
        (said(421, "4.7.28 Our system has detected an unusual rate of mail"), TOO_FAST),
        (said(450, "4.7.1 Too many messages from your address"), TOO_FAST),
        (said(421, "4.3.2 Service shutting down"), LOST),
        (lost("the server closed the connection", "rcpt"), LOST),
        (said(452, "4.2.2 mailbox full"), FULL),
        (said(451, "4.3.0 temporary trouble"), BUSY),
        (said(421, "4.7.0 suspicious, likely unsolicited mail"), DISTRUSTED),
        (said(450, "4.1.1 unknown user, try later"), NOT_FOUND),
    ],
)
def test_each_reason_has_its_own_schedule(answer: SendResult, schedule: Schedule) -> None:
    assert schedule_of(answer).name == schedule.name


def test_only_a_rate_slows_a_provider() -> None:
    assert is_too_fast(said(421, "4.7.28 unusual rate of mail"))
    assert is_too_fast(said(550, "5.7.1 hourly limit exceeded"))
    assert not is_too_fast(said(451, "4.7.1 greylisted"))
    assert not is_too_fast(said(452, "4.2.2 mailbox full"))
    assert not is_greylisting(said(550, "5.7.1 greylisted for ever"))


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda one: one.name)
def test_a_schedule_grows_and_ends_within_two_days(schedule: Schedule) -> None:
    assert list(schedule.waits) == sorted(schedule.waits)
    assert timedelta(hours=36) < schedule.span
    assert schedule.span * 1.1 < SPAN


def test_every_kind_of_answer_has_a_schedule() -> None:
    assert set(ReplyKind) - set(_BY_KIND) == {ReplyKind.OK}


def test_greylisted_letters_come_back_in_five_to_fifteen_minutes() -> None:
    for message_id in range(1_000, 1_100):
        again = next_try(said(451, "4.7.1 greylisted"), attempts=1, message_id=message_id, now=NOW)
        assert again is not None
        assert timedelta(minutes=5) < again - NOW < timedelta(minutes=15)


@given(message_id=st.integers(1, 2**50), attempts=st.integers(1, 20))
def test_a_letter_has_its_own_moment_and_always_the_same(message_id: int, attempts: int) -> None:
    answer = said(451, "4.3.0 temporary trouble")
    again = next_try(answer, attempts=attempts, message_id=message_id, now=NOW)
    assert again == next_try(answer, attempts=attempts, message_id=message_id, now=NOW)
    if attempts > len(BUSY.waits):
        assert again is None
    else:
        assert again is not None
        wait = BUSY.waits[attempts - 1]
        assert wait <= again - NOW <= wait * 1.1


def test_letters_put_off_together_do_not_come_back_together() -> None:
    answer = said(421, "4.3.2 closing")
    moments = {next_try(answer, attempts=1, message_id=n, now=NOW) for n in range(1_000, 1_100)}
    assert len(moments) == 100


@given(
    rate=st.floats(0.05, 500),
    burst=st.floats(0.5, 5),
    asks=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 200)), min_size=1, max_size=40),
)
def test_a_rate_is_never_exceeded_however_it_is_asked(
    rate: float, burst: float, asks: list[tuple[float, int]]
) -> None:
    moment, free_at, sent = 0.0, 0.0, 0
    for pause, wanted in asks:
        moment += pause
        found, ahead = grant(free_at - moment, wanted=wanted, rate_per_s=rate, burst_s=burst)
        if found.granted:
            free_at, sent = moment + ahead, sent + found.granted
        else:
            assert found.wait_s > 0
        assert sent <= rate * (moment + burst) + 1 + 1e-6


def test_a_clock_that_was_set_back_does_not_stop_the_sending() -> None:
    found, _ = grant(3_600.0, wanted=5, rate_per_s=10.0, burst_s=5.0)
    assert found.granted == 5


@given(rate=st.floats(0.05, 100), ahead=st.floats(-10, 100))
def test_who_waited_as_told_may_go(rate: float, ahead: float) -> None:
    found, _ = grant(ahead, wanted=1, rate_per_s=rate, burst_s=5.0)
    if not found.granted:
        later, _ = grant(ahead - found.wait_s, wanted=1, rate_per_s=rate, burst_s=5.0)
        assert later.granted == 1
