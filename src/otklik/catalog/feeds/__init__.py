"""Product feeds of shops (YML and kin): read as a stream, checked, refused with a reason."""

from otklik.catalog.feeds.health import FeedReport, check_feed
from otklik.catalog.feeds.reader import FeedReader

__all__ = ["FeedReader", "FeedReport", "check_feed"]
