"""Where the cases of other statistics packages lie, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from otklik.experiments import public as x

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
CASES_FILE = DATA / "ab_cases" / "cases.json"
HILLSTROM_FILE = DATA / "hillstrom" / "hillstrom.csv.gz"
ALTERNATIVES = {"smaller": "less", "larger": "greater"}
OPEN_SIDES: dict[str, Any] = {
    "two-sided": "two-sided",
    "smaller": "greater",
    "larger": "less",
    "less": "less",
    "greater": "greater",
}

Case = dict[str, Any]


def near(expected: Any, tolerance: str) -> Any:
    expected = [float(v) for v in expected] if isinstance(expected, list) else float(expected)
    if "5 decimals" in tolerance:
        return pytest.approx(expected, abs=5.1e-6, rel=0)
    for decimals in (13, 7):
        if f"{decimals} decimals" in tolerance:
            return pytest.approx(expected, abs=0.5 * 10**-decimals, rel=1e-12)
    words = tolerance.split()
    if words[0] in ("abs", "rel"):
        kind, size = words[0], float(words[1].rstrip(","))
        return pytest.approx(expected, **{kind: size, {"abs": "rel", "rel": "abs"}[kind]: 0})
    return pytest.approx(expected, rel=1e-6)


def interval(value: tuple[float, float] | None) -> list[float]:
    assert value is not None
    return list(value)


def arm(case: Case) -> x.Arm:
    return x.Arm(case["n"], case["successes"])


def alternative_of(case: Case) -> Any:
    value = case["config"].get("alternative", "two-sided")
    return ALTERNATIVES.get(value, value)


def level_of(case: Case) -> float:
    config = case["config"]
    return 1 - config["alpha"] if "alpha" in config else config.get("confidence_level", 0.95)
