"""The ClickHouse HTTP protocol as far as it does not touch the engine: requests, errors, headers.

Source: https://clickhouse.com/docs/interfaces/http and the source of `clickhouse-connect`.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hmac
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

# Names that the HTTP interface consumes itself; they are no settings of the engine.
_TRANSPORT_ARGUMENTS: Final = frozenset(
    {
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "close_session",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "stacktrace",
        "user",
        "wait_end_of_query",
    }
)
_SETTING_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PARAMETER_NAME: Final = re.compile(r"param_[A-Za-z0-9_]+\Z")

# Error codes of ClickHouse (src/Common/ErrorCodes.cpp) that this front raises itself.
BAD_ARGUMENTS: Final = 36
NOT_IMPLEMENTED: Final = 48
SYNTAX_ERROR: Final = 62
UNKNOWN_SETTING: Final = 115
INCORRECT_DATA: Final = 117
REQUEST_TOO_LARGE: Final = 307
TOO_MANY_SIMULTANEOUS_QUERIES: Final = 202
ABORTED: Final = 236
AUTHENTICATION_FAILED: Final = 516
UNKNOWN_EXCEPTION: Final = 1002

# Statuses as ClickHouse's `exceptionCodeToHTTPStatus` gives them; everything else is 500.
_STATUSES: Final[Mapping[int, int]] = {
    **dict.fromkeys((192, 193, 194, 497, AUTHENTICATION_FAILED), 403),
    **dict.fromkeys((6, 26, 27, 36, 38, 41, 53, 62, 72, 117, 130, 301, 456, 457), 400),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, 111, 115), 404),
    **dict.fromkeys((REQUEST_TOO_LARGE,), 413),
    **dict.fromkeys((NOT_IMPLEMENTED,), 501),
    **dict.fromkeys((209, TOO_MANY_SIMULTANEOUS_QUERIES, ABORTED, 439), 503),
}
_CODE: Final = re.compile(r"Code:\s*(\d+)")

_CONTENT_TYPES: Final[Mapping[str, str]] = {
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
    "Native": "application/octet-stream",
    "Arrow": "application/vnd.apache.arrow.file",
    "ArrowStream": "application/vnd.apache.arrow.stream",
    "Parquet": "application/octet-stream",
}


class EngineError(Exception):
    """An error of the engine, as its HTTP interface tells it."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(text)

    @property
    def status(self) -> int:
        return _STATUSES.get(self.code, 500)

    @classmethod
    def raised_here(cls, code: int, name: str, what: str) -> EngineError:
        return cls(code, f"Code: {code}. DB::Exception: {what} ({name})")

    @classmethod
    def from_engine(cls, error: Exception, version: str) -> EngineError:
        """Return the error in the words of a server: code first, version last."""
        text = str(error).strip()
        start = text.find("Code: ")
        if start > 0:
            text = text[start:]
        found = _CODE.search(text)
        if not found:
            return cls.raised_here(UNKNOWN_EXCEPTION, "UNKNOWN_EXCEPTION", text or repr(error))
        if "(version " not in text:
            text = f"{text} (version {version})"
        return cls(int(found[1]), text)


@dataclass(slots=True)
class Request:
    """One request, taken apart: who asks, what, with which values and settings."""

    sql: str
    input_call: tuple[str, str] | None
    """For `INSERT … SELECT … FROM input(…) FORMAT x`: the text before `input` and after `(`."""
    data: bytes | None
    """The rows of an `INSERT … FORMAT x`, without the statement; None for any other query."""
    input_format: str
    database: str
    default_format: str
    query_id: str
    streamed: bool
    """True when the client reads while the query runs and gets a late error in the body."""
    parameters: dict[str, str] = field(default_factory=dict)
    """Bound values by name, in ClickHouse's escaped text form."""
    settings: dict[str, str] = field(default_factory=dict)


