"""Embedded engines for tests: one pair for a whole test session."""

from __future__ import annotations

from pathlib import Path

from otklik.runtime.embedded.supervisor import EmbeddedEngines


def start_engines(tmp_dir: Path) -> EmbeddedEngines:
    """Start both engines in `tmp_dir` and return them; the caller calls `.stop()` at the end."""
    return EmbeddedEngines(tmp_dir).start()
