"""What stands before every request: whose address counts."""

from __future__ import annotations

from typing import Any

import pytest

from otklik.runtime.web.edge import client_ip


@pytest.mark.parametrize(
    ("proxies", "lines", "address"),
    [
        (0, [b"198.51.100.7"], "192.0.2.9"),
        (1, [], "192.0.2.9"),
        (1, [b"203.0.113.5"], "203.0.113.5"),
        (1, [b"198.51.100.7, 203.0.113.5"], "203.0.113.5"),
        # Some proxies append a line of their own instead of a word to the caller's line.
        (1, [b"198.51.100.7", b"203.0.113.5"], "203.0.113.5"),
        (2, [b"198.51.100.7", b"203.0.113.5, 10.0.0.1"], "203.0.113.5"),
    ],
)
def test_an_address_that_the_caller_writes_himself_does_not_count(
    proxies: int, lines: list[bytes], address: str
) -> None:
    scope: Any = {
        "client": ("192.0.2.9", 1),
        "headers": [(b"x-forwarded-for", line) for line in lines],
    }
    assert client_ip(scope, proxies) == address
