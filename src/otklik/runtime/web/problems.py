"""Errors on the wire: problem details (RFC 9457) in the reader's language."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from psycopg import errors as postgres
from sqlalchemy.exc import DataError

from otklik.kit.errors import Invalid, OtklikError
from otklik.kit.i18n import Lang, Text, group_digits
from otklik.runtime.logs import log
from otklik.runtime.web.edge import REQUEST_ID

MEDIA_TYPE = "application/problem+json"


class ProblemPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wrong place of the input."""

    path: str
    message: str
    code: str = "invalid"
    line: int | None = None


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. `code` is stable; `title` and `detail` are for people."""

    status: int
    code: str
    title: str
    detail: str
    type: str = "about:blank"
    hint: str | None = None
    errors: list[ProblemPlace] = []
    request_id: str | None = None


_TITLES = {
    400: Text(en="The request is wrong", ru="Ошибка в запросе"),
    401: Text(en="You are not signed in", ru="Вы не вошли"),
    403: Text(en="Not allowed", ru="Недостаточно прав"),
    404: Text(en="Not found", ru="Не найдено"),
    405: Text(en="Not possible here", ru="Так сделать нельзя"),
    409: Text(en="It has changed meanwhile", ru="Данные успели измениться"),
    413: Text(en="Too large", ru="Слишком большой запрос"),
    422: Text(en="Some values are wrong", ru="Некоторые значения неверны"),
    429: Text(en="Too many requests", ru="Слишком много запросов"),
    503: Text(en="Try again in a moment", ru="Повторите чуть позже"),
}
_UNEXPECTED = Text(
    en="Something went wrong on our side. It has been logged as {request_id}.",
    ru="На нашей стороне произошла ошибка. В журнале она записана как {request_id}.",
)
_TOO_DEEP = Text(
    en="The body is nested too deeply.", ru="Слишком глубокая вложенность в теле запроса."
)
_UNSTORABLE = Text(
    en="A character in the request can't be kept: the one with the number 0. Take it out.",
    ru="В запросе есть знак, который нельзя сохранить: знак с номером 0. Уберите его.",
)
_TOO_LARGE_NUMBER = Text(
    en="A number in the request is too large.", ru="В запросе слишком большое число."
)
_WRONG_INPUT = Text(
    en="The input does not have the expected form: {what}",
    ru="Данные имеют не тот вид: {what}",
)
_TOO_LARGE = Text(
    en="What you sent is larger than is accepted here.",
    ru="Вы отправили больше, чем здесь принимается.",
)
# What people meet in forms; a wrong type or an unknown field is a program's fault and stays as the
# decoder says it. The number of each is its bound.
_BOUNDS: Final[tuple[tuple[re.Pattern[str], Text], ...]] = (
    (
        re.compile(r"Expected `str` of length >= 1"),
        Text(en="must not be empty", ru="не должно быть пустым"),
    ),
    (
        re.compile(r"Expected `str` of length >= (\d+)"),
        Text(en="shorter than {bound} characters", ru="короче допустимого (знаков: {bound})"),
    ),
    (
        re.compile(r"Expected `str` of length <= (\d+)"),
        Text(en="longer than {bound} characters", ru="длиннее допустимого (знаков: {bound})"),
    ),
    (
        re.compile(r"Expected `(?:array|object)` of length >= (\d+)"),
        Text(en="fewer than {bound}", ru="меньше допустимого ({bound})"),
    ),
    (
        re.compile(r"Expected `(?:array|object)` of length <= (\d+)"),
        Text(en="more than {bound}", ru="больше допустимого ({bound})"),
    ),
    (
        re.compile(r"Expected `(?:int|float)` >= (-?[\d.]+)"),
        Text(en="must be at least {bound}", ru="не меньше {bound}"),
    ),
    (
        re.compile(r"Expected `(?:int|float)` <= (-?[\d.]+)"),
        Text(en="must be at most {bound}", ru="не больше {bound}"),
    ),
)


def _in_words(message: str, lang: Lang) -> str:
    for pattern, text in _BOUNDS:
        if match := pattern.fullmatch(message):
            bound = match.group(1) if match.groups() else ""
            shown = group_digits(lang, int(bound)) if bound.isdigit() else bound
            return text.of(lang, {"bound": shown})
    return message


def language(request: Request[Any, Any, Any]) -> Lang:
    """Return the language that the caller prefers, of those the product speaks."""
    for part in request.headers.get("accept-language", "").lower().split(","):
        if part.strip().startswith("ru"):
            return "ru"
        if part.strip().startswith("en"):
            return "en"
    return "en"


def problem_response(
    problem: ProblemDetails, headers: dict[str, str] | None = None
) -> Response[bytes]:
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers or {},
    )


def title(status: int, lang: Lang) -> str:
    return _TITLES.get(status, _TITLES[400] if status < 500 else _TITLES[503]).of(lang)


def on_otklik_error(request: Request[Any, Any, Any], error: OtklikError) -> Response[bytes]:
    lang = language(request)
    errors = (
        [
            ProblemPlace(path=p.path, message=p.message.of(lang), code=p.code, line=p.line)
            for p in error.problems
        ]
        if isinstance(error, Invalid)
        else []
    )
    problem = ProblemDetails(
        status=error.status,
        code=error.code,
        title=title(error.status, lang),
        detail=error.text(lang),
        hint=error.hint_text(lang),
        errors=errors,
    )
    headers = {"Retry-After": str(error.retry)} if isinstance(error.retry, int) else None
    return problem_response(problem, headers)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    lang = language(request)
    status = error.status_code
    if status >= 500:
        # A fault of ours that the framework put into words: a file that is gone, for one.
        return on_unexpected(request, error)
    places: list[ProblemPlace] = []
    detail = title(status, lang)
    code = {
        404: "not_found",
        405: "method_not_allowed",
        401: "not_signed_in",
        403: "forbidden",
    }.get(status, "bad_request")
    if isinstance(error, ValidationException):
        status, code = 422, "invalid"
        for extra in error.extra if isinstance(error.extra, list) else []:
            if isinstance(extra, dict):
                message = _in_words(str(extra["message"]), lang)
                places.append(ProblemPlace(path=str(extra.get("key", "")), message=message))
        what = "; ".join(f"{p.path}: {p.message}" for p in places) or "?"
        detail = _WRONG_INPUT.of(lang, {"what": what})
    elif status == 413:
        detail, code = _TOO_LARGE.of(lang), "too_large"
    elif status == 400:
        detail = _WRONG_INPUT.of(lang, {"what": error.detail})
    return problem_response(
        ProblemDetails(
            status=status, code=code, title=title(status, lang), detail=detail, errors=places
        ),
        dict(error.headers or {}),
    )


def on_recursion(request: Request[Any, Any, Any], _: RecursionError) -> Response[bytes]:
    """A body of some thousand brackets is refused by the decoder's depth, not by its grammar."""
    lang = language(request)
    detail = _TOO_DEEP.of(lang)
    return problem_response(
        ProblemDetails(status=400, code="too_deep", title=title(400, lang), detail=detail)
    )


