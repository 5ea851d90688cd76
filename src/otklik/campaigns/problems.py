"""Why an ordered launch did not happen: kept as code and facts, said in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from otklik.campaigns.errors import LaunchFailed
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import LANGS, Text
from otklik.rules.shape import literal


def facts_of(error: OtklikError) -> dict[str, Any]:
    """Return the facts of an error as JSON."""
    facts: dict[str, Any] = msgspec.to_builtins(error.facts, enc_hook=str)
    return facts


def problem_text(code: str, facts: Mapping[str, Any] | None) -> Text:
    """Return what an error with this code and these facts says, whole in both languages.

    The launch fails by errors of any slice, so the code is looked up among all errors there are.
    """
    kind = next((one for one in _kinds(OtklikError) if one.__dict__.get("code") == code), None)
    message = LaunchFailed.message if kind is None else kind.message
    given = {"detail": code, **(facts or {})}
    return Text(*(literal(message.of(lang, given)) for lang in LANGS))


def _kinds(root: type[OtklikError]) -> Iterator[type[OtklikError]]:
    for one in root.__subclasses__():
        yield one
        yield from _kinds(one)
