"""Opposites of tests, and lists of words: what both languages need to tell a condition."""

from __future__ import annotations

from otklik.rules import tree


def opposite_test(test: tree.Test) -> tree.Test | None:
    """Return the test that every value passes which fails this one, where there is such a word."""
    match test:
        case tree.Eq(value=value):
            return tree.Neq(value=value)
        case tree.Neq(value=value):
            return tree.Eq(value=value)
        case tree.In(values=values):
            return tree.NotIn(values=values)
        case tree.NotIn(values=values):
            return tree.In(values=values)
        case tree.IsSet():
            return tree.IsNotSet()
        case tree.IsNotSet():
            return tree.IsSet()
        case tree.HasAny(values=texts):
            return tree.HasNone(values=texts)
        case tree.HasNone(values=texts):
            return tree.HasAny(values=texts)
        case _:
            return None


def opposite_count(test: tree.CountTest) -> tree.CountTest | None:
    """Return the opposite of a count test, where one count test can say it."""
    match test:
        case tree.CountAtLeast(n=n):
            return tree.CountAtMost(n=n - 1)
        case tree.CountAtMost(n=n):
            return tree.CountAtLeast(n=n + 1)
        case tree.CountExactly(n=0):
            return tree.CountAtLeast(n=1)
        case _:
            return None


def positive(test: tree.Test) -> tuple[tree.Test, bool]:
    """Return a test that only a present value can pass, and whether its opposite was meant.

    Tests that mean the same get the same form: equality becomes membership in a sorted list.
    """
    match test:
        case tree.Eq(value=value):
            return tree.In(values=(value,)), False
        case tree.Neq(value=value):
            return tree.In(values=(value,)), True
        case tree.In(values=values):
            return tree.In(values=_sorted(values)), False
        case tree.NotIn(values=values):
            return tree.In(values=_sorted(values)), True
        case tree.HasAny(values=texts):
            return tree.HasAny(values=tuple(sorted(set(texts)))), False
        case tree.HasNone(values=texts):
            return tree.HasAny(values=tuple(sorted(set(texts)))), True
        case tree.IsNotSet():
            return tree.IsSet(), True
        case tree.IsTrue():
            return tree.In(values=(True,)), False
        case tree.IsFalse():
            return tree.In(values=(False,)), False
        case _:
            return test, False


def _sorted(values: tuple[tree.Scalar, ...]) -> tuple[tree.Scalar, ...]:
    # Python takes 1, 1.0 and True for one value; the type is part of what is compared here.
    unique = {(type(value).__name__, str(value)): value for value in values}
    return tuple(unique[key] for key in sorted(unique))


def join_words(parts: list[str], word: str) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" {word} {parts[-1]}"
