"""Wiring: the only place that knows every slice.

Slices bring handlers, jobs, loops and subscriptions; here they are put together.
"""

from otklik.entrypoints.wiring.application import asgi_app, background, worker_loops
from otklik.entrypoints.wiring.first_start import FirstLogin, first_start
from otklik.entrypoints.wiring.mail import (
    check_returning_mail,
    check_sending_domains,
    inbound_server,
    mail_catcher,
)
from otklik.entrypoints.wiring.news import connect
from otklik.entrypoints.wiring.registry import metadata

__all__ = [
    "FirstLogin",
    "asgi_app",
    "background",
    "check_returning_mail",
    "check_sending_domains",
    "connect",
    "first_start",
    "inbound_server",
    "mail_catcher",
    "metadata",
    "worker_loops",
]