def credentials(headers: Mapping[bytes, bytes], arguments: Mapping[str, str]) -> tuple[str, str]:
    """Return the user and the password of a request, from wherever ClickHouse allows them."""
    if user := headers.get(b"x-clickhouse-user"):
        key = headers.get(b"x-clickhouse-key", b"")
        return user.decode("utf-8", "replace"), key.decode("utf-8", "replace")
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"basic":
        try:
            user_text, _, password = (
                base64.b64decode(value, validate=True).decode("utf-8", "replace").partition(":")
            )
        except binascii.Error:
            return "", ""
        return user_text, password
    return arguments.get("user", "default"), arguments.get("password", "")


def same_secret(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def split_arguments(query_string: bytes) -> dict[str, str]:
    return dict(parse_qsl(query_string.decode("ascii", "replace"), keep_blank_values=True))


def build_request(
    arguments: dict[str, str], body: bytes, *, content_type: str, default_database: str
) -> Request:
    """Return the request that the query arguments and the (decompressed) body make.

    Raises: EngineError for what this front does not do or understand.
    """
    for name in ("compress", "decompress"):
        if arguments.get(name, "0") not in ("0", ""):
            raise EngineError.raised_here(
                NOT_IMPLEMENTED,
                "NOT_IMPLEMENTED",
                f"The argument {name!r} (ClickHouse's own framing) is not supported here; "
                "use Content-Encoding.",
            )
    if content_type.startswith("multipart/form-data"):
        for name, value in _form_fields(body, content_type):
            arguments[name] = value
        body = b""
    statement = _split_statement(arguments.get("query", ""), body)
    request = Request(
        sql=statement.sql,
        input_call=statement.input_call,
        data=statement.data,
        input_format=statement.input_format,
        database=arguments.get("database") or default_database,
        default_format=arguments.get("default_format") or "TabSeparated",
        query_id=arguments.get("query_id", ""),
        streamed=arguments.get("wait_end_of_query", "0") in ("0", ""),
    )
    for name, value in arguments.items():
        if name in _TRANSPORT_ARGUMENTS:
            continue
        if name.startswith("param_"):
            if not _PARAMETER_NAME.match(name):
                raise EngineError.raised_here(
                    BAD_ARGUMENTS, "BAD_ARGUMENTS", f"Bad name of a query parameter: {name!r}"
                )
            request.parameters[name.removeprefix("param_")] = value
        elif _SETTING_NAME.match(name):
            request.settings[name] = value
        else:
            raise EngineError.raised_here(
                UNKNOWN_SETTING, "UNKNOWN_SETTING", f"Unknown setting {name!r}"
            )
    return request


def decode_body(chunks: Sequence[bytes], encoding: str, *, limit: int) -> bytes:
    """Return the body without its Content-Encoding; several frames in a row are one body.

    Raises: EngineError if the body is damaged, of an unknown encoding or larger than `limit`.
    """
    body = b"".join(chunks)
    if not encoding or encoding == "identity":
        return body
    try:
        match encoding:
            case "lz4":
                plain = _all_lz4_frames(body, limit)
            case "zstd":
                plain = _all_zstd_frames(body, limit)
            case "gzip" | "x-gzip":
                plain = gzip.decompress(body)
            case "deflate":
                plain = zlib.decompress(body)
            case _:
                raise EngineError.raised_here(
                    NOT_IMPLEMENTED, "NOT_IMPLEMENTED", f"Content-Encoding {encoding!r}"
                )
    except EngineError:
        raise
    except Exception as error:
        raise EngineError.raised_here(
            INCORRECT_DATA, "INCORRECT_DATA", f"Damaged {encoding} body: {error}"
        ) from error
    if len(plain) > limit:
        raise too_large(limit)
    return plain


def too_large(limit: int) -> EngineError:
    return EngineError.raised_here(
        REQUEST_TOO_LARGE, "TOO_MANY_BYTES", f"The request body is larger than {limit} bytes."
    )


def _all_lz4_frames(body: bytes, limit: int) -> bytes:
    import lz4.frame  # type: ignore[import-untyped] # it ships no types

    parts: list[bytes] = []
    size = 0
    while body:
        decompressor = lz4.frame.LZ4FrameDecompressor()
        parts.append(decompressor.decompress(body))
        size += len(parts[-1])
        if not decompressor.eof:
            raise ValueError("the last frame is cut")
        if size > limit:
            raise too_large(limit)
        body = decompressor.unused_data or b""
    return b"".join(parts)


def _all_zstd_frames(body: bytes, limit: int) -> bytes:
    import zstandard

    reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)
    plain = reader.read(limit + 1)
    if len(plain) > limit:
        raise too_large(limit)
    return plain


