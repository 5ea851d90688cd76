"""Each check yields lines, `run_checks` is the list of them; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from otklik.campaigns.checks.materials import Materials
from otklik.campaigns.checks.texts import TEXTS
from otklik.campaigns.goals import is_readable
from otklik.campaigns.marks import marks
from otklik.campaigns.model import Finding, arm_shares
from otklik.content.public import check_letter
from otklik.delivery.public import CONTROL
from otklik.experiments.public import detectable_rate
from otklik.kit.calendar import day_text
from otklik.kit.i18n import LANGS, Lang, Text, group_digits, plural
from otklik.rules.shape import literal

InBoth = Callable[[Lang], str]
"""A fact that is written differently in the two languages, such as a number with its noun."""
_AMP_SUMMARY = "amp_not_shown"
TYPICAL_RATE = 0.02
"""Share of people who act without any letter, for the forecast of what a test can show."""
DETECTABLE_POINTS_MAX = 0.02
"""A test that can only show more than two points of difference is called too small."""
SCHEDULE_MAX = timedelta(days=366)


def run_checks(materials: Materials) -> list[Finding]:
    """Return all lines, blocks first. Pure."""
    lines = [
        line
        for look in (
            check_audience,
            check_topic,
            check_variants,
            check_letters,
            check_sender,
            check_goal,
            check_control,
            check_schedule,
            check_limits,
            check_service,
            check_first,
            check_approval,
        )
        for line in look(materials)
    ]
    order = {"block": 0, "warn": 1, "ok": 2}
    return sorted(lines, key=lambda line: order[line.level])


def check_audience(m: Materials) -> Iterator[Finding]:
    if not m.campaign.audience.segment_ids:
        yield _line("no_segment")
    elif m.audience.missing:
        yield _line("segment_missing")
    elif m.audience.total - sum(x.removed for x in m.audience.exclusions) <= 0:
        yield _line("audience_empty")
    elif m.audience.remaining == 0:
        yield _line("audience_all_skipped")
    else:
        yield _line("audience_ok", people=_people(m.audience.remaining))


def check_topic(m: Materials) -> Iterator[Finding]:
    if m.campaign.topic_id is None:
        yield _line("no_topic")
    elif m.topic is None or m.topic.archived:
        yield _line("topic_missing")


def check_variants(m: Materials) -> Iterator[Finding]:
    variants = m.campaign.variants
    if not variants:
        yield _line("no_variant")
        return
    keys = [variant.key for variant in variants]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield _line("keys_repeat", variant=key, key=key)
    if arm_shares(variants, m.campaign.control_share) is None:
        yield _line("shares_empty")
    else:
        for variant in variants:
            if not variant.share:
                yield _line("variant_without_share", variant=variant.key, key=variant.key)
        if m.audience.remaining:
            for arm in m.audience.arms:
                if arm.share > 0 and not arm.count:
                    group = arm.key if arm.key != CONTROL else None
                    code = "variant_empty" if group else "control_empty"
                    yield _line(code, variant=group, key=arm.key)
    first: dict[UUID, str] = {}
    for variant in variants:
        if variant.letter_id is None:
            continue
        other = first.setdefault(variant.letter_id, variant.key)
        if other != variant.key:
            yield _line("variants_equal", variant=variant.key, key=other, other=variant.key)


def check_letters(m: Materials) -> Iterator[Finding]:
    for variant in m.campaign.variants:
        if variant.letter_id is None:
            yield _line("no_letter", variant=variant.key, key=variant.key)
            continue
        letter = m.letters.get(variant.key)
        if letter is None:
            yield _line("letter_missing", variant=variant.key, key=variant.key)
            continue
        problems = check_letter(letter.as_source, known=m.known)
        for found in problems:
            if found.part == "amp" and found.level != "error" and found.code != _AMP_SUMMARY:
                # Each line of it is shown in the letter; here the sum of it is enough.
                continue
            said = [literal(f"{letter.name}: {found.message(lang)}") for lang in LANGS]
            yield Finding(
                code=found.code,
                level="block" if found.level == "error" else "warn",
                message=Text(*said),
                section="letter",
                variant=variant.key,
                line=found.line,
                letter_id=letter.id,
                row_id=found.row_id,
                block_id=found.block_id,
            )
        for gap in m.gaps.get(variant.key, ()):
            line = _line(
                "trait_gap",
                variant=variant.key,
                letter=letter.name,
                trait=gap.trait,
                empty=_number(gap.empty),
                letters=_letters(gap.letters),
            )
            yield msgspec.structs.replace(
                line,
                line=gap.place.line,
                letter_id=letter.id,
                row_id=gap.place.row_id,
                block_id=gap.place.block_id,
            )
        if not any(found.level == "error" for found in problems):
            yield _line("letter_ok", variant=variant.key, key=variant.key)


def check_sender(m: Materials) -> Iterator[Finding]:
    if m.development:
        yield _line("development")
    if m.campaign.sender_id is None:
        yield _line("no_sender")
    elif m.sender is None:
        yield _line("sender_missing")
    elif m.sender.dkim is None:
        yield _line("sender_not_signed", address=m.sender.address)
    elif not aligned(_domain(m.sender.address), m.sender.dkim.domain):
        yield _line(
            "sender_not_aligned",
            domain=_domain(m.sender.address),
            signed=m.sender.dkim.domain,
        )
    else:
        yield _line("sender_ok", address=m.sender.address)


def check_goal(m: Materials) -> Iterator[Finding]:
    goal = m.campaign.goal
    if goal is None:
        yield _line("no_goal")
    for one in [*([goal] if goal else []), *m.campaign.more_goals]:
        if not is_readable(one):
            yield _line("goal_broken", event=one.event)
        elif one is goal:
            yield _line("goal_ok", event=one.event)


def check_control(m: Materials) -> Iterator[Finding]:
    if not m.campaign.control_share:
        yield _line("no_control")
    counts = [arm.count for arm in m.audience.arms if arm.share > 0]
    if len(counts) < 2 or min(counts) == 0:
        return
    small, control = min(counts), _control_count(m)
    base = control if control is not None else small
    others = [arm.count for arm in m.audience.arms if arm.share > 0 and arm.key != CONTROL]
    rate = detectable_rate(TYPICAL_RATE, base, min(others))
    points = 1.0 if rate is None else rate - TYPICAL_RATE
    shown = _decimal(f"{points * 100:.1f}" if points < 0.995 else "100")
    if points > DETECTABLE_POINTS_MAX:
        yield _line(
            "audience_too_small",
            small=_people(small),
            points=shown,
            rate=f"{TYPICAL_RATE * 100:.0f}",
        )
    else:
        yield _line("control_ok", points=shown)


def check_schedule(m: Materials) -> Iterator[Finding]:
    schedule = m.campaign.schedule
    zone = ZoneInfo(m.zone)
    begins = m.now
    if schedule.kind == "at":
        if schedule.at is None:
            yield _line("schedule_without_time")
        elif schedule.at <= m.now:
            yield _line("schedule_past")
        elif schedule.at > m.now + SCHEDULE_MAX:
            yield _line("schedule_far")
        begins = max(schedule.at or m.now, m.now)
    elif schedule.kind == "own":
        wall = schedule.wall()
        here = None if wall is None else wall.replace(tzinfo=zone)
        if here is None:
            yield _line("schedule_without_time")
        elif here <= m.now:
            yield _line("schedule_past")
        elif here > m.now + SCHEDULE_MAX:
            yield _line("schedule_far")
        elif m.audience.own is not None and m.audience.own.late:
            yield _line(
                "own_time_passed",
                late=_people(m.audience.own.late),
                share=_share(m.audience.own.late, _to_hear(m)),
            )
        if m.own_quiet_until is not None:
            yield _line("own_time_quiet", at=_wall(m.own_quiet_until))
        begins = max(here or m.now, m.now)
    if schedule.spread_hours is not None:
        if schedule.kind == "own" or m.campaign.first is not None:
            yield _line("spread_with_another")
        ends = begins + timedelta(hours=schedule.spread_hours)
        if m.campaign.until is not None and begins < m.campaign.until < ends:
            yield _line("spread_past_until", at=_clock(ends, m.zone))
    until, timing = m.campaign.until, m.audience.timing
    if until is not None and until <= begins:
        yield _line("until_past")
    elif until is not None and timing and timing.rest_at and timing.rest_at >= until:
        yield _line("first_past_until", at=_clock(timing.rest_at, m.zone))
    elif timing and timing.is_cut and timing.ends_at and schedule.spread_hours is None:
        yield _line("ends_past_until", at=_clock(timing.ends_at, m.zone))
    elif m.quiet_until is not None and until is not None and m.quiet_until > until:
        yield _line("quiet_past_until", at=_clock(m.quiet_until, m.zone))
    elif m.quiet_until is not None:
        yield _line("quiet_now", at=_clock(m.quiet_until, m.zone))


def check_limits(m: Materials) -> Iterator[Finding]:
    limited = m.audience.limited
    if limited:
        whole = _to_hear(m)
        code = "audience_limited" if limited < whole else "everybody_limited"
        yield _line(code, people=_people(limited), share=_share(limited, whole))


def check_service(m: Materials) -> Iterator[Finding]:
    if m.campaign.service:
        yield _line("service")


def check_approval(m: Materials) -> Iterator[Finding]:
    if not m.approval_required:
        return
    approval = m.campaign.approval
    if approval is None or not m.campaign.is_approved:
        yield _line("not_approved")
    elif approval.letters is not None and approval.letters != marks(m.letters_of_variants):
        yield _line("approved_before_a_change", name=approval.decided_by_name)
    else:
        yield _line("approved")


def check_first(m: Materials) -> Iterator[Finding]:
    first = m.campaign.first
    if first is None:
        return
    if (first.people is None) == (first.share is None):
        yield _line("first_empty")
        return
    if first.decide == "winner" and first.metric in ("targets", "revenue") and not m.campaign.goal:
        yield _line("first_without_goal")
    size = m.audience.first or 0
    if m.audience.remaining and not size:
        yield _line("first_nobody")
        return
    counts = [arm.count for arm in m.audience.arms if arm.key != CONTROL]
    shares = [arm.share for arm in m.audience.arms if arm.key != CONTROL]
    whole = float(sum(shares))
    if sum(counts) and size >= sum(counts):
        yield _line("first_everybody")
    elif len(counts) > 1 and first.decide == "winner" and whole:
        smallest = round(size * min(shares) / whole)
        rate = detectable_rate(TYPICAL_RATE, max(smallest, 1), max(smallest, 1))
        points = 1.0 if rate is None else rate - TYPICAL_RATE
        if points > DETECTABLE_POINTS_MAX:
            shown = _decimal(f"{points * 100:.1f}" if points < 0.995 else "100")
            yield _line("first_too_small", small=_people(smallest), points=shown)


def aligned(address_domain: str, signing_domain: str) -> bool:
    """Tell whether a signature counts for an address under DMARC's relaxed alignment (RFC 7489).

    One domain must be equal to the other or lie inside it. The list of public suffixes is not
    consulted, so two sister domains of one organisation are called not aligned: on the safe side.
    """
    a, b = address_domain.lower().rstrip("."), signing_domain.lower().rstrip(".")
    return a == b or a.endswith("." + b) or b.endswith("." + a)


def _to_hear(m: Materials) -> int:
    return sum(arm.count for arm in m.audience.arms if arm.key != CONTROL)


def _share(part: int, whole: int) -> InBoth:
    percent = 100 * part / whole if whole else 0.0
    return _decimal("<0.1" if 0 < percent < 0.05 else f"{percent:.1f}".removesuffix(".0"))


def _control_count(m: Materials) -> int | None:
    for arm in m.audience.arms:
        if arm.key == CONTROL:
            return arm.count
    return None


def _line(code: str, *, variant: str | None = None, **facts: str | InBoth) -> Finding:
    level, section, text = TEXTS[code]
    said = (
        literal(
            text.of(
                lang,
                {name: f if isinstance(f, str) else f(lang) for name, f in facts.items()},
            )
        )
        for lang in LANGS
    )
    return Finding(code, level, section, Text(*said), variant)


def _people(count: int) -> InBoth:
    def said(lang: Lang) -> str:
        noun = plural(lang, count, en=("person", "people"), ru=("человек", "человека", "человек"))
        return f"{group_digits(lang, count)} {noun}"

    return said


def _number(count: int) -> InBoth:
    return lambda lang: group_digits(lang, count)


def _letters(count: int) -> InBoth:
    """Return the number with its noun in the genitive, as behind "of"."""

    def said(lang: Lang) -> str:
        noun = plural(lang, count, en=("letter", "letters"), ru=("письма", "писем", "писем"))
        return f"{group_digits(lang, count)} {noun}"

    return said


def _clock(moment: datetime, zone: str) -> InBoth:
    local = moment.astimezone(ZoneInfo(zone))
    return lambda lang: f"{day_text(lang, local.date())} {local:%H:%M}"


def _wall(wall: datetime) -> InBoth:
    return lambda lang: f"{day_text(lang, wall.date())} {wall:%H:%M}"


def _decimal(number: str) -> InBoth:
    return lambda lang: number.replace(".", ",") if lang == "ru" else number


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
