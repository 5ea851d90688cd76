"""What a starter letter is."""

from __future__ import annotations

import msgspec

from otklik.content.model import LetterKind, LetterSource
from otklik.kit.i18n import Lang


class Starter(msgspec.Struct, frozen=True):
    """A ready letter. `key` is the same in both languages; `purpose`: when to send it, for people.

    `preview_html`: the letter for an invented customer, for a frame with an empty `sandbox`.
    """

    key: str
    lang: Lang
    name: str
    purpose: str
    kind: LetterKind
    subject: str
    preheader: str
    source: str
    text: str = ""
    amp: str = ""
    preview_html: str = ""

    @property
    def as_source(self) -> LetterSource:
        return LetterSource(
            self.kind, self.subject, self.source, self.preheader, self.text, self.amp
        )
