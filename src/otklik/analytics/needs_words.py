"""How many people it takes, in sentences that need no statistics to be understood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from otklik.analytics.comparisons import Pair
from otklik.analytics.model import Metric, ReportComparison, ReportNeeded, ReportSpec
from otklik.experiments.public import percent
from otklik.kit.i18n import Lang, Text, group_digits, plural

_UNDECIDED: Final = ("too_small", "no_difference")
_MAILINGS_MAX: Final = 100
_DAYS_MAX: Final = 3_650
_ALIKE: Final = 0.02
"""Groups whose sizes differ by less are spoken of as equal."""


def what_it_takes(
    spec: ReportSpec,
    code: str,
    pairs: Sequence[Pair],
    comparisons: Sequence[ReportComparison],
    *,
    first_at: datetime | None,
    lang: Lang,
) -> list[str]:
    """Return sentences for a verdict that found nothing; none for any other.

    A mailing that goes on always has people who may still respond, so that it is spoken of early.
    """
    if code not in _UNDECIDED and not (spec.repeated and code == "too_early"):
        return []
    subject: Metric = "targets" if spec.goal else "clicks"
    metrics: tuple[Metric, ...] = (subject, "revenue_per_person")
    days = _days_gone(spec, first_at)
    sentences: list[str] = []
    for metric in metrics:
        of = [
            (pair, one)
            for pair, one in zip(pairs, comparisons, strict=True)
            if pair.metric == metric
        ]
        main = [(pair, one) for pair, one in of if pair.against.is_control] or of
        if any(one.significant for _, one in main):
            continue
        if metric == subject and main and all(pair.outcome.control <= 0 for pair, _ in main):
            pair = main[0][0]
            text = _TEXTS["no_base" if pair.against.is_control else "no_base_variant"]
            sentences.append(text.of(lang, {"key": pair.against.key}))
        # All groups have to be large enough for a lift worth having; of what was seen the largest
        # difference is the nearest to being shown.
        worth = [(pair, need) for pair, one in main for need in one.needed if need.basis == "worth"]
        seen = [(pair, need) for pair, one in main for need in one.needed if need.basis == "seen"]
        if worth:
            pair, need = max(worth, key=lambda one: one[1].times)
            sentences.append(_sentence(spec, pair, need, days, lang))
        if seen:
            pair, need = min(seen, key=lambda one: one[1].times)
            sentences.append(_sentence(spec, pair, need, days, lang))
    return sentences


def _days_gone(spec: ReportSpec, first_at: datetime | None) -> float | None:
    """Return for how many days a mailing that goes on has found these people; None where a pace
    can't be told from them."""
    if not spec.repeated or first_at is None or (spec.until and spec.until < spec.as_of):
        return None
    gone = (spec.as_of - first_at) / timedelta(days=1)
    return gone if gone >= 1 else None


def _sentence(
    spec: ReportSpec, pair: Pair, need: ReportNeeded, days: float | None, lang: Lang
) -> str:
    sign = "" if need.basis == "worth" else "−" if need.lift < 0 else "+"
    facts: dict[str, object] = {
        "lift": sign + percent(lang, need.lift),
        "what": _TEXTS[f"{need.basis}_{pair.metric}"].of(lang),
        "groups": _groups(spec, pair, need, lang),
    }
    words = _TEXTS[need.basis].of(lang, facts) + _how_much(spec, need, days, lang)
    if need.control_share is not None and not spec.repeated and not spec.in_parts:
        share = {"share": percent(lang, need.control_share)}
        words += " " + _TEXTS["one_mailing"].of(lang, share)
    return words


def _groups(spec: ReportSpec, pair: Pair, need: ReportNeeded, lang: Lang) -> str:
    here, there = need.people, need.against_people
    if abs(here - there) <= _ALIKE * max(here, there):
        count = _rounded(max(here, there))
        each = plural(lang, count, en=("person", "people"), ru=("человеку", "человека", "человек"))
        return _TEXTS["each"].of(lang, {"people": f"{group_digits(lang, count)} {each}"})
    code = "control" if pair.against.is_control else "variants"
    if spec.repeated:
        code = "letter"
    return _TEXTS[code].of(
        lang,
        {
            "there": _people(lang, _rounded(there)),
            "here": _people(lang, _rounded(here)),
            "against": pair.against.key,
            "arm": pair.arm.key,
        },
    )


