"""Handing letters to the next mail server: a pool of SMTP connections with honest results.

aiosmtplib opens the connection, negotiates TLS and logs in; the letters themselves are handed over
by a small pipelining client (RFC 5321, RFC 2920), for two reasons. It needs a quarter of the time,
and it knows whether the final dot went out.

    settings    how to reach a relay          supply    the letters of one hand-over
    pool        connections to one relay      results   what an answer says about a letter
    connection  letter after letter           wire      bytes and numbered replies
"""

from otklik.channels.email.smtp.pool import SmtpPool, open_pool
from otklik.channels.email.smtp.settings import SmtpSettings, parse_smtp_url
from otklik.channels.email.smtp.supply import Outgoing, Settle

__all__ = ["Outgoing", "Settle", "SmtpPool", "SmtpSettings", "open_pool", "parse_smtp_url"]
