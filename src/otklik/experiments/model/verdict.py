"""What the figures say, in a sentence that needs no statistics to be understood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, TypeAlias

import msgspec

from otklik.experiments.model.balance import SampleRatio
from otklik.experiments.model.counts import AlwaysValid
from otklik.experiments.model.samples import Comparison, Interval
from otklik.kit.i18n import Lang, Text, group_digits, plural

Code: TypeAlias = Literal[
    "sample_ratio_mismatch",
    "nothing_to_compare",
    "too_early",
    "early_better",
    "early_worse",
    "early_mixed",
    "too_small",
    "no_difference",
    "better",
    "worse",
    "mixed",
]
Subject: TypeAlias = Literal["targets", "clicks", "opens"]

# A growth that doubles the result is the least that is still worth calling a test.
_USEFUL_LIFT_MAX = 1.0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One variant held against the control group, or against another variant.

    `variant`, `against`: their keys as the reader knows them ("A"); `against=None` is the control
    group. `p_value`: after the adjustment for several comparisons, when there was one.
    `detectable_lift`: what groups of this size would show (see `detectable_lift`).
    `early`: the same comparison by a test that may be looked at at any time, for the time while
    people still may respond; its p-value is adjusted already.
    """

    variant: str
    comparison: Comparison
    against: str | None = None
    p_value: float | None = None
    detectable_lift: float | None = None
    early: AlwaysValid | None = None

    @property
    def significant(self) -> bool:
        p = self.comparison.p_value if self.p_value is None else self.p_value
        return p < 1 - self.comparison.level

    @property
    def certain_early(self) -> bool:
        return self.early is not None and self.early.p_value < 1 - self.comparison.level


class Verdict(msgspec.Struct, frozen=True):
    """`code` for machines, `text` for people: one to a few sentences in both languages."""

    code: Code
    text: Text


def verdict(
    findings: Sequence[Finding],
    *,
    ratio: SampleRatio | None = None,
    open_for: timedelta | None = None,
    subject: Subject = "targets",
    revenue: Sequence[Finding] = (),
) -> Verdict:
    """Say what the comparisons of a campaign mean.

    `findings`: what the verdict is about (`subject`: people who did the target action, clicked
    or opened). The code follows the comparisons with the control group where there are any.
    `ratio`: the check of group sizes; a mismatch comes before everything else, since then nothing
    else can be trusted. `open_for`: how long people still have for the target action; while it is
    positive only what the always-valid test finds is called a result, because looking early and
    stopping at a lucky moment finds differences that are not there. `revenue`: comparisons of
    revenue per person, mentioned when one of them is significant.
    """
    if ratio is not None and not ratio.ok:
        return Verdict("sample_ratio_mismatch", _mismatch(ratio))
    if not findings:
        return Verdict("nothing_to_compare", _NOTHING)
    # Where there is a control group, it decides; variants among themselves are an addition.
    main = [finding for finding in findings if finding.against is None] or list(findings)
    if open_for is not None and open_for > timedelta(0):
        return _before_the_end(findings, main, open_for, subject)
    beside = [finding for finding in findings if finding not in main and finding.significant]
    found = [finding for finding in main if finding.significant]
    money = [_revenue_sentence(f) for f in revenue if f.significant]
    also = [*[_effect_sentence(finding, subject) for finding in beside], *money]
    if not found:
        code, text = _nothing_found(main)
        return Verdict(code, _join([text, *also]))
    ups = sum(finding.comparison.difference > 0 for finding in found)
    whole: Code = "better" if ups == len(found) else "worse" if ups == 0 else "mixed"
    sentences = [_effect_sentence(finding, subject) for finding in found]
    sentences += [_rest_sentence(f) for f in main if not f.significant]
    return Verdict(whole, _join([*sentences, *also]))


def _before_the_end(
    findings: Sequence[Finding], main: Sequence[Finding], open_for: timedelta, subject: Subject
) -> Verdict:
    certain = [finding for finding in main if finding.certain_early]
    if not certain:
        return Verdict("too_early", _join([_early(open_for), *_so_far(findings)]))
    ups = sum(finding.comparison.difference > 0 for finding in certain)
    code: Code = (
        "early_better" if ups == len(certain) else "early_worse" if ups == 0 else "early_mixed"
    )
    sentences = [_effect_sentence(finding, subject, early=True) for finding in certain]
    return Verdict(code, _join([_certain_early(open_for), *sentences]))


