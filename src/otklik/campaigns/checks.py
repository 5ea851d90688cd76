"""What is looked at before a launch: each check yields lines, `run_checks` is the list of them.

A `block` makes the launch impossible, a `warn` does not, an `ok` says that a section was looked at
and found in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from otklik.campaigns.model import (
    CHANNEL,
    AudienceView,
    Campaign,
    Check,
    Level,
    Section,
    arm_shares,
)
from otklik.channels.email.public import SenderIdentity, SenderNotFound, sender_identity
from otklik.content.public import (
    KnownVariables,
    Letter,
    LetterNotFound,
    check_letter,
    get_letter,
    known_variables,
)
from otklik.delivery.public import CONTROL
from otklik.experiments.public import detectable_rate
from otklik.kit.i18n import Lang, Text, group_digits, plural
from otklik.privacy.public import Topic, TopicNotFound, get_topic
from otklik.profiles.public import trait_names
from otklik.runtime.public import Tx

TYPICAL_RATE = 0.02
"""Share of people who act without any letter, for the forecast of what a test can show."""
DETECTABLE_POINTS_MAX = 0.02
"""A test that can only show more than two points of difference is called too small."""
SCHEDULE_MAX = timedelta(days=366)


class Materials(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the checks look at, read beforehand, so that they are pure."""

    campaign: Campaign
    letters: dict[str, Letter | None]
    sender: SenderIdentity | None
    topic: Topic | None
    known: KnownVariables
    audience: AudienceView
    development: bool
    now: datetime
    lang: Lang


_TEXTS: dict[str, tuple[Level, Section, Text]] = {
    "no_segment": (
        "block",
        "audience",
        Text(en="No segment is chosen.", ru="Не выбран ни один сегмент."),
    ),
    "audience_empty": (
        "block",
        "audience",
        Text(
            en="Nobody would get this letter: the audience is empty.",
            ru="Письмо никому не уйдёт: аудитория пустая.",
        ),
    ),
    "audience_all_skipped": (
        "block",
        "audience",
        Text(
            en="Nobody of the audience can get this letter; see the reasons beside the audience.",
            ru="Никто из аудитории не может получить письмо; причины показаны рядом с аудиторией.",
        ),
    ),
    "audience_ok": (
        "ok",
        "audience",
        Text(en="{people} will take part.", ru="В рассылке участвуют: {people}."),
    ),
    "no_variant": (
        "block",
        "letter",
        Text(en="There is no variant.", ru="Нет ни одного варианта."),
    ),
    "no_letter": (
        "block",
        "letter",
        Text(en="Variant {key} has no letter.", ru="У варианта {key} не выбрано письмо."),
    ),
    "letter_missing": (
        "block",
        "letter",
        Text(en="The letter of variant {key} was removed.", ru="Письмо варианта {key} удалено."),
    ),
    "variants_equal": (
        "warn",
        "letter",
        Text(
            en="Variants {key} and {other} have the same letter: a test of them shows nothing.",
            ru="У вариантов {key} и {other} одно и то же письмо: такой тест ничего не покажет.",
        ),
    ),
    "variant_without_share": (
        "warn",
        "letter",
        Text(
            en="Nobody gets variant {key}: its share is 0.",
            ru="Вариант {key} никто не получит: его доля 0.",
        ),
    ),
    "shares_empty": (
        "block",
        "letter",
        Text(en="All shares of the variants are 0.", ru="Доли всех вариантов равны 0."),
    ),
    "keys_repeat": (
        "block",
        "letter",
        Text(en="Two variants are called {key}.", ru="Два варианта называются {key}."),
    ),
    "letter_ok": (
        "ok",
        "letter",
        Text(en="Variant {key}: the letter is in order.", ru="Вариант {key}: письмо в порядке."),
    ),
    "no_sender": ("block", "sender", Text(en="No sender is chosen.", ru="Не выбран отправитель.")),
    "sender_missing": (
        "block",
        "sender",
        Text(en="The sender was removed.", ru="Отправитель удалён."),
    ),
    "sender_not_signed": (
        "warn",
        "sender",
        Text(
            en="Letters from {address} are not signed by DKIM; large services will refuse them.",
            ru="Письма от {address} не подписаны DKIM; крупные почтовые сервисы их не примут.",
        ),
    ),
    "sender_not_aligned": (
        "block",
        "sender",
        Text(
            en="The address is in {domain}, but the signature is of {signed}: DMARC will fail.",
            ru="Адрес в домене {domain}, а подпись домена {signed}: проверка DMARC не пройдёт.",
        ),
    ),
    "sender_ok": (
        "ok",
        "sender",
        Text(
            en="{address} and its signature are in one domain.",
            ru="{address} и подпись — в одном домене.",
        ),
    ),
    "no_topic": (
        "warn",
        "audience",
        Text(
            en="No topic is chosen: whoever unsubscribes leaves all letters, not one topic.",
            ru="Тема не выбрана: кто отпишется, перестанет получать все письма, а не одну тему.",
        ),
    ),
    "topic_missing": (
        "block",
        "audience",
        Text(en="The topic was removed or archived.", ru="Тема удалена или в архиве."),
    ),
    "no_goal": (
        "warn",
        "goal",
        Text(
            en="There is no target action: the report will show opens and clicks only.",
            ru="Целевое действие не задано: в отчёте будут только открытия и клики.",
        ),
    ),
    "goal_ok": ("ok", "goal", Text(en="Target action: {event}.", ru="Целевое действие: {event}.")),
    "no_control": (
        "warn",
        "control",
        Text(
            en="There is no control group to show what would have happened without the letter.",
            ru="Контрольной группы нет: не узнать, что было бы без письма.",
        ),
    ),
    "audience_too_small": (
        "warn",
        "control",
        Text(
            en=(
                "With {small} in the smallest group the test notices only a difference of "
                "{points} points or more (at a usual rate of {rate} %)."
            ),
            ru=(
                "В самой маленькой группе {small}: тест заметит только разницу от {points} п. п. "
                "(при обычной доле {rate} %)."
            ),
        ),
    ),
    "control_ok": (
        "ok",
        "control",
        Text(
            en="The test notices a difference of {points} points or more.",
            ru="Тест заметит разницу от {points} п. п.",
        ),
    ),
    "schedule_without_time": (
        "block",
        "schedule",
        Text(en="The time of the launch is missing.", ru="Не указано время запуска."),
    ),
    "schedule_past": (
        "block",
        "schedule",
        Text(en="The time of the launch is in the past.", ru="Время запуска уже прошло."),
    ),
    "schedule_far": (
        "block",
        "schedule",
        Text(
            en="The time of the launch is more than a year away.",
            ru="До времени запуска больше года.",
        ),
    ),
    "development": (
        "warn",
        "sender",
        Text(
            en="Letters go to the built-in mail catcher: nobody outside gets them.",
            ru="Письма уходят во встроенный ловец: наружу ничего не отправляется.",
        ),
    ),
}


