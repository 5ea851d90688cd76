"""Who opened, who clicked."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from otklik.channels.email import agents
from otklik.channels.email.agent_texts import HIT_TEXTS
from otklik.channels.email.agents import judge_hit
from otklik.channels.email.model import Hit, HitVerdict
from tests.channels.email.readers import CHROME, PROXIES

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        (PROXIES["Gmail"], "mailbox_proxy"),
        (PROXIES["Gmail ahead of reading"], "mailbox_proxy"),
        ("Mozilla/5.0", "apple_privacy"),
        (MAC, "apple_privacy"),
    ],
)
def test_it_says_why_an_opening_is_a_mailbox_s_own(agent: str, reason: str) -> None:
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
    assert click(seconds_since_sent=0.4, opened_before=True) == ("scanner", "too_soon")
    assert click(seconds_since_sent=2.0) == ("scanner", "too_soon")
    assert click(seconds_since_sent=2.0, opened_before=True) == ("person", "")
    assert click(seconds_since_sent=None) == ("person", "")


def test_it_knows_a_gateway_by_its_thoroughness() -> None:
    assert click(link=3, recent_links=(1, 2), links_total=4) == ("scanner", "burst")
    assert click(link=3, recent_links=(1, 2), links_total=20) == ("person", "")
    assert click(link=1, recent_links=(1, 1), links_total=3) == ("person", "")
    assert click(link=1, recent_links=(2,), links_total=2) == ("person", "")


def test_it_knows_a_gateway_by_what_else_it_did() -> None:
    assert click(source_caught=True) == ("scanner", "source")
    assert click(source_letters=5) == ("scanner", "many_letters")
    assert click(source_letters=4) == ("person", "")
    # Colleagues behind one address who read a letter of yesterday.
    assert click(source_letters=9, seconds_since_sent=90_000.0) == ("person", "")
    assert click(tried_first=True) == ("scanner", "tried_first")
    judged = judge_hit(Hit("open", CHROME, source_caught=True))
    assert (judged.verdict, judged.reason) == (HitVerdict.SCANNER, "source")


def test_every_rule_says_in_words_what_it_saw() -> None:
    source = inspect.getsource(agents)
    codes = set(re.findall(r'HitVerdict\.\w+, "(\w*)"', source))
    codes |= set(re.findall(r'return "(\w+)"', source))
    assert len(codes) >= 15
    assert codes == set(HIT_TEXTS)