def percent(lang: Lang, share: float, *, up: bool = False) -> str:
    """Return a share as a percentage with two significant digits: 0.084 is "8.4%" or «8,4 %».

    `up` rounds away from zero, for bounds that must not promise too much.
    """
    value = abs(share) * 100
    digits = 0 if value >= 9.95 or value == 0 else max(0, 1 - math.floor(math.log10(value)))
    digits = min(digits, 6)
    rounded = math.ceil(value * 10**digits - 1e-6) / 10**digits if up else round(value, digits)
    text = f"{rounded:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if lang == "ru":
        return text.replace(",", "\u00a0").replace(".", ",") + "\u00a0%"
    return text + "%"


_NOTHING = Text(
    en="There is nothing to compare: a report of one group cannot tell what the message changed. "
    "Next time leave out a control group or add a second variant.",
    ru="Сравнивать не с чем: по одной группе нельзя понять, что изменило сообщение. "
    "В следующий раз оставьте контрольную группу или добавьте второй вариант.",
)
_LED: dict[Subject, tuple[str, str]] = {
    "targets": (
        "led {by} {more} people to the target action than {against}",
        "привёл к целевому действию на {by} {more} людей, чем {against}",
    ),
    "clicks": (
        "made {by} {more} people click than {against}",
        "побудил перейти по ссылке на {by} {more} людей, чем {against}",
    ),
    "opens": (
        "was opened by {by} {more} people than {against}",
        "открыли на {by} {more} людей, чем {against}",
    ),
}


def _effect_sentence(finding: Finding, subject: Subject, *, early: bool = False) -> Text:
    comparison = finding.comparison
    interval = comparison.lift_interval
    if early and finding.early is not None:
        interval = finding.early.lift_interval
    rises = comparison.difference > 0
    if comparison.lift is None:
        return _from_zero(finding)
    templates = dict(zip(("en", "ru"), _LED[subject], strict=True))
    words = {"en": ("more", "fewer"), "ru": ("больше", "меньше")}
    sentences: dict[Lang, str] = {}
    for lang in ("en", "ru"):
        sentence = templates[lang].format(
            by=percent(lang, comparison.lift),
            more=words[lang][0 if rises else 1],
            against=_against(lang, finding.against),
        )
        bounds = _bounds(lang, interval)
        sentences[lang] = f"{_variant(lang, finding.variant)} {sentence}{bounds}."
    return Text(en=sentences["en"], ru=sentences["ru"])


def _from_zero(finding: Finding) -> Text:
    """Name the effect in shares of people where the control has nobody to compare with."""
    c = finding.comparison
    return Text(
        en=f"{_variant('en', finding.variant)}: {percent('en', c.variant)} of people, "
        f"{_against('en', finding.against)}: nobody.",
        ru=f"{_variant('ru', finding.variant)}: {percent('ru', c.variant)} людей, "
        f"{_against('ru', finding.against)}: никого.",
    )


def _revenue_sentence(finding: Finding) -> Text:
    comparison = finding.comparison
    rises = comparison.difference > 0
    if comparison.lift is None:
        size_en, size_ru = "", ""
    else:
        size_en = f" by {percent('en', comparison.lift)}{_bounds('en', comparison.lift_interval)}"
        size_ru = f" на {percent('ru', comparison.lift)}{_bounds('ru', comparison.lift_interval)}"
    en = f"Revenue per person is {'higher' if rises else 'lower'} than in "
    en += f"{_against('en', finding.against)} for {_variant('en', finding.variant, inside=True)}"
    ru = f"Выручка на человека у варианта {_safe(finding.variant)} "
    ru += f"{'выше' if rises else 'ниже'}, чем {_in_against_ru(finding.against)},"
    return Text(en=f"{en}{size_en}.", ru=f"{ru}{size_ru}.".replace(",.", "."))


def _rest_sentence(finding: Finding) -> Text:
    return Text(
        en=f"Between {_variant('en', finding.variant, inside=True)} and "
        f"{_against('en', finding.against)} no difference is visible.",
        ru=f"Между вариантом {_safe(finding.variant)} и {_with_against_ru(finding.against)} "
        "разницы не видно.",
    )


def _nothing_found(findings: Sequence[Finding]) -> tuple[Code, Text]:
    lifts = [finding.detectable_lift for finding in findings]
    known = [lift for lift in lifts if lift is not None and math.isfinite(lift)]
    if len(known) < len(lifts):
        return "too_small", Text(
            en="It is too little to judge: hardly anybody has done it in these groups.",
            ru="Судить рано: откликов в этих группах почти нет.",
        )
    least = max(known)
    if least > _USEFUL_LIFT_MAX:
        return "too_small", Text(
            en="The groups are too small to judge: only an increase of "
            f"{percent('en', least, up=True)} or more would show.",
            ru="Группы слишком малы, чтобы судить: мы заметили бы только рост от "
            f"{percent('ru', least, up=True)}.",
        )
    return "no_difference", Text(
        en="No difference is visible so far: with groups of this size we would have noticed "
        f"an increase of {percent('en', least, up=True)} or more.",
        ru="Разницы пока не видно: при таком размере групп мы заметили бы рост от "
        f"{percent('ru', least, up=True)}.",
    )