async def gather_materials(
    tx: Tx,
    *,
    workspace_id: int,
    campaign: Campaign,
    audience: AudienceView,
    development: bool,
    lang: Lang,
    now: datetime,
) -> Materials:
    """Read what the checks look at."""
    return Materials(
        campaign=campaign,
        letters={
            variant.key: await _letter(tx, workspace_id, variant.letter_id)
            for variant in campaign.variants
            if variant.letter_id is not None
        },
        sender=await _sender(tx, workspace_id, campaign.sender_id),
        topic=await _topic(tx, workspace_id, campaign.topic_id),
        known=known_variables(
            {found.trait for found in await trait_names(tx, workspace_id=workspace_id)}
        ),
        audience=audience,
        development=development,
        now=now,
        lang=lang,
    )


def run_checks(materials: Materials) -> list[Check]:
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
        )
        for line in look(materials)
    ]
    order = {"block": 0, "warn": 1, "ok": 2}
    return sorted(lines, key=lambda line: order[line.level])


def check_audience(m: Materials) -> Iterator[Check]:
    if not m.campaign.audience.segment_ids:
        yield _line(m, "no_segment")
    elif m.audience.total - sum(x.removed for x in m.audience.exclusions) <= 0:
        yield _line(m, "audience_empty")
    elif m.audience.remaining == 0:
        yield _line(m, "audience_all_skipped")
    else:
        yield _line(m, "audience_ok", people=_people(m.lang, m.audience.remaining))


def check_topic(m: Materials) -> Iterator[Check]:
    if m.campaign.topic_id is None:
        yield _line(m, "no_topic")
    elif m.topic is None or m.topic.archived:
        yield _line(m, "topic_missing")


def check_variants(m: Materials) -> Iterator[Check]:
    variants = m.campaign.variants
    if not variants:
        yield _line(m, "no_variant")
        return
    keys = [variant.key for variant in variants]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield _line(m, "keys_repeat", variant=key, key=key)
    if arm_shares(variants, m.campaign.control_share) is None:
        yield _line(m, "shares_empty")
    else:
        for variant in variants:
            if not variant.share:
                yield _line(m, "variant_without_share", variant=variant.key, key=variant.key)
    first: dict[UUID, str] = {}
    for variant in variants:
        if variant.letter_id is None:
            continue
        other = first.setdefault(variant.letter_id, variant.key)
        if other != variant.key:
            yield _line(m, "variants_equal", variant=variant.key, key=other, other=variant.key)


