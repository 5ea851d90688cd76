"""The one way to the network outside: requests that can't be turned against the own network.

Users type addresses into the program: of feeds, webhooks, stores. Each name is resolved here, every
address that it gives is checked, and the connection is made to the checked address itself, so that
a name which answers differently the second time (DNS rebinding) gains nothing. Redirects are never
followed. Sizes and times are bounded.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import certifi
import httpcore
import httpx

from otklik.kit.i18n import Text, group_digits
from otklik.runtime.errors import OutgoingFailed, OutgoingRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST = re.compile(rb"[A-Za-z0-9._:-]+")
_WEB_PORTS = (80, 443)
_FREE_PORTS = range(1024, 65_536)
_AGENT = "Otklik"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `headers` have lower-case names; `took_ms` is the whole exchange."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_ms: int


class Download:
    """An answer whose body is read piece by piece; lives inside `Outgoing.open`."""

    def __init__(self, response: httpcore.Response, *, bytes_max: int, host: str) -> None:
        self.status = response.status
        self.headers = _headers(response)
        self._response, self._bytes_max, self._host = response, bytes_max, host

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body. Raises: OutgoingFailed ("too_large", "timeout", "protocol")."""
        taken = 0
        async for chunk in self._response.aiter_stream():
            taken += len(chunk)
            if taken > self._bytes_max:
                raise OutgoingFailed(
                    reason="too_large", host=self._host, detail=_over_bytes(self._bytes_max)
                )
            yield chunk


class Outgoing:
    """Makes requests for users to addresses that users typed in.

    `allowed_networks`: networks in CIDR form that may be reached although they are private, such
    as the one where the company's own CRM stands. `resolve` is given by tests only.
    """

    def __init__(
        self, *, allowed_networks: Sequence[str] = (), resolve: Resolve | None = None
    ) -> None:
        self._allowed = tuple(ipaddress.ip_network(net, strict=False) for net in allowed_networks)
        self._resolve = resolve or _resolve
        self._pool: httpcore.AsyncConnectionPool | None = None

    def check(self, url: str) -> None:
        """Refuse early, in a form, what `send` would refuse without asking the network.

        Raises: OutgoingRefused.
        """
        self._parsed(url)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] = b"",
        timeout_s: float = 10.0,
        answer_bytes_max: int = 65_536,
    ) -> Answer:
        """Send one request and return its answer, whatever its status; nothing is followed.

        `timeout_s`: the whole exchange. An answer longer than `answer_bytes_max` is cut there.
        Raises: OutgoingRefused, OutgoingFailed.
        """
        parsed = self._parsed(url)
        began = time.perf_counter()
        kept = bytearray()
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._exchange(method, parsed, headers, body, timeout_s) as response,
            ):
                async for chunk in response.aiter_stream():
                    kept += chunk
                    if len(kept) >= answer_bytes_max:
                        break
        except TimeoutError as error:
            raise OutgoingFailed(
                reason="timeout", host=parsed.host, detail=_over_seconds(timeout_s)
            ) from error
        took_ms = round((time.perf_counter() - began) * 1000)
        return Answer(response.status, _headers(response), bytes(kept[:answer_bytes_max]), took_ms)

    @asynccontextmanager
    async def open(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        seconds_max: float = 3_600.0,
        bytes_max: int = 4 << 30,
    ) -> AsyncIterator[Download]:
        """GET an address whose answer may be long, and lend it as a stream.

        `timeout_s`: longest silence; `seconds_max`: the whole, with the caller's own work on it;
        `bytes_max`: size of the body.
        Raises: OutgoingRefused, OutgoingFailed.
        """
        parsed = self._parsed(url)
        whole = asyncio.timeout(seconds_max)
        try:
            async with whole, self._exchange("GET", parsed, headers, b"", timeout_s) as response:
                yield Download(response, bytes_max=bytes_max, host=parsed.host)
        except TimeoutError as error:
            if not whole.expired():
                raise
            raise OutgoingFailed(
                reason="too_long", host=parsed.host, detail=_over_seconds(seconds_max)
            ) from error

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, checked, for a connection that is not HTTP.

        Connect to one of these, not to the name. Raises: OutgoingRefused, OutgoingFailed ("dns").
        """
        return await self._checked_addresses(host, port)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    @asynccontextmanager
    async def _exchange(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str] | None,
        body: bytes | AsyncIterator[bytes],
        timeout_s: float,
    ) -> AsyncIterator[httpcore.Response]:
        """Lend the answer to one request, and tell the driver's errors as ours."""
        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=_tls(),
                max_connections=100,
                max_keepalive_connections=20,
                keepalive_expiry=15.0,
                network_backend=_CheckedNetwork(self._checked_addresses),
            )
        sent = {"Host": url.netloc.decode("ascii"), "User-Agent": _AGENT, **(headers or {})}
        if isinstance(body, bytes):
            if body or method not in {"GET", "HEAD"}:
                sent.setdefault("Content-Length", str(len(body)))
        elif "content-length" not in {name.lower() for name in sent}:
            sent["Transfer-Encoding"] = "chunked"
        silence = {"connect": timeout_s, "read": timeout_s, "write": timeout_s, "pool": timeout_s}
        try:
            async with self._pool.stream(
                method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=[(name.encode(), _octets(value)) for name, value in sent.items()],
                content=body,
                extensions={"timeout": silence},
            ) as response:
                yield response
        except httpcore.TimeoutException as error:
            raise OutgoingFailed(
                reason="timeout", host=url.host, detail=_over_seconds(timeout_s)
            ) from error
        except httpcore.ConnectError as error:
            tls = _came_from(error, ssl.SSLError)
            if tls:
                raise OutgoingFailed(reason="tls", host=url.host, detail=str(error)) from error
            raise OutgoingFailed(reason="connect", host=url.host) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise OutgoingFailed(
                reason="protocol", host=url.host, detail=str(error) or type(error).__name__
            ) from error

    def _parsed(self, url: str) -> httpx.URL:
        try:
            parsed = httpx.URL(url.strip())
        except httpx.InvalidURL as error:
            raise OutgoingRefused(address=_shown(url), why=WHY_NOT_AN_ADDRESS) from error
        if parsed.scheme not in {"http", "https"} or not _HOST.fullmatch(parsed.raw_host):
            raise OutgoingRefused(address=_shown(url), why=WHY_NOT_AN_ADDRESS)
        if parsed.userinfo:
            # Credentials in an address end up in logs and lists; forms have fields for them.
            raise OutgoingRefused(address=parsed.host, why=WHY_CREDENTIALS)
        port = parsed.port
        if port is not None and port not in _WEB_PORTS and port not in _FREE_PORTS:
            # Mail and other servers of low ports understand enough of HTTP to be misused.
            raise OutgoingRefused(address=f"{parsed.host}:{port}", why=WHY_PORT)
        literal = _literal(parsed.host)
        if literal is not None:
            self._check_address(literal, parsed.host)
        return parsed

    async def _checked_addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await self._resolve(host, port)
        except OSError as error:
            raise OutgoingFailed(reason="dns", host=host) from error
        for one in found:
            self._check_address(ipaddress.ip_address(one.split("%")[0]), host)
        return found

    def _check_address(self, address: Address, host: str) -> None:
        real = _inner(address)
        if any(real in net for net in self._allowed if net.version == real.version):
            return
        if not real.is_global or real.is_multicast or real.is_reserved:
            raise OutgoingRefused(address=host, why=WHY_PRIVATE)


