"""The words of content: a letter, what is wrong with it, and what it becomes for one person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Lang, Text
from otklik.kit.uses import UseState

Part = Literal["subject", "preheader", "source", "text", "amp"]
Level = Literal["error", "warning"]


class LetterKind(StrEnum):
    MJML = "mjml"
    HTML = "html"
    BLOCKS = "blocks"


class LetterSource(msgspec.Struct, frozen=True):
    """What an author writes. `text` empty means: made from the HTML part.

    `source` is MJML, HTML, or the document of a block letter as JSON (`blocks/model.py`). `amp` is
    the source of the AMP part, empty: the letter has none.
    """

    kind: LetterKind
    subject: str
    source: str
    preheader: str = ""
    text: str = ""
    amp: str = ""


class Letter(msgspec.Struct, frozen=True):
    """A stored letter. `version` grows with every change of its content."""

    id: UUID
    workspace_id: int
    name: str
    kind: LetterKind
    subject: str
    preheader: str
    source: str
    text: str
    version: int
    created_at: datetime
    updated_at: datetime
    amp: str = ""

    @property
    def as_source(self) -> LetterSource:
        return LetterSource(
            self.kind, self.subject, self.source, self.preheader, self.text, self.amp
        )


class Reference(msgspec.Struct, frozen=True):
    """Something that uses a letter, or did, for the interface to name and link."""

    kind: str
    id: str
    name: str
    state: UseState = UseState.RUNNING


class LetterProblem(msgspec.Struct, frozen=True):
    """One thing wrong with a letter. An `error` blocks sending, a `warning` does not.

    In a block letter the source has no lines for people; `row_id` and `block_id` say where it is.
    `column` counts from 1 and is there for names inside Liquid.
    """

    level: Level
    code: str
    part: Part
    line: int | None
    template: Text
    facts: dict[str, str] = {}
    row_id: str | None = None
    block_id: str | None = None
    column: int | None = None

    def message(self, lang: Lang) -> str:
        return self.template.of(lang, self.facts)


class Link(msgspec.Struct, frozen=True):
    """One link of a letter. `index` is its place in the letter and does not change between
    compilations of the same source. `url` is the address, or its Liquid text when `dynamic`.
    `tracked` is false for unsubscribe and preference links, mailto: and tel:.
    """

    index: int
    url: str
    dynamic: bool
    tracked: bool


class Tracking(msgspec.Struct, frozen=True):
    """How to make one person's letter measurable; all fields are for one message.

    `link(index, url)` returns the address to put in place of a tracked link. It is called once per
    occurrence (several times for a link inside a loop), with the final URL of this person.
    `pixel_url` is the address of the open pixel, `honeypot_url` of a link that no eye can see.
    """

    link: Callable[[int, str], str] | None = None
    pixel_url: str | None = None
    honeypot_url: str | None = None


class Mixture(msgspec.Struct, frozen=True, gc=False):
    """A text for one person, in pieces: `fixed[0] own[0] fixed[1] … own[-1] fixed[-1]`.

    `fixed` is the same object in all letters of a compiled one, so whoever carries the text on can
    do his work on these pieces once.
    """

    fixed: tuple[str, ...]
    own: tuple[str, ...]

    def __str__(self) -> str:
        pieces = [""] * (len(self.fixed) + len(self.own))
        pieces[::2] = self.fixed
        pieces[1::2] = self.own
        return "".join(pieces)


NOTHING = Mixture(("",), ())


class Rendered(msgspec.Struct, frozen=True):
    """A letter for one person. `subject` has no line breaks or control characters.

    `dropped_links` counts links whose personal address was unusable (wrong scheme, empty);
    each became an inert "#". `amp_mixture` is None when the letter has no AMP part.
    """

    subject: str
    preheader: str
    html_mixture: Mixture = NOTHING
    text_mixture: Mixture = NOTHING
    dropped_links: int = 0
    amp_mixture: Mixture | None = None

    @property
    def html(self) -> str:
        return str(self.html_mixture)

    @property
    def text(self) -> str:
        return str(self.text_mixture)

    @property
    def amp(self) -> str:
        return "" if self.amp_mixture is None else str(self.amp_mixture)


class Limits(msgspec.Struct, frozen=True):
    """Bounds of what a template may do. A letter that needs more is a mistake or an attack."""

    source_bytes_max: int = 512 * 1024
    nesting_max: int = 20
    loop_steps_max: int = 10_000
    render_ms_max: int = 500
    output_bytes_max: int = 1024 * 1024
    local_bytes_max: int = 256 * 1024
