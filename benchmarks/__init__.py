"""Benchmarks: ratios to a reference measured in the same run. Never part of the tests."""