WHY_NOT_AN_ADDRESS = Text(
    en="only addresses that begin with http:// or https:// can be used",
    ru="подходят только адреса, которые начинаются с http:// или https://",
)
WHY_CREDENTIALS = Text(
    en="a name and a password don't belong into an address; use the fields made for them",
    ru="имя и пароль не пишут в адрес; для них есть отдельные поля",
)
WHY_PORT = Text(
    en="the port must be 80, 443 or one from 1024 to 65535",
    ru="порт должен быть 80, 443 или от 1024 до 65535",
)
WHY_PRIVATE = Text(
    en="it leads into a private network; an administrator can allow that network "
    "by the setting outgoing.allowed_networks",
    ru="он ведёт в частную сеть; администратор может разрешить её "
    "настройкой outgoing.allowed_networks",
)


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, never to a name."""

    def __init__(self, addresses: Callable[[str, int], Awaitable[list[str]]]) -> None:
        self._addresses = addresses
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the driver's interface)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self._addresses(host, port):
            try:
                return _Connection(
                    await self._inner.connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (the driver's interface)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("sockets of this machine are not reachable")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Connection(httpcore.AsyncNetworkStream):
    """The driver's connection; closed also when a handshake is cancelled, which it leaves open."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (the driver's interface)
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 (the driver's interface)
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the driver's interface)
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one leads to (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    if inner is None and address in _NAT64:
        inner = ipaddress.IPv4Address(address.packed[-4:])
    return inner or address


def _came_from(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _tls() -> ssl.SSLContext:
    # The machine's own authorities may include the company's; certifi's are there on bare systems.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _octets(value: str) -> bytes:
    """Return a header's value as it is sent: what another server said goes back byte for byte."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
    }


def _over_seconds(seconds: float) -> Text:
    return Text(en=f"more than {seconds:g} s", ru=f"больше {seconds:g} с")


def _over_bytes(size: int) -> Text:
    return Text(
        en=f"more than {group_digits('en', size)} bytes",
        ru=f"больше {group_digits('ru', size)} байт",
    )


def _shown(url: str) -> str:
    """Cut an address for a message: what follows `?` may hold a secret."""
    return url.split("?", 1)[0].split("#", 1)[0][:200]
