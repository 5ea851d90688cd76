"""The verdicts on agents that other projects have listed, and on those of real readers.

The lists lie beside the project (`../shared/data/user_agents`, or where OTKLIK_USER_AGENTS says),
not in it; without them those tests skip. Whoever wants the shares, and what was missed one by one:
`pytest -s tests/channels/email/test_agents_agreement.py`.
"""

# ruff: noqa: T201 -- the figures are printed for `pytest -s`

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from otklik.channels.email.agents import judge_hit
from otklik.channels.email.model import Hit, HitVerdict
from tests.channels.email.readers import PROXIES, READERS

DATA = Path(
    os.environ.get("OTKLIK_USER_AGENTS")
    or Path(__file__).resolve().parents[3].parent / "shared" / "data" / "user_agents"
)
needs_lists = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared lists of agents are not beside the project"
)
READS_GERMAN = {"accept-language": "de"}


def listed(name: str) -> list[str]:
    file = DATA / name
    lines = (gzip.open if name.endswith(".gz") else open)(file, "rt", encoding="utf-8")
    with lines:
        entries = [json.loads(line) for line in lines]
    return [entry["user_agent"] for entry in entries if "user_agent" in entry]


def share_told(name: str, agents: list[str]) -> float:
    """Return which share of these machines is not taken for people, by opening or by clicking."""
    verdicts: Counter[str] = Counter()
    missed = []
    for agent in agents:
        found = {judge_hit(Hit(kind, agent, headers=READS_GERMAN)) for kind in ("open", "click")}
        people = [one for one in found if one.verdict is HitVerdict.PERSON]
        if people:
            missed.append(agent)
        else:
            verdicts[min(one.verdict.value for one in found)] += 1
    share = 1 - len(missed) / len(agents)
    print(f"\n{name}: {len(agents)} agents, told {share:.1%} {dict(verdicts)}")
    for agent in missed:
        print("   taken for a person:", agent)
    return share


@needs_lists
@pytest.mark.parametrize(
    ("name", "least"),
    [("crawler_user_agents.jsonl.gz", 0.99), ("matomo_bots.jsonl.gz", 0.99)],
)
def test_it_knows_the_robots_of_others_lists(name: str, least: float) -> None:
    assert share_told(name, listed(name)) >= least


@needs_lists
def test_it_knows_the_false_openings_that_others_met() -> None:
    agents = listed("gmass_false_open_agents.jsonl")
    # Outlook on a desktop names itself so too when its reader opens a letter: that list gives up
    # its readers, we don't.
    doubtful = [agent for agent in agents if "Microsoft Outlook" in agent]
    certain = [agent for agent in agents if agent not in doubtful]
    print(f"\nleft out as readers' own: {len(doubtful)} of {len(agents)}")
    assert share_told("gmass_false_open_agents.jsonl", certain) == 1


@pytest.mark.parametrize("name", READERS)
def test_it_takes_no_reader_for_a_machine(name: str) -> None:
    for kind in ("open", "click"):
        judged = judge_hit(Hit(kind, READERS[name], headers={"accept-language": "ru"}))
        assert (judged.verdict, judged.reason) == (HitVerdict.PERSON, "")


@pytest.mark.parametrize("name", PROXIES)
def test_it_tells_proxies_from_scanners(name: str) -> None:
    assert judge_hit(Hit("open", PROXIES[name])).verdict is HitVerdict.MACHINE
