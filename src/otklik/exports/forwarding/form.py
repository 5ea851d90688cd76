"""What a forwarding is made of, and what can't be made."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

import msgspec

from otklik.exports.errors import BadForwarding
from otklik.exports.forwarding.model import (
    SECRET_PREFIX,
    ChosenSegment,
    MixpanelTarget,
    Target,
    WebhookTarget,
)
from otklik.exports.model import refuse_nul
from otklik.rules.parse import parse_filters
from otklik.runtime.public import Runtime

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
SEGMENTS_MAX = 100


class ForwardingChoice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is forwarded.

    `names`: events to forward; null: all; an empty list: none, where segments are chosen.
    `filters`: on properties of events, in the language of segments. `imported`: also events that
    came by an import. `segments`: whose entering and leaving is told.
    """

    names: Annotated[list[Name], msgspec.Meta(max_length=200)] | None = None
    filters: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=20)] = []
    imported: bool = False
    segments: Annotated[list[ChosenSegment], msgspec.Meta(max_length=SEGMENTS_MAX)] = []


class NewForwarding(ForwardingChoice, kw_only=True, forbid_unknown_fields=True):
    """What a forwarding is made of.

    `with_customer`: name, e-mail, phone and user id of the person go along. `batch`: events of one
    webhook call at most. `secret`: of Mixpanel; a webhook's own one is made here unless one is
    given (`whsec_…`).
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
    target: Target
    with_customer: bool = False
    batch: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=32)] = 4
    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None


def check_choice(data: ForwardingChoice) -> None:
    """Raises: BadForwarding, DefinitionInvalid, UnusableText."""
    refuse_nul(data)
    parse_filters(data.filters)
    if data.names == [] and not data.segments:
        raise BadForwarding(
            what="Nothing is chosen: neither events nor segments.",
            what_ru="Ничего не выбрано: ни событий, ни сегментов.",
        )
    if len({one.segment_id for one in data.segments}) != len(data.segments):
        raise BadForwarding(
            what="A segment is chosen twice.", what_ru="Один из сегментов выбран дважды."
        )
    if not all(one.entered or one.left for one in data.segments):
        raise BadForwarding(
            what="A segment is chosen, but neither who enters it nor who leaves it.",
            what_ru="Сегмент выбран, но не указано, о ком сообщать: кто вошёл или кто вышел.",
        )


def check(rt: Runtime, data: NewForwarding) -> None:
    """Raises: BadForwarding, OutgoingRefused, DefinitionInvalid, UnusableText."""
    check_choice(data)
    match data.target:
        case WebhookTarget(url=url):
            rt.outgoing.check(url)
            if data.secret is not None:
                _check_secret(data.secret)
        case MixpanelTarget(user=user, project_id=project_id):
            if user and not project_id:
                raise BadForwarding(
                    what="A service account needs the number of the project.",
                    what_ru="Для сервисного аккаунта нужен номер проекта.",
                )


def _check_secret(secret: str) -> None:
    try:
        raw = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not secret.startswith(SECRET_PREFIX) or not 24 <= len(raw) <= 64:
        raise BadForwarding(
            what="A signing secret is whsec_ and 24 to 64 bytes in base64.",
            what_ru="Секрет подписи — whsec_ и от 24 до 64 байт в base64.",
        )
