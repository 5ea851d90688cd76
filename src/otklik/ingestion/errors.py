"""What the event API and the imports refuse, in words for a human."""

from __future__ import annotations

from typing import ClassVar

from otklik.kit.errors import OtklikError, Retry
from otklik.kit.i18n import Text


class BadBody(OtklikError):
    """The whole request is refused: nothing of it was stored."""

    code = "bad_body"
    status = 400
    message = Text(en="{what}", ru="{what}")


class NotJson(BadBody):
    code = "not_json"
    message = Text(
        en="The body is not valid JSON: {why}.", ru="Тело запроса — неправильный JSON: {why}."
    )


class TooLarge(BadBody):
    code = "too_large"
    message = Text(
        en="The body is larger than {limit} bytes.", ru="Тело запроса больше {limit} байт."
    )


class TooMany(BadBody):
    code = "too_many_events"
    message = Text(
        en="One batch holds at most {limit} events, this one has {count}.",
        ru="В одной пачке не больше {limit} событий, в этой — {count}.",
    )


class BadCompression(BadBody):
    code = "bad_compression"
    message = Text(en="The gzip data is damaged.", ru="Данные gzip повреждены.")


class UnknownEncoding(BadBody):
    code = "unknown_encoding"
    status = 415
    message = Text(
        en="Content-Encoding {encoding} is not known; allowed: gzip.",
        ru="Content-Encoding {encoding} неизвестен; допустим gzip.",
    )


class BadEvent(BadBody):
    """A request with one event, and that one is refused."""

    code = "bad_event"
    message = Text(en="{what}", ru="{what}")

    def __init__(self, *, reject_code: str, what: str) -> None:
        self.reject_code = reject_code
        super().__init__(what=what)


class WrongKey(OtklikError):
    code = "wrong_key"
    status = 401
    message = Text(en="The write key is missing or wrong.", ru="Ключ записи не указан или неверен.")
    hint = Text(
        en="Send the key as the user name of Basic authentication, or as writeKey in the body.",
        ru="Передайте ключ именем пользователя Basic-авторизации или полем writeKey в теле.",
    )


class TooFast(OtklikError):
    code = "too_fast"
    status = 429
    retry: ClassVar[Retry] = 1
    message = Text(
        en="This key sends more than {limit} events a second.",
        ru="С этим ключом приходит больше {limit} событий в секунду.",
    )

    def __init__(self, *, limit: int, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(limit=limit)


class AddressTooFast(TooFast):
    """An address has its own limit where the key is public, and when keys are tried out."""

    code = "address_too_fast"
    message = Text(
        en="This address sends more than {limit} events a second.",
        ru="С этого адреса приходит больше {limit} событий в секунду.",
    )


class LogUnavailable(OtklikError):
    """The durable log can't take events now; none of the request was stored."""

    code = "log_unavailable"
    status = 503
    retry: ClassVar[Retry] = 2
    message = Text(
        en="Events can't be stored at the moment; send them again.",
        ru="Сейчас события не сохраняются; отправьте их ещё раз.",
    )


class LostLease(OtklikError):
    """Another worker has taken this batch over; the present one must let go of it."""

    code = "lost_lease"
    status = 409
    message = Text(
        en="Batch {batch_id} was taken over by another worker.",
        ru="Пачку {batch_id} взял другой обработчик.",
    )
