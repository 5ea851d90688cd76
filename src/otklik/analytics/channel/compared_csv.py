"""Several mailings side by side as a file: a line for every group of every mailing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from otklik.analytics.channel.model import Compared
from otklik.analytics.export import csv_line
from otklik.analytics.model import ARM_COLUMNS, METRIC_NAMES
from otklik.kit.i18n import Lang, Text

_MAILING: Final = Text(en="Mailing", ru="Рассылка")
_LAUNCHED: Final = Text(en="Launched", ru="Запущена")
_GOAL: Final = Text(en="Target action", ru="Целевое действие")
_VERDICT: Final = Text(en="Verdict", ru="Вывод")
_OVER: Final = Text(en="Window is over", ru="Окно закончилось")
_LIFT_COLUMNS: Final = (
    Text(en="Metric", ru="Показатель"),
    Text(en="Group", ru="Группа"),
    Text(en="Against", ru="С чем сравнивается"),
    Text(en="Lift", ru="Прирост"),
    Text(en="Lift from", ru="Прирост от"),
    Text(en="Lift to", ru="Прирост до"),
    Text(en="p-value", ru="p-значение"),
)


def compared_csv(mailings: Sequence[Compared], lang: Lang) -> bytes:
    """Return three tables with an empty line between them: verdicts, groups, lifts (RFC 4180)."""
    name = _MAILING.of(lang)
    yes, no = ("yes", "no") if lang == "en" else ("да", "нет")
    rows: list[list[object]] = [
        [name, *(text.of(lang) for text in (_LAUNCHED, _GOAL, _OVER, _VERDICT))]
    ]
    for one in mailings:
        ref, goal = one.campaign, one.campaign.goal
        event = "" if goal is None else goal.event
        over = yes if one.complete else no
        rows.append([ref.name, ref.launched_at or "", event, over, one.verdict.text])
    rows += [[], [name, *(text.of(lang) for text in ARM_COLUMNS.values())]]
    rows += [
        [one.campaign.name, *(getattr(arm, field) for field in ARM_COLUMNS)]
        for one in mailings
        for arm in one.arms
    ]
    rows += [[], [name, *(text.of(lang) for text in _LIFT_COLUMNS)]]
    rows += [
        [
            one.campaign.name,
            METRIC_NAMES[held.metric].of(lang),
            held.arm,
            held.against,
            held.lift,
            *(held.lift_interval or (None, None)),
            held.p_value,
        ]
        for one in mailings
        for held in one.comparisons
    ]
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(csv_line(row) for row in rows)
    return ("\ufeff" + out.getvalue()).encode()