def _mismatch(ratio: SampleRatio) -> Text:
    def listed(lang: Lang, counts: Sequence[float]) -> str:
        return " / ".join(group_digits(lang, round(count)) for count in counts)

    return Text(
        en=f"The groups are not of the size that was ordered: {listed('en', ratio.observed)} "
        f"instead of {listed('en', ratio.expected)}. Chance hardly does that, so people were lost "
        "or counted twice on the way. Until the cause is found, the comparison proves nothing.",
        ru=f"Размеры групп не те, что были заданы: {listed('ru', ratio.observed)} вместо "
        f"{listed('ru', ratio.expected)}. Случайно так почти не бывает: кого-то потеряли или "
        "посчитали дважды. Пока причина не найдена, сравнению верить нельзя.",
    )


def _early(open_for: timedelta) -> Text:
    en, ru = _time_left(open_for)
    return Text(
        en=f"It is too early to judge: people still have {en} for the target action.",
        ru=f"Судить рано: на целевое действие у людей есть ещё {ru}.",
    )


def _certain_early(open_for: timedelta) -> Text:
    en, ru = _time_left(open_for)
    return Text(
        en=f"People still have {en} for the target action, but a difference is certain already, "
        "however often one looks.",
        ru=f"На целевое действие у людей есть ещё {ru}, но разница уже есть, "
        "сколько бы раз вы ни смотрели.",
    )


def _time_left(open_for: timedelta) -> tuple[str, str]:
    hours = math.ceil(open_for / timedelta(hours=1))
    days = math.ceil(hours / 24)
    if hours <= 48:
        return (
            f"{hours} {plural('en', hours, en=('hour', 'hours'), ru=('', '', ''))}",
            f"{hours} {plural('ru', hours, en=('', ''), ru=('час', 'часа', 'часов'))}",
        )
    return (
        f"{days} {plural('en', days, en=('day', 'days'), ru=('', '', ''))}",
        f"{days} {plural('ru', days, en=('', ''), ru=('день', 'дня', 'дней'))}",
    )


def _so_far(findings: Sequence[Finding]) -> list[Text]:
    shown: dict[str | None, tuple[str, str, float]] = {}
    for finding in findings:
        c = finding.comparison
        shown[finding.variant] = (_safe(finding.variant), _safe(finding.variant), c.variant)
    for finding in findings:
        if finding.against not in shown:
            shown[finding.against] = (
                _safe(finding.against or "control group"),
                _safe(finding.against or "контрольная группа"),
                finding.comparison.control,
            )
    en = ", ".join(f"{name} {percent('en', value)}" for name, _, value in shown.values())
    ru = ", ".join(f"{name} — {percent('ru', value)}" for _, name, value in shown.values())
    return [Text(en=f"So far: {en}.", ru=f"Пока: {ru}.")]


def _bounds(lang: Lang, interval: Interval | None) -> str:
    """Return the interval of the lift in brackets, both ends without sign."""
    if interval is None:
        return ""
    ends = sorted(interval, key=abs)
    if (ends[0] < 0) != (ends[1] < 0):
        return ""
    low = percent(lang, ends[0])
    if math.isinf(ends[1]):
        return f" (at least {low})" if lang == "en" else f" (не меньше чем на {low})"
    high = percent(lang, ends[1])
    return f" (from {low} to {high})" if lang == "en" else f" (от {low} до {high})"


def _variant(lang: Lang, key: str, *, inside: bool = False) -> str:
    word = {"en": "Variant", "ru": "Вариант"}[lang]
    return f"{word.lower() if inside else word} {_safe(key)}"


def _against(lang: Lang, key: str | None) -> str:
    if key is None:
        return {"en": "the control group", "ru": "контрольная группа"}[lang]
    return f"{ {'en': 'variant', 'ru': 'вариант'}[lang] } {_safe(key)}"


def _in_against_ru(key: str | None) -> str:
    return "в контрольной группе" if key is None else f"у варианта {_safe(key)}"


def _with_against_ru(key: str | None) -> str:
    return "контрольной группой" if key is None else f"вариантом {_safe(key)}"


def _safe(key: str) -> str:
    """Double the braces of a name, so that a text filled in later leaves them as they are."""
    return key.replace("{", "{{").replace("}", "}}")


def _join(texts: Sequence[Text]) -> Text:
    return Text(en=" ".join(t.en for t in texts), ru=" ".join(t.ru for t in texts))