def _how_much(spec: ReportSpec, need: ReportNeeded, days: float | None, lang: Lang) -> str:
    if spec.repeated:
        if days is None:
            return "."
        more = math.ceil(days * (need.times - 1))
        if more > _DAYS_MAX:
            return _TEXTS["years"].of(lang)
        word = plural(lang, more, en=("day", "days"), ru=("день", "дня", "дней"))
        return _TEXTS["days"].of(lang, {"days": f"{group_digits(lang, more)} {word}"})
    if need.times > _MAILINGS_MAX:
        return _TEXTS["many"].of(lang, {"most": _MAILINGS_MAX})
    count = math.ceil(need.times)
    word = plural(
        lang,
        count,
        en=("mailing", "mailings"),
        ru=("такая рассылка", "такие рассылки", "таких рассылок"),
    )
    return _TEXTS["mailings"].of(lang, {"mailings": f"{count} {word}"})


def _people(lang: Lang, count: int) -> str:
    word = plural(lang, count, en=("person", "people"), ru=("человек", "человека", "человек"))
    return f"{group_digits(lang, count)} {word}"


def _rounded(people: int) -> int:
    """Round up to three digits: what follows is not known so well."""
    unit = int("1".ljust(len(str(people)) - 2, "0"))
    return -(-people // unit) * unit


_TEXTS: Final[dict[str, Text]] = {
    "worth": Text(
        en="To notice a lift of {lift} in {what} takes about {groups}",
        ru="Чтобы заметить прирост {what} на {lift}, потребуется примерно {groups}",
    ),
    "worth_targets": Text(en="the target action", ru="целевых действий"),
    "worth_clicks": Text(en="clicks", ru="переходов"),
    "worth_revenue_per_person": Text(en="revenue per person", ru="выручки на человека"),
    "seen": Text(
        en="To prove the difference in {what} that is seen now ({lift}) takes about {groups}",
        ru=(
            "Чтобы подтвердить разницу в {what}, которая видна сейчас ({lift}), потребуется "
            "примерно {groups}"
        ),
    ),
    "seen_targets": Text(en="the target action", ru="целевых действиях"),
    "seen_clicks": Text(en="clicks", ru="переходах"),
    "seen_revenue_per_person": Text(en="revenue per person", ru="выручке на человека"),
    "each": Text(en="{people} in each group", ru="по {people} в каждой группе"),
    "control": Text(
        en="{there} in the control group and {here} with variant {arm}",
        ru="{there} в контрольной группе и {here} с вариантом {arm}",
    ),
    "variants": Text(
        en="{there} with variant {against} and {here} with variant {arm}",
        ru="{there} с вариантом {against} и {here} с вариантом {arm}",
    ),
    "letter": Text(
        en="{there} in the control group and {here} who get the letter",
        ru="{there} в контрольной группе и {here} среди получающих письмо",
    ),
    "mailings": Text(en=", which is {mailings} of this size.", ru=": это {mailings}."),
    "many": Text(
        en=", which is more than {most} mailings of this size.",
        ru=": это больше {most} таких рассылок.",
    ),
    "days": Text(
        en=": about {days} more, if new people keep coming at this pace.",
        ru=": ещё примерно {days}, если новые люди будут приходить в том же темпе.",
    ),
    "years": Text(
        en=": more than ten years at this pace.",
        ru=": в том же темпе это больше десяти лет.",
    ),
    "one_mailing": Text(
        en="In one mailing to as many people a control group of {share} does it.",
        ru="В одной рассылке на столько же людей хватит контрольной группы в {share}.",
    ),
    "no_base": Text(
        en="How many people it takes can be told once somebody in the control group has done it.",
        ru=(
            "Сколько людей нужно, станет понятно, когда это сделает хоть кто-то в контрольной "
            "группе."
        ),
    ),
    "no_base_variant": Text(
        en="How many people it takes can be told once somebody with variant {key} has done it.",
        ru="Сколько людей нужно, станет понятно, когда это сделает хоть кто-то с вариантом {key}.",
    ),
}
