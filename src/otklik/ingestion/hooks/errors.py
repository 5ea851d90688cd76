"""What incoming webhooks refuse, in words for a human."""

from __future__ import annotations

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text


class SourceNotFound(OtklikError):
    code = "source_not_found"
    status = 404
    message = Text(en="There is no such source.", ru="Такого источника нет.")


class CallNotFound(OtklikError):
    code = "call_not_found"
    status = 404
    message = Text(en="There is no such call.", ru="Такого вызова нет.")


class BadCheck(OtklikError):
    """The signature check of a source is not complete."""

    code = "bad_check"
    status = 422
    message = Text(en="{what}", ru="{what_ru}")


class BadMapping(OtklikError):
    """A mapping can't be saved as it is."""

    code = "bad_mapping"
    status = 422
    message = Text(en="{what}", ru="{what_ru}")


class Unreadable(OtklikError):
    """The body of a call is not what it says, or passes a limit; the call is kept as it came."""

    code = "unreadable"
    status = 422
    message = Text(en="{what}", ru="{what_ru}")
