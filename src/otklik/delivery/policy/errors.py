"""Errors of the sending policy."""

from __future__ import annotations

from otklik.kit.errors import Conflict, Invalid
from otklik.kit.i18n import Text


class PolicyInvalid(Invalid):
    """A rule can't be; `problems` name the places."""

    code = "sending_policy_invalid"
    message = Text(
        en="The sending rules have values that can't be used.",
        ru="В правилах отправки есть значения, которые нельзя использовать.",
    )


class PolicyChanged(Conflict):
    """Somebody else saved the rules meanwhile."""

    code = "sending_policy_changed"
    message = Text(
        en="Somebody else has changed the sending rules meanwhile.",
        ru="Правила отправки за это время изменил кто-то ещё.",
    )
    hint = Text(
        en="Load them again and repeat your change.",
        ru="Загрузите их заново и повторите изменение.",
    )
