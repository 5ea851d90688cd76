"""Who opened and clicked: people, mailboxes by themselves, scanners, and by which rule."""

from __future__ import annotations

import msgspec

from otklik.analytics.behind import Verdict
from otklik.analytics.model import ReportSpec
from otklik.analytics.queries import hit_rows
from otklik.channels.email.public import HIT_TEXTS
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime


class HitGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Openings and clicks with one verdict for one reason, and of how many people.

    `what` is the reason in words. Somebody may be in several groups.
    """

    verdict: Verdict
    reason: str
    what: str
    openings: int
    opened_people: int
    clicks: int
    clicked_people: int


async def report_hits(rt: Runtime, spec: ReportSpec, lang: Lang) -> list[HitGroup]:
    """Return the openings and clicks of a mailing by verdict and reason: people first."""
    return [
        HitGroup(
            verdict=verdict,
            reason=reason,
            what=HIT_TEXTS[reason].of(lang) if reason in HIT_TEXTS else reason,
            openings=openings,
            opened_people=opened,
            clicks=clicks,
            clicked_people=clicked,
        )
        for verdict, reason, openings, opened, clicks, clicked in await hit_rows(rt, spec)
    ]
