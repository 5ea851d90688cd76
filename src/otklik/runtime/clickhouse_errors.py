"""What goes wrong on the way to ClickHouse: a refusal, or a failure that may pass."""

from __future__ import annotations

from typing import ClassVar, Final

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text
from otklik.runtime.errors import EngineUnavailable

# Codes after which the same request may well succeed a little later.
_PASSING: Final = frozenset(
    {
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        236,  # ABORTED: the engine is shutting down
        242,  # TABLE_IS_READ_ONLY
        252,  # TOO_MANY_PARTS
        279,  # ALL_CONNECTION_TRIES_FAILED
        319,  # UNKNOWN_STATUS_OF_INSERT
        425,  # SYSTEM_ERROR
        999,  # KEEPER_EXCEPTION
    }
)
# After these the statement was certainly not begun, so even a write without a token may repeat.
_NOT_BEGUN: Final = frozenset({202, 236})
# The texts of these quote what could not be parsed or converted.
_ABOUT_VALUES: Final = frozenset(
    {6, 26, 27, 38, 41, 43, 53, 69, 70, 72, 117, 130, 131, 321, 349, 395, 407, 441, 457, 691}
)


class ClickHouseError(OtklikError):
    """ClickHouse refused a query: `number` is its error code, `detail` its text.

    `detail` may name values of the query, so it must not be logged.
    """

    code: ClassVar[str] = "clickhouse_error"
    status: ClassVar[int] = 500
    message = Text(
        en="The analytics engine refused the query (code {number}).",
        ru="Аналитический движок отклонил запрос (код {number}).",
    )

    def __init__(self, number: int, detail: str) -> None:
        self.number = number
        self.detail = detail
        super().__init__(number=number)

    def __str__(self) -> str:
        # This form gets into logs, so it is silent where the text is about a value.
        if self.number in _ABOUT_VALUES:
            return f"Code: {self.number} (the text may name a value and is not shown)"
        return f"Code: {self.number}. {self.detail}"


class OutcomeUnknown(EngineUnavailable):
    """The connection was lost while a statement ran that must not be repeated blindly."""

    code: ClassVar[str] = "outcome_unknown"
    message = Text(
        en="{engine} went away while it worked; it is not known whether the change was made.",
        ru="{engine} отключился во время работы; неизвестно, внесено ли изменение.",
    )


class PassingFailure(Exception):
    """A try that failed in a way that may pass."""

    def __init__(self, reason: str, *, begun: bool) -> None:
        self.reason = reason
        self.begun = begun
        """True when the statement may have run, wholly or in part."""
        super().__init__(reason)


def explain(error: Exception, *, connecting: bool) -> Exception:
    """Turn an error of the driver into ours: a refusal, or a failure that may pass."""
    from urllib3 import exceptions as http

    number = getattr(error, "code", None)
    if number is not None:
        if number in _PASSING:
            return PassingFailure(
                f"error {number}", begun=not connecting and number not in _NOT_BEGUN
            )
        return ClickHouseError(number, _detail(str(error)))
    cause: BaseException | None = error.__cause__
    reasons: list[BaseException] = []
    while cause is not None and cause not in reasons:
        reasons.append(cause)
        inner = getattr(cause, "reason", None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__ or cause.__context__
    if any(
        isinstance(reason, http.NewConnectionError | http.ConnectTimeoutError) for reason in reasons
    ):
        return PassingFailure("nothing listens at its address", begun=False)
    if reasons and any(isinstance(reason, http.HTTPError | OSError) for reason in reasons):
        return PassingFailure("the connection was lost", begun=not connecting)
    if connecting or "HTTP status 50" in str(error):
        return PassingFailure("it does not answer as it should", begun=not connecting)
    return error


def _detail(text: str) -> str:
    start = text.find("DB::Exception: ")
    return text[start + len("DB::Exception: ") :].strip() if start >= 0 else text