def on_data_error(request: Request[Any, Any, Any], error: DataError) -> Response[bytes]:
    """Refuse what PostgreSQL can't hold: a NUL, which JSON and addresses allow, or 10^20.

    Nothing of the driver's text is logged or told: it quotes the value.
    """
    cause = error.orig
    if isinstance(cause, postgres.NumericValueOutOfRange):
        detail = _TOO_LARGE_NUMBER
    elif isinstance(cause, postgres.UntranslatableCharacter) or (
        # The driver itself refuses a NUL in a text, with the general class.
        type(cause) is psycopg.DataError and "NUL" in str(cause)
    ):
        detail = _UNSTORABLE
    else:
        return on_unexpected(request, error)
    lang = language(request)
    log.warning(
        "a value could not be stored",
        path=request.url.path,
        request_id=str(request.scope.get(REQUEST_ID, "")),
        error=type(cause).__name__,
    )
    return problem_response(
        ProblemDetails(status=422, code="invalid", title=title(422, lang), detail=detail.of(lang))
    )


def on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    request_id = str(request.scope.get(REQUEST_ID, ""))
    lang = language(request)
    log.error(
        "request failed",
        path=request.url.path,
        request_id=request_id,
        error=repr(error),
        exc_info=error,
    )
    return problem_response(
        ProblemDetails(
            status=500,
            code="unexpected",
            title=title(503, lang),
            detail=_UNEXPECTED.of(lang, {"request_id": request_id}),
            request_id=request_id,
        )
    )


HANDLERS: dict[Any, Any] = {
    OtklikError: on_otklik_error,
    HTTPException: on_http_error,
    RecursionError: on_recursion,
    DataError: on_data_error,
    Exception: on_unexpected,
}
