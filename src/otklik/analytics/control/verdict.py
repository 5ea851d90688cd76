"""What came out of a global control group, in sentences that need no statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from otklik.analytics.comparisons import POWER_LIFT
from otklik.analytics.control.model import ControlSpec, Side, SideFigures
from otklik.analytics.model import ReportComparison, ReportVerdict
from otklik.experiments.public import percent
from otklik.kit.calendar import day_text
from otklik.kit.i18n import Lang, Text, group_digits, plural


def no_group(lang: Lang) -> ReportVerdict:
    """Say that there never was a group."""
    return ReportVerdict("no_group", _TEXTS["no_group"].of(lang))


def verdict_of(
    spec: ControlSpec,
    sides: Mapping[Side, SideFigures],
    comparisons: Sequence[ReportComparison],
    *,
    ratio_ok: bool,
    days: int | None,
    lang: Lang,
) -> ReportVerdict:
    """Say what came out, by the shares of buyers; revenue is added where it differs for certain.

    Before the end of the group only what an always-valid test finds is called a result: whoever
    looks every day would find a difference that is none.
    """
    buyers = _of(comparisons, "targets")
    if not sides:
        return ReportVerdict("nobody", _TEXTS["nobody"].of(lang))
    if not ratio_ok:
        return ReportVerdict("sample_ratio_mismatch", _TEXTS["sample_ratio_mismatch"].of(lang))
    if buyers is None or not any(side.buyers for side in sides.values()):
        return ReportVerdict("nothing_to_compare", _TEXTS["nothing_to_compare"].of(lang))
    early = None if spec.is_over else buyers.always_valid
    shares: dict[str, object] = {
        key: percent(lang, side.buyers / side.people) for key, side in sides.items()
    }
    sentences = [_TEXTS["shares"].of(lang, shares)]
    if buyers.significant if spec.is_over else early is not None and early.significant:
        code = "better" if buyers.difference > 0 else "worse"
        sentences.insert(0, _TEXTS[code if spec.is_over else f"early_{code}"].of(lang))
        sentences.append(_lift(buyers, lang, early=not spec.is_over))
        code = code if spec.is_over else f"early_{code}"
    else:
        code = "no_difference" if spec.is_over else "too_early"
        sentences.insert(0, _TEXTS[code].of(lang))
        sentences += _what_it_takes(spec, buyers, days, lang)
    money = _of(comparisons, "revenue_per_person")
    if spec.is_over and money is not None and money.significant:
        sentences.append(_TEXTS["more_money" if money.difference > 0 else "less_money"].of(lang))
    return ReportVerdict(code, " ".join(one for one in sentences if one))


def _of(comparisons: Sequence[ReportComparison], metric: str) -> ReportComparison | None:
    return next((one for one in comparisons if one.metric == metric), None)


def _lift(found: ReportComparison, lang: Lang, *, early: bool) -> str:
    lift, interval = found.lift, found.lift_interval
    if early and found.always_valid is not None:
        low, high = found.always_valid.lift_interval
        lift, interval = found.always_valid.lift, None if high is None else (low, high)
    if lift is None:
        return ""
    facts = {"lift": _signed(lang, lift)}
    if interval is None:
        return _TEXTS["lift"].of(lang, facts)
    facts |= {"low": _signed(lang, interval[0]), "high": _signed(lang, interval[1])}
    return _TEXTS["lift_between"].of(lang, facts)


def _what_it_takes(
    spec: ControlSpec, buyers: ReportComparison, days: int | None, lang: Lang
) -> list[str]:
    least = buyers.detectable_lift
    if least is None:
        return []
    sentences = [_TEXTS["detectable"].of(lang, {"least": percent(lang, least, up=True)})]
    facts = {"worth": percent(lang, POWER_LIFT)}
    if days is not None:
        count = plural(lang, days, en=("day", "days"), ru=("день", "дня", "дней"))
        facts["days"] = f"{group_digits(lang, days)} {count}"
        sentences.append(_TEXTS["needed"].of(lang, facts))
    elif not spec.is_over and least > POWER_LIFT:
        if spec.span.until is not None:
            facts["day"] = _day(spec, spec.span.until, lang)
        code = "never" if spec.span.until is None else "renewed"
        sentences.append(_TEXTS[code].of(lang, facts))
    return sentences


def _day(spec: ControlSpec, moment: datetime, lang: Lang) -> str:
    return day_text(lang, moment.astimezone(ZoneInfo(spec.timezone)).date())


def _signed(lang: Lang, share: float) -> str:
    return ("−" if share < 0 else "+") + percent(lang, share)


_TEXTS: Final[dict[str, Text]] = {
    "no_group": Text(
        en=(
            "There has been no global control group yet, so nobody can tell what all mailings "
            "together change."
        ),
        ru=(
            "Глобальной контрольной группы ещё не было, поэтому неизвестно, что меняют все "
            "рассылки вместе."
        ),
    ),
    "nobody": Text(
        en="No mailing was meant for anybody since this group was drawn: nobody can be compared.",
        ru="С тех пор как группа набрана, рассылок не было: сравнивать пока некого.",
    ),
    "sample_ratio_mismatch": Text(
        en=(
            "The two sides are not of the size that was ordered, and chance hardly does that. "
            "Until the cause is found, the comparison proves nothing."
        ),
        ru=(
            "Размеры групп не те, что были заданы, случайно так почти не бывает. Пока причина не "
            "найдена, сравнению верить нельзя."
        ),
    ),
    "nothing_to_compare": Text(
        en="There is nothing to compare: one of the two sides has nobody, or nobody has bought.",
        ru="Сравнивать нечего: в одной из групп нет людей или никто ещё не покупал.",
    ),
    "better": Text(
        en="Mailings make people buy more often.",
        ru="С рассылками люди покупают чаще.",
    ),
    "worse": Text(
        en="With mailings people buy less often.",
        ru="С рассылками люди покупают реже.",
    ),
    "early_better": Text(
        en="It is certain already, however often one looks: mailings make people buy more often.",
        ru="Уже ясно, сколько бы раз вы ни смотрели: с рассылками люди покупают чаще.",
    ),
    "early_worse": Text(
        en="It is certain already, however often one looks: with mailings people buy less often.",
        ru="Уже ясно, сколько бы раз вы ни смотрели: с рассылками люди покупают реже.",
    ),
    "no_difference": Text(en="No difference was found.", ru="Разницы не обнаружено."),
    "too_early": Text(en="No difference has been found so far.", ru="Разницы пока не обнаружено."),
    "shares": Text(
        en="Of those who get mailings {rest} have bought, of those kept out {kept}.",
        ru="Среди получающих рассылки купили {rest}, в контрольной группе — {kept}.",
    ),
    "lift": Text(en="That is {lift}.", ru="Это {lift}."),
    "lift_between": Text(
        en="That is {lift}; the true lift is between {low} and {high}.",
        ru="Это {lift}; настоящий прирост — между {low} и {high}.",
    ),
    "detectable": Text(
        en="Groups of this size show a lift of {least} or more.",
        ru="При таком размере групп виден прирост от {least}.",
    ),
    "needed": Text(
        en="At the present pace a lift of {worth} will show in about {days}.",
        ru="При нынешнем темпе прирост в {worth} станет виден примерно через {days}.",
    ),
    "renewed": Text(
        en=(
            "A lift of {worth} will not show before the next group is drawn on {day}: a larger "
            "share or a longer period is needed."
        ),
        ru=(
            "Прирост в {worth} не станет виден до новой группы ({day}): нужна большая доля или "
            "более долгий период."
        ),
    ),
    "never": Text(
        en="A lift of {worth} would take more than ten years: a larger share is needed.",
        ru="Для прироста в {worth} понадобится больше десяти лет: нужна большая доля.",
    ),
    "more_money": Text(
        en="Revenue per person is higher with mailings.",
        ru="Выручка на человека с рассылками выше.",
    ),
    "less_money": Text(
        en="Revenue per person is lower with mailings.",
        ru="Выручка на человека с рассылками ниже.",
    ),
}
