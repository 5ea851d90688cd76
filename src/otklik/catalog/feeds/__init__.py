"""Product feeds of shops (YML and kin): read as a stream, checked, refused with a reason."""

from otklik.catalog.feeds.health import check_feed
from otklik.catalog.feeds.reader import FeedReader
from otklik.catalog.feeds.report import FeedReport

__all__ = ["FeedReader", "FeedReport", "check_feed"]
