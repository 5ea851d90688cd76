"""Errors of the condition language."""

from __future__ import annotations

from otklik.kit.errors import Invalid
from otklik.kit.i18n import Text


class DefinitionInvalid(Invalid):
    """The definition is not a condition tree; `problems` names each wrong place by JSON path."""

    code = "definition_invalid"
    status = 422
    message = Text(
        en="The conditions contain mistakes: {count}.", ru="В условиях есть ошибки: {count}."
    )
