"""Settings: one typed tree, read once at start from a TOML file and the environment.

The environment wins over the file. `OTKLIK_PORT=80` sets `port`; `OTKLIK_DELIVERY__CONNECTIONS=8`
sets `connections` in `[delivery]`. A setting that holds a secret may also come from a file named
by the same variable with `_FILE` at its end.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints
from urllib.parse import urlsplit

import msgspec

from otklik.runtime.errors import BadSettings

Role = Literal["all", "web", "worker"]
Count = Annotated[int, msgspec.Meta(ge=1)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]

PREFIX = "OTKLIK_"


class IngestionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accepting events."""

    event_bytes_max: Count = 32 * 1024
    """Largest single event; the limit of the Segment API."""
    batch_bytes_max: Count = 500 * 1024
    """Largest batch; the limit of the Segment API."""
    pending_bytes_max: Count = 64 * 1024 * 1024
    """Bytes that may wait for the next commit before callers are told to come back later."""
    events_per_s_max: Count = 100_000
    """Rate limit of one write key; over it the answer is 429."""
    events_per_address_s_max: Count = 1_000
    """Rate limit of one address that sends with a public key, in each process; an office or a
    mobile network may stand behind one address."""
    batch_events_max: Count = 20_000
    """Events that one pass of the pipeline takes together."""
    keep_chunks_h: Count = 24
    """Hours that processed chunks stay in the log, to be replayed after a loss of power."""
    hook_bytes_max: Count = 1024 * 1024
    """Largest body of an incoming webhook."""
    hook_calls_per_s_max: Count = 100
    """New calls a second that one address of an incoming webhook takes, in each process; repeats
    of a call do not count."""


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Handing messages to the network."""

    connections: Count = 8
    """SMTP connections of one worker process."""
    messages_per_connection_max: Count = 500
    """Messages on one SMTP connection before it is renewed."""
    messages_per_s_max: Count = 10_000
    """Rate over all worker processes, whatever a mailing asks for."""
    smtp_timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    """Seconds that an SMTP server may keep silent."""
    attempts_max: Count = 12
    """Attempts at one recipient at most; the schedule of the answer may end before."""
    soft_bounces_max: Count = 5
    """Soft bounces of an address in a row, without a delivery between, that stop it."""


class InboundSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The built-in mail server that takes bounces, complaints and replies."""

    enabled: bool = False
    """Whether worker processes listen for returned mail."""
    smtp_host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 to be reached from outside."""
    smtp_port: Port = 2525
    """Port to listen on; 25 where the MX record points here directly."""
    domain: str = ""
    """Domain of return paths and reply addresses whose MX leads here; none = the sender's own."""
    mail_bytes_max: Annotated[int, msgspec.Meta(ge=64 * 1024, le=64 * 1024 * 1024)] = (
        10 * 1024 * 1024
    )
    """Biggest mail that is taken."""
    mails_per_minute_max: Count = 600
    """Mails that one client may bring in a minute."""
    tls_certificate: str = ""
    """PEM file of the certificate, with its chain, for STARTTLS; none = mail comes unencrypted."""
    tls_key: str = ""
    """PEM file of the certificate's key; both files are read anew when they are renewed."""


class ClickHouseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The embedded ClickHouse engine."""

    memory_bytes_max: Count = 2 * 1024**3
    """Memory that the engine may take; a query that wants more is refused."""
    threads_max: Count = 4
    """Threads of one query."""


class OutgoingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests to addresses that users type in: feeds, webhooks, stores."""

    allowed_networks: tuple[str, ...] = ()
    """Private networks that may be reached all the same, such as `10.1.0.0/16`."""


class ExportSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of exports."""

    folder: str | None = None
    """Folder below which schedules may write files; none = schedules write only to S3 stores."""
    keep_days: Count = 7
    """Days that a finished file is kept in the data folder for download."""
    free_bytes_min: Annotated[int, msgspec.Meta(ge=0)] = 1024**3
    """Bytes of the disk that files of exports leave free; below it they are refused."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that an administrator can set."""

    data: str = "otklik-data"
    """Folder of the embedded engines, uploads and the secret key."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8080
    """Port to listen on."""
    role: Role = "all"
    """What this process does: everything, only HTTP, or only background work."""
    public_url: str | None = None
    """Address under which visitors and mail readers reach this installation."""
    database_url: str | None = None
    """External PostgreSQL, `postgresql://user:password@host/database`; none = embedded."""
    clickhouse_url: str | None = None
    """External ClickHouse, `http(s)://user:password@host:8123/database`; none = embedded."""
    smtp_url: str | None = None
    """Mail relay, `smtp(s)://user:password@host:port`; none = the built-in mail catcher."""
    catcher_port: Port = 1025
    """Port on loopback of the built-in mail catcher, which runs while no relay is set."""
    secret_key: str | None = None
    """Key of all signatures; none = made once and kept in the data folder."""
    log_format: Literal["console", "json"] = "console"
    """Form of the log lines."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level that is logged."""
    database_connections: Count = 20
    """PostgreSQL connections of one process."""
    trusted_proxies: int = 0
    """Number of proxies in front that append to X-Forwarded-For."""
    ingestion: IngestionSettings = IngestionSettings()
    delivery: DeliverySettings = DeliverySettings()
    inbound: InboundSettings = InboundSettings()
    clickhouse: ClickHouseSettings = ClickHouseSettings()
    outgoing: OutgoingSettings = OutgoingSettings()
    exports: ExportSettings = ExportSettings()

    @property
    def data_dir(self) -> Path:
        return Path(self.data).expanduser().resolve()

    @property
    def base_url(self) -> str:
        """Public address without a slash at its end."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 (compared, not bound)
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def development(self) -> bool:
        """True while letters go to the built-in catcher instead of a relay."""
        return self.smtp_url is None


SECRETS = frozenset({"database_url", "clickhouse_url", "smtp_url", "secret_key"})
_URL_SCHEMES = {
    "database_url": ("postgresql", "postgres"),
    "clickhouse_url": ("http", "https"),
    "smtp_url": ("smtp", "smtps"),
    "public_url": ("http", "https"),
}


def load_settings(
    environ: Mapping[str, str] | None = None,
    *,
    file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings; `overrides` (from the command line) win over both sources.

    Raises: BadSettings with the name, the value and what is allowed.
    """
    environ = os.environ if environ is None else environ
    tree = _from_file(file or _named_file(environ))
    for name, value in environ.items():
        if name.startswith(PREFIX) and name not in {"OTKLIK_CONFIG", "OTKLIK_SKIP_UI"}:
            _put(tree, name, value)
    for key, value in (overrides or {}).items():
        if value is not None:
            tree[key] = value
    try:
        settings = msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSettings(what=f"A setting is wrong: {_explain(str(error), tree)}") from error
    _check_urls(settings)
    _check_networks(settings)
    return settings


def setting_names() -> list[tuple[str, str, Any]]:
    """Return (environment variable, toml path, default) of every setting, for the docs test."""
    found = []
    for field in msgspec.structs.fields(Settings):
        if isinstance(field.default, msgspec.Struct):
            found += [
                (
                    f"{PREFIX}{field.name}__{inner.name}".upper(),
                    f"{field.name}.{inner.name}",
                    inner.default,
                )
                for inner in msgspec.structs.fields(type(field.default))
            ]
        else:
            found.append((f"{PREFIX}{field.name}".upper(), field.name, field.default))
    return found


def _named_file(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("OTKLIK_CONFIG")
    return Path(named) if named else None


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(what=f"The settings file {file} can't be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(what=f"The settings file {file} is not valid TOML: {error}") from error


def _put(tree: dict[str, Any], name: str, value: str) -> None:
    path = name.removeprefix(PREFIX).lower().split("__")
    known = {tuple(toml.split(".")): default for _, toml, default in setting_names()}
    if path[-1].endswith("_file") and (*path[:-1], path[-1].removesuffix("_file")) in known:
        path[-1] = path[-1].removesuffix("_file")
        if path[-1] not in SECRETS:
            raise BadSettings(
                what=f"{name}: only secrets can come from a file: {', '.join(sorted(SECRETS))}."
            )
        try:
            value = Path(value).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSettings(what=f"{name}: the file {value} can't be read: {error}") from error
    if tuple(path) not in known:
        names = [env for env, _, _ in setting_names()]
        close = difflib.get_close_matches(name, names, n=1)
        advice = f" Did you mean {close[0]}?" if close else f" Known: {', '.join(names)}."
        raise BadSettings(what=f"{name} is not a setting of Otklik.{advice}")
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    several = isinstance(known[tuple(path)], tuple)
    tree[path[-1]] = [one.strip() for one in value.split(",") if one.strip()] if several else value


def _explain(message: str, tree: Mapping[str, Any]) -> str:
    """Add the given value and the allowed ones to msgspec's message."""
    at = message.rsplit("`$.", 1)[-1].rstrip("`") if "`$." in message else ""
    value: Any = tree
    kind: Any = Settings
    for part in at.split(".") if at else []:
        value = value.get(part) if isinstance(value, Mapping) else None
        kind = get_type_hints(kind, include_extras=True).get(part, kind)
    if at and at.rsplit(".", 1)[-1] in SECRETS:
        value = "(hidden)"
    allowed = get_args(kind) if "Literal" in str(kind) else ()
    choices = f" Allowed: {', '.join(map(str, allowed))}." if allowed else ""
    return f"{at or 'settings'} = {value!r}: {message.split(' - at', maxsplit=1)[0]}.{choices}"


def _check_urls(settings: Settings) -> None:
    for name, schemes in _URL_SCHEMES.items():
        value = getattr(settings, name)
        if value is None:
            continue
        parts = urlsplit(value)
        if parts.scheme not in schemes or not (parts.hostname or name == "database_url"):
            shown = value if name not in SECRETS else f"{parts.scheme}://(hidden)"
            raise BadSettings(
                what=f"{name} = {shown!r} is not an address that Otklik can use. "
                f"Allowed beginnings: {', '.join(s + '://' for s in schemes)}."
            )


def _check_networks(settings: Settings) -> None:
    for network in settings.outgoing.allowed_networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise BadSettings(
                what=f"outgoing.allowed_networks = {network!r} is not a network. "
                "Write it like 10.1.0.0/16, several with commas between."
            ) from error
