"""What is asked of the DNS."""

from __future__ import annotations

import ipaddress
from typing import Any, Final, Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver
import dns.reversename

QUERY_TIMEOUT_S: Final = 5.0


class DnsUnavailable(Exception):
    pass


class Resolver(Protocol):
    """What is asked of the DNS. All return an empty list when there is no such record."""

    async def txt(self, name: str) -> list[str]:
        """Return the TXT records of `name`. Raises: DnsUnavailable."""

    async def mx(self, name: str) -> list[str]:
        """Return the mail hosts of `name`, "." for a null MX. Raises: DnsUnavailable."""

    async def addresses(self, name: str) -> list[str]:
        """Return the addresses (A and AAAA) of `name`. Raises: DnsUnavailable."""

    async def names(self, address: str) -> list[str]:
        """Return the names (PTR) of an address, without the final dot. Raises: DnsUnavailable."""


class SystemResolver:
    """Asks the name servers of the machine, or those of `resolver`."""

    def __init__(self, resolver: dns.asyncresolver.Resolver | None = None) -> None:
        self._resolver = resolver

    async def txt(self, name: str) -> list[str]:
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in await self._ask(name, "TXT")
        ]

    async def mx(self, name: str) -> list[str]:
        return [str(record.exchange) for record in await self._ask(name, "MX")]

    async def addresses(self, name: str) -> list[str]:
        found = [*await self._ask(name, "A"), *await self._ask(name, "AAAA")]
        return [str(ipaddress.ip_address(record.address)) for record in found]

    async def names(self, address: str) -> list[str]:
        backwards = dns.reversename.from_address(address).to_text()
        return [
            record.target.to_text(omit_final_dot=True)
            for record in await self._ask(backwards, "PTR")
        ]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        resolver = self._resolver or dns.asyncresolver.get_default_resolver()
        try:
            return list(await resolver.resolve(name, kind, lifetime=QUERY_TIMEOUT_S, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise DnsUnavailable(str(error)) from error
