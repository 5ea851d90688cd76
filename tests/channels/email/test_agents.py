"""Who opened, who clicked."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from otklik.channels.email.agents import judge_hit
from otklik.channels.email.model import Hit, HitVerdict

AGENTS = Path(__file__).parents[4] / "shared" / "data" / "user_agents"
needs_agents = pytest.mark.skipif(
    not AGENTS.exists(), reason="the shared lists of user agents are not on this machine"
)

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {APPLE}"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE}"
READERS = [
    CHROME,
    CHROME + " Edg/126.0.0.0",
    CHROME + " OPR/112.0.0.0",
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/124.0 YaBrowser/24.6 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Trident/7.0; .NET4.0C; .NET CLR 2.0.50727; rv:11.0) like Gecko",
    MAC + " Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.12.0",
    IPHONE + " Version/17.5 Mobile/15E148 Safari/604.1",
    IPHONE + " Mobile/15E148",
    IPHONE + " CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
    IPHONE + " GSA/322.0.642990 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-A536B) {WEBKIT} SamsungBrowser/25.0 "
    "Chrome/121.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 11; Redmi Note 8 Pro Build/RP1A; wv) {WEBKIT} Version/4.0 "
    "Chrome/126.0.6478.71 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-NX9; HMSCore 6.13) {WEBKIT} Chrome/114.0 "
    "HuaweiBrowser/14.0.7 Mobile Safari/537.36",
    "Mozilla/5.0 (Android 13; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36",
    "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.14931; Pro)",
    "Outlook-iOS/709.2226530.prod.iphone (3.24.1)",
]


@pytest.mark.parametrize("agent", READERS)
def test_it_takes_readers_for_people(agent: str) -> None:
    headers = {"Accept-Language": "ru"}
    assert judge_hit(Hit("open", agent)).verdict is HitVerdict.PERSON
    assert judge_hit(Hit("click", agent, headers=headers)).verdict is HitVerdict.PERSON


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
            "(via ggpht.com GoogleImageProxy)",
            "mailbox_proxy",
        ),
        (
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            "mailbox_proxy",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/42.0.2311.135 "
            "Safari/537.36 Edge/12.246 Mozilla/5.0",
            "mailbox_proxy",
        ),
        ("Mozilla/5.0", "apple_privacy"),
        (MAC, "apple_privacy"),
    ],
)
def test_it_tells_mailboxes_that_open_by_themselves(agent: str, reason: str) -> None:
    judged = judge_hit(Hit("open", agent))
    assert (judged.verdict, judged.reason) == (HitVerdict.MACHINE, reason)


def click(**fields: Any) -> tuple[str, str]:
    given: dict[str, Any] = {
        "headers": {"accept-language": "en"},
        "seconds_since_sent": 60.0,
        **fields,
    }
    judged = judge_hit(Hit(kind="click", user_agent=str(given.pop("agent", CHROME)), **given))
    return judged.verdict.value, judged.reason


def test_it_judges_by_what_was_asked_and_how() -> None:
    assert click() == ("person", "")
    assert click(honeypot=True) == ("scanner", "honeypot")
    assert click(method="HEAD") == ("scanner", "method")
    assert click(agent="") == ("scanner", "no_agent")
    assert click(agent="Mozilla/5.0") == ("scanner", "no_browser")
    assert click(agent="python-requests/2.31") == ("scanner", "library")
    assert click(headers={"Sec-Purpose": "prefetch;prerender"}) == ("machine", "prefetch")
    assert click(headers={"accept": "*/*"}) == ("scanner", "bare_request")
    assert click(headers={"Sec-Fetch-Mode": "navigate"}) == ("person", "")
    assert click(headers={}) == ("person", "")


def test_it_knows_a_gateway_by_its_haste() -> None:
    assert click(seconds_since_sent=0.4) == ("scanner", "too_soon")
    assert click(seconds_since_sent=0.4, opened_before=True) == ("person", "")
    assert click(seconds_since_sent=None) == ("person", "")


def test_it_knows_a_gateway_by_its_thoroughness() -> None:
    assert click(link=3, recent_links=(1, 2), links_total=4) == ("scanner", "burst")
    assert click(link=3, recent_links=(1, 2), links_total=20) == ("person", "")
    assert click(link=1, recent_links=(1, 1), links_total=3) == ("person", "")
    assert click(link=1, recent_links=(2,), links_total=2) == ("person", "")


@needs_agents
@pytest.mark.parametrize("name", ["crawler_user_agents", "matomo_bots"])
def test_it_knows_nearly_all_listed_robots(name: str) -> None:
    with gzip.open(AGENTS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        agents = [json.loads(line)["user_agent"] for line in lines]
    taken_for_people = [
        agent
        for agent in agents
        if judge_hit(Hit("click", agent, headers={"accept-language": "en"})).verdict
        is HitVerdict.PERSON
    ]
    assert len(taken_for_people) / len(agents) < 0.03


@needs_agents
def test_it_knows_the_false_opens_that_others_met() -> None:
    lines = (AGENTS / "gmass_false_open_agents.jsonl").read_text(encoding="utf-8").splitlines()
    agents = [entry["user_agent"] for entry in map(json.loads, lines) if "user_agent" in entry]
    # Outlook on a desktop names itself so too when its reader opens a letter.
    doubtful = [agent for agent in agents if "Microsoft Outlook" in agent]
    missed = {a for a in agents if judge_hit(Hit("open", a)).verdict is HitVerdict.PERSON}
    assert missed <= set(doubtful)
