"""The root of every anticipated error: a sentence for a human and facts for a machine."""

from __future__ import annotations

from typing import ClassVar, Literal

from otklik.kit.i18n import Lang, Text

Retry = Literal["never", "later"] | int


class OtklikError(Exception):
    """An error that a caller can expect and a human can act on.

    Subclasses set `code` (stable, machine-readable), `status` (HTTP), `message` and, where there
    is a next step, `hint`. `retry` is "never", "later" or a number of seconds.
    The keyword arguments are the facts that the texts name.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    retry: ClassVar[Retry] = "never"
    message: ClassVar[Text] = Text(en="Something is wrong.", ru="Что-то не так.")
    hint: ClassVar[Text | None] = None

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.text("en"))

    def text(self, lang: Lang) -> str:
        return self.message.of(lang, self.facts)

    def hint_text(self, lang: Lang) -> str | None:
        return self.hint.of(lang, self.facts) if self.hint else None


class NotFound(OtklikError):
    """The thing does not exist, or belongs to another workspace: the two look the same."""

    code = "not_found"
    status = 404
    message = Text(en="{what} was not found.", ru="Не найдено: {what}.")


class Invalid(OtklikError):
    """The input is wrong; `problems` names each place."""

    code = "invalid"
    status = 422
    message = Text(en="{what}", ru="{what}")

    def __init__(self, *, problems: list[Problem] | None = None, **facts: object) -> None:
        self.problems = problems or []
        super().__init__(**facts)


class Conflict(OtklikError):
    code = "conflict"
    status = 409
    message = Text(en="{what}", ru="{what}")


class Problem:
    """One place in the input that is wrong: a JSON path, or a line of a source text."""

    __slots__ = ("code", "line", "message", "path")

    def __init__(self, path: str, message: Text, *, code: str = "invalid", line: int | None = None):
        self.path, self.message, self.code, self.line = path, message, code, line
