"""The sentences of the start page, without any store."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from otklik.analytics.home.attention import attention
from otklik.analytics.home.model import (
    FailedImport,
    FailedLaunch,
    MailingTrouble,
    State,
    UnverifiedSender,
)
from otklik.kit.i18n import LANGS, Lang, Text

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SOURCE = UUID(int=7)
NO_AUDIENCE = Text(en="The segment was not found.", ru="Сегмент не найден.")


def state(**changes: Any) -> State:
    calm: dict[str, Any] = {
        "mailings": [],
        "failed_launches": [],
        "failed_imports": [],
        "rejects_24h": 0,
        "last_reject_at": None,
        "waiting_events": 0,
        "waiting_since": None,
        "quarantined_events": 0,
        "quarantined_at": None,
        "senders": 1,
        "unverified": [],
        "segments": 0,
        "campaigns": 0,
        "has_letter": False,
        "has_import": False,
        "development": False,
    }
    return State(**{**calm, **changes})


def mailing(**changes: Any) -> MailingTrouble:
    given: dict[str, Any] = {
        "source_id": SOURCE,
        "name": "Spring",
        "stalled": False,
        "trouble": None,
        "in_doubt": 0,
        "since": NOW - timedelta(minutes=12),
    }
    return MailingTrouble(**{**given, **changes})


def titles(found: State, lang: Lang = "en") -> list[str]:
    return [line.title for line in attention(found, now=NOW, lang=lang)]


def test_nothing_is_said_when_nothing_is_amiss() -> None:
    assert attention(state(), now=NOW, lang="en") == []


@pytest.mark.parametrize(
    ("n", "en", "ru"),
    [
        (1, "1 event was put aside", "Отклонено 1 событие"),
        (3, "3 events were put aside", "Отклонено 3 события"),
        (11, "11 events were put aside", "Отклонено 11 событий"),
        (21, "21 events were put aside", "Отклонено 21 событие"),
        (1205, "1,205 events were put aside", "Отклонено 1\u00a0205 событий"),
    ],
)
def test_a_number_agrees_with_its_noun(n: int, en: str, ru: str) -> None:
    found = state(rejects_24h=n, last_reject_at=NOW)
    assert (titles(found), titles(found, "ru")) == ([en], [ru])


def test_messages_in_doubt_lead_to_the_people_they_were_for() -> None:
    (line,) = attention(state(mailings=[mailing(in_doubt=2)]), now=NOW, lang="ru")
    assert line.title == "2 сообщения: доставка неизвестна"
    assert line.link == f"/mailings/{SOURCE}/recipients?state=in_doubt"
    assert "«Spring»" in line.detail


def test_a_stalled_mailing_says_for_how_long_and_what_the_relay_said() -> None:
    found = state(mailings=[mailing(stalled=True, trouble="535 5.7.8 no {login}", in_doubt=1)])
    bad, warn = attention(found, now=NOW, lang="en")
    assert (bad.level, bad.link) == ("bad", f"/mailings/{SOURCE}")
    assert bad.detail == (
        "“Spring”: nothing has been sent for 12\u00a0minutes. The relay says: 535 5.7.8 no {login}"
    )
    assert warn.kind == "in_doubt"


@pytest.mark.parametrize(
    ("minutes", "level", "span"),
    [
        (1, None, ""),
        (3, "warn", "3\u00a0минуты"),
        (150, "bad", "2\u00a0часа"),
        (4321, "bad", "3\u00a0дня"),
    ],
)
def test_a_backlog_is_told_by_how_long_it_waits(minutes: int, level: str | None, span: str) -> None:
    found = state(waiting_events=5, waiting_since=NOW - timedelta(minutes=minutes))
    lines = attention(found, now=NOW, lang="ru")
    assert [line.level for line in lines] == ([level] if level else [])
    assert all(f"5 событий; самое старое ждёт {span}" in line.detail for line in lines)


def test_a_domain_matters_more_when_letters_really_leave() -> None:
    failed = UnverifiedSender("a@shop.test", True, NOW)
    unseen = UnverifiedSender("b@shop.test", False, NOW)
    real = attention(state(unverified=[failed, unseen]), now=NOW, lang="en")
    assert [(line.kind, line.level) for line in real] == [
        ("sender_unverified", "bad"),
        ("sender_unverified", "warn"),
    ]
    trial = attention(state(unverified=[failed, unseen], development=True), now=NOW, lang="en")
    assert [(line.kind, line.level) for line in trial] == [
        ("sender_unverified", "info"),
        ("catcher", "info"),
    ]


def test_the_worst_comes_first_and_then_what_concerns_people_outside() -> None:
    found = state(
        senders=0,
        development=True,
        rejects_24h=1,
        last_reject_at=NOW - timedelta(hours=3),
        failed_imports=[FailedImport(UUID(int=1), "a.csv", "Gone.", NOW - timedelta(days=1))],
        failed_launches=[FailedLaunch(SOURCE, "Spring", NO_AUDIENCE, NOW - timedelta(hours=1))],
        quarantined_events=2,
        quarantined_at=NOW - timedelta(days=2),
    )
    kinds = [line.kind for line in attention(found, now=NOW, lang="en")]
    assert kinds == [
        "launch_failed",
        "quarantined",
        "import_failed",
        "rejects",
        "no_sender",
        "catcher",
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_every_line_is_whole_in_both_languages(lang: Lang) -> None:
    found = state(
        senders=0,
        development=True,
        mailings=[mailing(stalled=True, trouble="x", in_doubt=1)],
        rejects_24h=1,
        last_reject_at=NOW,
        failed_imports=[FailedImport(UUID(int=1), "a.csv", "bad", NOW)],
        failed_launches=[FailedLaunch(SOURCE, "Spring", NO_AUDIENCE, NOW)],
        quarantined_events=1,
        quarantined_at=NOW,
        waiting_events=1,
        waiting_since=NOW - timedelta(hours=1),
        unverified=[UnverifiedSender("a@shop.test", True, NOW)],
    )
    lines = attention(found, now=NOW, lang=lang)
    assert len({line.kind for line in lines}) == len(lines) == 10
    for line in lines:
        text = f"{line.title} {line.detail}"
        assert not re.search(r"[{}!]", text), text
        assert bool(re.search("[а-яё]", text)) == (lang == "ru"), text
        assert line.link.startswith("/")
