"""From figures to comparisons, verdict and table: no engine needed."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from otklik.analytics.export import _cell
from otklik.analytics.model import ArmFigures, Overview, ReportSpec, Rise, SkipCount
from otklik.analytics.public import ArmSpec, GoalSpec, Report, report_csv
from otklik.analytics.report import build_report
from otklik.experiments.public import Arm, Sample, compare_means, compare_proportions

START = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
A = ArmSpec("A", "Spring", 4000)
B = ArmSpec("B", "=cmd|' /C calc'!A0", 4000)
CONTROL = ArmSpec("control", "Control group", 2000, is_control=True)
GOAL = GoalSpec("Order Completed", window_hours=48, revenue_property="total")
DONE = START + timedelta(days=30)


def figures(assigned: int, targets: int, **more: Any) -> ArmFigures:
    revenue = 100.0 * targets
    return ArmFigures(
        **{
            "assigned": assigned,
            "targets": targets,
            "target_events": targets,
            "revenue": revenue,
            "revenue_squares": 100.0 * revenue,
            "sent": assigned,
            "delivered": assigned,
            **more,
        }
    )


def report_of(
    of: dict[str, ArmFigures],
    *,
    arms: tuple[ArmSpec, ...] = (A, B, CONTROL),
    goal: GoalSpec | None = GOAL,
    as_of: datetime = DONE,
    rises: list[Rise] | None = None,
    timezone: str = "UTC",
    lang: Any = "en",
    in_parts: bool = False,
) -> Report:
    spec = ReportSpec(
        workspace_id=1,
        source_kind="campaign",
        source_id=UUID(int=1),
        name="+Come back",
        arms=arms,
        goal=goal,
        launched_at=START,
        as_of=as_of,
        timezone=timezone,
        in_parts=in_parts,
    )
    assigned = sum(f.assigned for f in of.values())
    people = Overview(assigned, START if assigned else None, START, [SkipCount("no_consent", 7)])
    return build_report(
        spec,
        people=people,
        figures=of,
        rises=rises or [],
        links=[],
        window_ends_at=START + timedelta(hours=48) if goal and assigned else None,
        lang=lang,
    )


EFFECT = {
    "A": figures(8000, 400, opened_person=2000, clicked_person=300),
    "B": figures(8000, 480, opened_person=2300, clicked_person=310),
    "control": figures(4000, 180, sent=0, delivered=0),
}


def test_it_compares_variants_with_the_control_group_and_among_themselves() -> None:
    report = report_of(EFFECT)
    seen = [(c.metric, c.arm, c.against) for c in report.comparisons]
    assert seen == [
        ("targets", "A", "control"),
        ("targets", "B", "control"),
        ("targets", "B", "A"),
        ("revenue_per_person", "A", "control"),
        ("revenue_per_person", "B", "control"),
        ("revenue_per_person", "B", "A"),
        ("opens", "B", "A"),
        ("clicks", "B", "A"),
    ]
    by_hand = compare_proportions(Arm(4000, 180), Arm(8000, 480))
    found = report.comparisons[1]
    assert found.p_value_raw == by_hand.p_value
    assert found.p_value == pytest.approx(3 * by_hand.p_value)
    assert found.interval == by_hand.difference_interval
    assert found.lift_interval == by_hand.lift_interval
    assert "adjusted for 3 comparisons (Holm)" in found.method
    assert "adjusted" not in report.comparisons[-1].method
    money = compare_means(Sample(4000, 18_000.0, 1.8e6), Sample(8000, 48_000.0, 4.8e6))
    assert report.comparisons[4].p_value_raw == pytest.approx(money.p_value)


def test_a_russian_reader_sees_every_method_in_russian() -> None:
    few = {
        "A": ArmFigures(assigned=9, sent=9, targets=1, revenue=5.0, revenue_squares=25.0),
        "B": ArmFigures(assigned=9, sent=9, targets=0),
        "control": ArmFigures(assigned=9, targets=0),
    }
    for figures in (EFFECT, few):
        report = report_of(figures, lang="ru")
        assert report.sample_ratio is not None
        names = {c.method for c in report.comparisons} | {report.sample_ratio.method}
        for name in names:
            assert not re.search("interval|test|chi|adjusted", name), name
    assert any("Фишера" in name for name in names)
    assert "p-значения с поправкой на число сравнений: 3 (Холм)" in report.comparisons[1].method


def test_it_compares_variants_alone_when_there_is_no_control_group() -> None:
    arms = (ArmSpec("A", "", 5000), ArmSpec("B", "", 5000))
    report = report_of({"A": EFFECT["A"], "B": EFFECT["B"]}, arms=arms)
    assert {(c.arm, c.against) for c in report.comparisons} == {("B", "A")}
    assert report.verdict.code == "better"
    assert (
        "Variant B led 20% more people to the target action than variant A" in report.verdict.text
    )


def test_the_control_group_of_a_first_part_is_one_of_everybody() -> None:
    small = {"A": figures(80, 4), "B": figures(84, 4), "control": figures(4000, 180)}
    whole = report_of(small)
    assert whole.verdict.code == "sample_ratio_mismatch"
    part = report_of(small, in_parts=True)
    assert part.sample_ratio is not None
    assert part.sample_ratio.observed == {"A": 80, "B": 84}
    assert part.verdict.code != "sample_ratio_mismatch"
    lost = {**small, "B": figures(8, 1)}
    assert report_of(lost, in_parts=True).verdict.code == "sample_ratio_mismatch"
    alone = report_of(small, arms=(A, CONTROL), in_parts=True)
    assert alone.sample_ratio is None


def test_it_speaks_of_the_whole_in_the_verdict() -> None:
    report = report_of(EFFECT)
    assert report.verdict.code == "better"
    assert report.verdict.text.startswith("Variant B led 33% more people to the target action")
    assert (
        "Between variant A and the control group no difference is visible." in report.verdict.text
    )
    russian = report_of(EFFECT, lang="ru")
    assert russian.verdict.text.startswith("Вариант B привёл к целевому действию на 33")
    assert report.complete


def test_it_says_honestly_that_nothing_changed() -> None:
    same = {"A": figures(8000, 400), "B": figures(8000, 404), "control": figures(4000, 200)}
    report = report_of(same)
    assert report.verdict.code == "no_difference"
    assert not any(c.significant for c in report.comparisons)
    least = max(c.detectable_lift or 0 for c in report.comparisons[:2])
    assert 0.2 < least < 0.4
    assert all(0 < (c.power or 0) < 1 for c in report.comparisons[:3])


def test_it_waits_for_the_end_of_the_window() -> None:
    report = report_of(EFFECT, as_of=START + timedelta(hours=47, minutes=59))
    assert (report.complete, report.verdict.code) == (False, "too_early")
    at_the_end = report_of(EFFECT, as_of=START + timedelta(hours=48))
    assert (at_the_end.complete, at_the_end.verdict.code) == (True, "better")


def test_it_warns_when_people_were_lost() -> None:
    lost = {**EFFECT, "A": figures(7000, 350)}
    report = report_of(lost)
    assert report.verdict.code == "sample_ratio_mismatch"
    assert report.sample_ratio is not None
    assert not report.sample_ratio.ok
    assert report.sample_ratio.observed == {"A": 7000, "B": 8000, "control": 4000}
    assert report.sample_ratio.expected == {"A": 7600, "B": 7600, "control": 3800}


def test_it_judges_clicks_when_there_is_no_goal() -> None:
    clicks = {
        "A": figures(8000, 0, clicked_person=300),
        "B": figures(8000, 0, clicked_person=400),
        "control": figures(4000, 0),
    }
    report = report_of(clicks, goal=None)
    assert {c.metric for c in report.comparisons} == {"opens", "clicks"}
    assert "made 33% more people click than variant A" in report.verdict.text
    assert report.window_ends_at is None
    assert report.complete
    assert "targets" not in report.arms[0].rates


def test_one_group_alone_has_nothing_to_compare_with() -> None:
    report = report_of({"A": figures(500, 20)}, arms=(ArmSpec("A", "", 10_000),))
    assert report.comparisons == []
    assert report.verdict.code == "nothing_to_compare"
    assert report.sample_ratio is None


def test_before_the_launch_everything_is_zero() -> None:
    report = report_of({})
    assert [arm.assigned for arm in report.arms] == [0, 0, 0]
    assert report.comparisons == []
    assert report.series == []
    assert not report.complete


def test_nobody_did_anything_and_still_there_is_a_report() -> None:
    sizes = {"A": 100, "B": 100, "control": 50}
    silent = {key: figures(size, 0) for key, size in sizes.items()}
    report = report_of(silent)
    assert report.verdict.code == "too_small"
    # Without any revenue there is nothing that could differ.
    assert {c.metric for c in report.comparisons} == {"targets", "opens", "clicks"}
    assert msgspec.json.decode(msgspec.json.encode(report))["arms"][0]["targets"] == 0


def test_every_figure_of_a_report_is_finite_json() -> None:
    few = {
        "A": figures(3, 1, opened_person=3, clicked_person=0),
        "B": figures(3, 0, opened_person=0, clicked_person=3),
        "control": figures(2, 2),
    }
    for of in (few, EFFECT, {"A": figures(1, 1), "B": figures(1, 0), "control": figures(1, 0)}):
        report = report_of(of)
        for comparison in report.comparisons:
            assert None not in msgspec.json.decode(msgspec.json.encode(comparison))["interval"]
            assert 0 <= comparison.p_value <= 1


def test_rates_have_their_bases() -> None:
    arm = report_of({**EFFECT, "A": figures(8000, 400, delivered=7900, bounced=100)}).arms[0]
    assert arm.rates["delivered"] == pytest.approx(7900 / 8000)
    assert arm.rates["targets"] == pytest.approx(0.05)
    assert arm.rates["revenue_per_person"] == pytest.approx(5.0)
    assert "opened" not in report_of(EFFECT).arms[2].rates


def test_the_series_has_a_point_for_every_bucket() -> None:
    rises = [
        Rise(datetime(2026, 6, 1, 9, tzinfo=UTC), "A", 0, 5, 1),
        Rise(datetime(2026, 6, 1, 11, tzinfo=UTC), "A", 2, 3, 0),
    ]
    points = [p for p in report_of(EFFECT, rises=rises).series if p.arm == "A"]
    assert [(p.at.hour, p.targets, p.opens) for p in points[:4]] == [
        (9, 0, 0),
        (10, 0, 5),
        (11, 0, 5),
        (12, 2, 8),
    ]
    assert points[0].at == START
    assert points[-1].at >= START + timedelta(hours=48)
    assert len(points) == 50
    assert (points[-1].targets, points[-1].opens, points[-1].clicks) == (2, 8, 1)


@pytest.mark.parametrize("zone", ["Europe/Moscow", "America/New_York", "Asia/Kolkata"])
def test_the_days_of_a_series_are_those_of_the_workspace(zone: str) -> None:
    far = START + timedelta(days=150)  # in November, past the change of the clocks
    report = report_of(
        EFFECT, timezone=zone, rises=[Rise(far, "A", 1, 0, 0)], as_of=START + timedelta(days=200)
    )
    points = [p for p in report.series if p.arm == "A"]
    local = [p.at.astimezone(ZoneInfo(zone)) for p in points]
    assert all((at.hour, at.minute) == (0, 0) for at in local[1:])
    assert len({at.date() for at in local}) == len(local) == 152
    assert points[-1].at > far
    assert (points[-2].targets, points[-1].targets) == (0, 1)


def test_a_series_too_long_to_draw_still_ends_at_the_total() -> None:
    rises = [Rise(START, "A", 0, 3, 0), Rise(START + timedelta(days=900), "A", 0, 1, 0)]
    as_of = START + timedelta(days=1000)
    points = [p for p in report_of(EFFECT, rises=rises, as_of=as_of).series if p.arm == "A"]
    assert len(points) == 400
    assert (points[-1].at, points[-1].opens, points[-2].opens) == (as_of, 4, 3)


def test_the_table_for_a_spreadsheet_holds_the_figures_and_no_formula() -> None:
    report = report_of(EFFECT, lang="ru")
    raw = report_csv(report, "ru")
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0] == ["'+Come back"]
    groups = next(i for i, row in enumerate(rows) if row and row[0] == "Группа")
    table = [dict(zip(rows[groups], row, strict=True)) for row in rows[groups + 1 : groups + 4]]
    assert [row["Людей в группе"] for row in table] == ["8000", "8000", "4000"]
    assert table[1]["Название"].startswith("'=cmd|")
    differences = rows[groups + 6 :]
    assert len(differences) == len(report.comparisons)
    assert float(differences[0][3]) == report.comparisons[0].difference


@pytest.mark.parametrize("text", ["=1+1", "+7", "-2", "@x", "\tx", "\rx", "\nx"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert _cell(text) == "'" + text
    assert _cell(-2.5) == -2.5
    assert _cell("plain") == "plain"
