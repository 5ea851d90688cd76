"""Test sends of a letter. Content knows no channel: wiring lends it a mailer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from otklik.content.errors import TrialImpossible
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime


class TrialLetter(msgspec.Struct, frozen=True):
    """A finished letter and where its author wants to see it."""

    workspace_id: int
    lang: Lang
    addresses: tuple[str, ...]
    subject: str
    text: str
    html: str
    amp: str = ""


class TrialResult(msgspec.Struct, frozen=True):
    """`accepted` by the next mail server, or not; `text` is its answer."""

    address: str
    accepted: bool
    text: str


TrialMailer = Callable[[Runtime, TrialLetter], Awaitable[list[TrialResult]]]

_mailers: list[TrialMailer] = []


def use_trial_mailer(mailer: TrialMailer) -> None:
    """Set the function that sends test letters; called by `entrypoints/wiring`."""
    _mailers[:] = [mailer]


async def send_trial(rt: Runtime, letter: TrialLetter) -> list[TrialResult]:
    """Send a test letter now and return what became of it at each address.

    Raises: TrialImpossible when no channel is connected; whatever the mailer raises.
    """
    if not _mailers:
        raise TrialImpossible(
            reason="no e-mail channel is connected.", reason_ru="почтовый канал не подключён."
        )
    return await _mailers[0](rt, letter)