def _form_fields(body: bytes, content_type: str) -> Iterable[tuple[str, str]]:
    """Yield the fields of a form: the way in which a client sends long bound values."""
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if not boundary:
        raise EngineError.raised_here(BAD_ARGUMENTS, "BAD_ARGUMENTS", "A form without boundary")
    marker = b"\r\n--" + boundary[1].encode()
    for part in (b"\r\n" + body).split(marker)[1:]:
        if part.startswith(b"--"):
            return
        head, separator, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'\bname="([^"]*)"', head)
        if not separator or not name:
            raise EngineError.raised_here(BAD_ARGUMENTS, "BAD_ARGUMENTS", "A damaged form")
        if b"filename=" in head:
            raise EngineError.raised_here(
                NOT_IMPLEMENTED, "NOT_IMPLEMENTED", "External tables are not supported here."
            )
        yield name[1].decode("utf-8", "replace"), value.decode("utf-8", "surrogateescape")


_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*(?:\n|\Z)|\#[!\ ][^\n]*(?:\n|\Z)|/\*.*?\*/)
    | (?P<quoted>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `(?:[^`\\]|\\.|``)*`)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<other>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_FORMAT_NAME = re.compile(r"\s+(\w+)[ \t]*;?[ \t]*\n?")
_HEAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    data: bytes | None = None
    input_format: str = ""
    input_call: tuple[str, str] | None = None


def _split_statement(query: str, body: bytes) -> _Statement:
    """Cut the rows that follow an INSERT off its text.

    ClickHouse reads the argument `query` and the body as one text, a line break between them.
    Only an INSERT with a FORMAT has rows after it, and rows may be any bytes: they must be cut
    off before the statement is read as text.
    """
    argument = query.encode("utf-8", "surrogateescape")
    text = argument + b"\n" + body if argument and body else argument or body
    # Latin-1 maps each byte to one character, so positions in the text are positions in bytes.
    head = text[:_HEAD_BYTES].decode("latin-1")
    words = 0
    depth = 0
    selects = False
    call: re.Match[str] | None = None
    for token in _TOKEN.finditer(head):
        kind, value = token.lastgroup, token[0]
        if kind == "other":
            depth += {"(": 1, ")": -1}.get(value, 0)
        if kind != "word":
            continue
        words += 1
        word = value.upper()
        if words == 1 and word != "INSERT":
            break
        if word == "INPUT" and selects:
            call = call or re.compile(r"input\s*\(", re.IGNORECASE).match(head, token.start())
        if depth > 0:
            continue
        if word == "SELECT":
            selects = True
        elif word in ("VALUES", "WATCH"):
            break
        elif word == "FORMAT" and (name := _FORMAT_NAME.match(head, token.end())):
            if name[1].upper() == "VALUES" or (selects and call is None):
                break
            return _Statement(
                sql=_text(text[: token.start()]),
                data=text[name.end() :],
                input_format=name[1],
                input_call=(
                    (_text(text[: call.start()]), _text(text[call.end() : token.start()]))
                    if call
                    else None
                ),
            )
    return _Statement(sql=_text(text))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


_TRAILING_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*(?:;\s*)?\Z", re.IGNORECASE)


def first_word(sql: str) -> str:
    """Return the first word of a statement in upper case, past comments and brackets."""
    for token in _TOKEN.finditer(sql):
        if token.lastgroup == "word":
            return token[0].upper()
        if token.lastgroup != "space" and token[0] != "(":
            break
    return ""


def output_format(sql: str, default: str) -> str:
    """Return the name of the format in which the result of `sql` comes."""
    found = _TRAILING_FORMAT.search(sql[-200:])
    return found[1] if found else default


def content_type(name: str) -> str:
    return _CONTENT_TYPES.get(name, "text/plain; charset=UTF-8")
