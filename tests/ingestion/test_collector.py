"""The garbage collector rests while batches are in hand, and only then."""

from __future__ import annotations

import gc

import pytest

from otklik.ingestion.collector import RARELY, Collector


def test_it_rests_until_the_last_block_ends_even_by_an_error() -> None:
    before, collector = gc.get_threshold(), Collector()
    with pytest.raises(ValueError, match="failed"), collector.resting():
        with collector.resting():
            assert gc.get_threshold() == RARELY
        assert gc.get_threshold() == RARELY
        assert gc.isenabled()
        raise ValueError("failed")
    assert gc.get_threshold() == before
