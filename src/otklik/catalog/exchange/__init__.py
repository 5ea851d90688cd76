"""Files of the exchange with 1C (CommerceML 2): read as a stream, counted, or refused."""

from otklik.catalog.exchange.check import ExchangeReport, check_exchange
from otklik.catalog.exchange.reader import ExchangeReader

__all__ = ["ExchangeReader", "ExchangeReport", "check_exchange"]
