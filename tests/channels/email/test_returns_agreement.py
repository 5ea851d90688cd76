"""The verdicts on real returned mails that other projects have judged.

The mails lie beside the project (`../shared/data/bounces`), not in it; without them these tests
skip. Whoever wants the differences one by one: `pytest -s tests/channels/email/test_returns_agreement.py`.
The projects differ among themselves: Sisimai counts switched-off and full mailboxes as soft, the
bounce detectors of Mailman count whatever was given up as permanent.
"""

# ruff: noqa: E501, T201 -- the figures are printed for `pytest -s`

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from otklik.channels.email.verdicts import ReturnedMail, judge_return

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "bounces"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared mails are not beside the project"
)

_VERDICT_OF_REASON = {"feedback": "complaint", "vacation": "auto_reply", "delivered": "none"}


def expected(source: str) -> list[dict[str, Any]]:
    with (DATA / source / "expected.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def judged(source: str, case: dict[str, Any]) -> ReturnedMail | None:
    file = DATA / source / case["file"]
    return judge_return(file.read_bytes()) if file.is_file() else None


def test_it_agrees_with_sisimai() -> None:
    total = recipients = verdicts = 0
    for case in expected("sisimai"):
        mail = judged("sisimai", case)
        if mail is None:
            continue
        found = {r.address.lower(): r for r in mail.recipients}
        for at, one in enumerate(case["expected"]):
            want = _VERDICT_OF_REASON.get(one["reason"]) or (
                "hard" if one["hardbounce"] else "soft"
            )
            address = one.get("p5_recipient", "").lower()
            verdict = found.get(address)
            named = verdict is not None or "p5_recipient" not in one
            if verdict is None and at < len(mail.recipients):
                verdict = mail.recipients[at]
            right = verdict is not None and verdict.verdict == want
            total, recipients, verdicts = total + 1, recipients + named, verdicts + right
            if not named or not right:
                print(f"{case['file']}: {address} {one['reason']} {want}; here {verdict}")
    assert total
    print(
        f"Sisimai: {total} recipients, named {recipients / total:.1%}, verdict {verdicts / total:.1%}"
    )
    assert recipients / total >= 0.98
    assert verdicts / total >= 0.92


def test_it_agrees_with_the_detectors_of_mailman() -> None:
    total = named = permanence = 0
    for case in expected("flufl_bounce"):
        mail = judged("flufl_bounce", case)
        if mail is None:
            continue
        permanent = {address.lower() for address in case["permanent"]}
        want = permanent | {address.lower() for address in case["temporary"]}
        got = {r.address.lower(): r for r in mail.recipients}
        same = set(got) == want
        # Permanent there means: given up. Here a full mailbox is given up too, and yet soft.
        given_up = {address for address, r in got.items() if r.reason != "delayed"}
        total, named, permanence = total + 1, named + same, permanence + (given_up == permanent)
        if not same or given_up != permanent:
            print(f"{case['file']}: {sorted(want)}; here {mail.recipients}")
    assert total
    print(f"Mailman: {total} mails, named {named / total:.1%}, given up {permanence / total:.1%}")
    assert named / total >= 0.88
    assert permanence / total >= 0.88


def test_it_understands_the_returns_of_flanker() -> None:
    mails = sorted((DATA / "flanker" / "eml").glob("*gmail*.eml"))
    assert mails
    for file in mails:
        assert [r.verdict for r in judge_return(file.read_bytes()).recipients] == ["hard"]


def test_it_takes_no_other_mail_for_a_return() -> None:
    others = [*DATA.glob("not_bounce/*"), *DATA.glob("*/not_bounce/*")]
    wrong = [
        file.name
        for file in others
        if file.is_file()
        and any(
            r.verdict in ("hard", "soft", "complaint")
            for r in judge_return(file.read_bytes()).recipients
        )
    ]
    assert wrong == []