def check_letters(m: Materials) -> Iterator[Check]:
    for variant in m.campaign.variants:
        if variant.letter_id is None:
            yield _line(m, "no_letter", variant=variant.key, key=variant.key)
            continue
        letter = m.letters.get(variant.key)
        if letter is None:
            yield _line(m, "letter_missing", variant=variant.key, key=variant.key)
            continue
        problems = check_letter(letter.as_source, known=m.known)
        for found in problems:
            yield Check(
                code=found.code,
                level="block" if found.level == "error" else "warn",
                message=f"{letter.name}: {found.message(m.lang)}",
                section="letter",
                variant=variant.key,
                line=found.line,
            )
        if not any(found.level == "error" for found in problems):
            yield _line(m, "letter_ok", variant=variant.key, key=variant.key)


def check_sender(m: Materials) -> Iterator[Check]:
    if m.development:
        yield _line(m, "development")
    if m.campaign.sender_id is None:
        yield _line(m, "no_sender")
    elif m.sender is None:
        yield _line(m, "sender_missing")
    elif m.sender.dkim is None:
        yield _line(m, "sender_not_signed", address=m.sender.address)
    elif not aligned(_domain(m.sender.address), m.sender.dkim.domain):
        yield _line(
            m,
            "sender_not_aligned",
            domain=_domain(m.sender.address),
            signed=m.sender.dkim.domain,
        )
    else:
        yield _line(m, "sender_ok", address=m.sender.address)


def check_goal(m: Materials) -> Iterator[Check]:
    if m.campaign.goal is None:
        yield _line(m, "no_goal")
    else:
        yield _line(m, "goal_ok", event=m.campaign.goal.event)


def check_control(m: Materials) -> Iterator[Check]:
    if not m.campaign.control_share:
        yield _line(m, "no_control")
    counts = [arm.count for arm in m.audience.arms if arm.share > 0]
    if len(counts) < 2 or min(counts) == 0:
        return
    small, control = min(counts), _control_count(m)
    base = control if control is not None else small
    others = [arm.count for arm in m.audience.arms if arm.share > 0 and arm.key != CONTROL]
    rate = detectable_rate(TYPICAL_RATE, base, min(others))
    points = 1.0 if rate is None else rate - TYPICAL_RATE
    shown = f"{points * 100:.1f}" if points < 0.995 else "100"
    if m.lang == "ru":
        shown = shown.replace(".", ",")
    if points > DETECTABLE_POINTS_MAX:
        yield _line(
            m,
            "audience_too_small",
            small=_people(m.lang, small),
            points=shown,
            rate=f"{TYPICAL_RATE * 100:.0f}",
        )
    else:
        yield _line(m, "control_ok", points=shown)


def check_schedule(m: Materials) -> Iterator[Check]:
    schedule = m.campaign.schedule
    if schedule.kind == "now":
        return
    if schedule.at is None:
        yield _line(m, "schedule_without_time")
    elif schedule.at <= m.now:
        yield _line(m, "schedule_past")
    elif schedule.at > m.now + SCHEDULE_MAX:
        yield _line(m, "schedule_far")


def aligned(address_domain: str, signing_domain: str) -> bool:
    """Tell whether a signature counts for an address under DMARC's relaxed alignment (RFC 7489).

    One domain must be equal to the other or lie inside it. The list of public suffixes is not
    consulted, so two sister domains of one organisation are called not aligned: on the safe side.
    """
    a, b = address_domain.lower().rstrip("."), signing_domain.lower().rstrip(".")
    return a == b or a.endswith("." + b) or b.endswith("." + a)


def _control_count(m: Materials) -> int | None:
    for arm in m.audience.arms:
        if arm.key == CONTROL:
            return arm.count
    return None


def _line(m: Materials, code: str, *, variant: str | None = None, **facts: object) -> Check:
    level, section, text = _TEXTS[code]
    return Check(code, level, text.of(m.lang, facts), section, variant)


def _people(lang: Lang, count: int) -> str:
    noun = plural(lang, count, en=("person", "people"), ru=("человек", "человека", "человек"))
    return f"{group_digits(lang, count)} {noun}"


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


async def _letter(tx: Tx, workspace_id: int, letter_id: UUID | None) -> Letter | None:
    try:
        assert letter_id is not None
        return await get_letter(tx, workspace_id=workspace_id, letter_id=letter_id)
    except LetterNotFound:
        return None


async def _sender(tx: Tx, workspace_id: int, sender_id: UUID | None) -> SenderIdentity | None:
    if sender_id is None:
        return None
    try:
        return await sender_identity(tx, workspace_id=workspace_id, sender_id=sender_id)
    except SenderNotFound:
        return None


async def _topic(tx: Tx, workspace_id: int, topic_id: UUID | None) -> Topic | None:
    if topic_id is None:
        return None
    try:
        return await get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)
    except TopicNotFound:
        return None


__all__ = ["CHANNEL", "Materials", "aligned", "gather_materials", "run_checks"]
