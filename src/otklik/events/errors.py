"""What reading events refuses."""

from __future__ import annotations

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text


class UnknownProperty(OtklikError):
    code = "unknown_property"
    status = 404
    message = Text(
        en="The event “{name}” has no property “{path}”.",
        ru="У события «{name}» нет свойства «{path}».",
    )


class TooManyStreams(OtklikError):
    code = "too_many_streams"
    status = 429
    retry = 30
    message = Text(
        en="Too many live streams are open on this server.",
        ru="На этом сервере открыто слишком много живых лент.",
    )
