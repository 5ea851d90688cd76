"""Feeds of Google Merchant."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.catalog.feeds import FeedReader, check_feed
from otklik.catalog.feeds.model import FeedCategory, FeedOffer

RSS = """<?xml version="1.0"?>
<rss xmlns:{p}="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>
<item><{p}:id>a1</{p}:id><{p}:title>Green  tea</{p}:title><link>https://shop.example/1</link>
<{p}:image_link>https://shop.example/1.jpg</{p}:image_link>
<{p}:additional_image_link>https://shop.example/2.jpg,https://shop.example/3.jpg</{p}:additional_image_link>
<{p}:price>1 200.50 RUB</{p}:price><{p}:sale_price>990 RUB</{p}:sale_price>
<{p}:availability>in stock</{p}:availability><{p}:brand>Leaf</{p}:brand>
<{p}:item_group_id>g</{p}:item_group_id><{p}:product_type>Food &gt; Tea</{p}:product_type>
<{p}:color>green</{p}:color><{p}:gtin>123</{p}:gtin></item>
<item><{p}:id>a2</{p}:id><title>Cup</title><{p}:price>RUB 5</{p}:price>
<{p}:availability>out_of_stock</{p}:availability>
<{p}:product_type>Food</{p}:product_type></item>
</channel></rss>"""


@pytest.mark.parametrize("prefix", ["g", "goods"])
def test_a_feed_of_google_is_read_like_any_other(prefix: str) -> None:
    text = RSS.replace("{p}", prefix)
    items = list(FeedReader(io.BytesIO(text.encode())))
    tea, cup = (item for item in items if isinstance(item, FeedOffer))
    assert (tea.id, tea.name, tea.group_id, tea.vendor) == ("a1", "Green tea", "g", "Leaf")
    assert (tea.price, tea.old_price, tea.currency) == (Decimal(990), Decimal("1200.50"), "RUB")
    assert (tea.available, tea.category_id, len(tea.pictures)) == (True, "Food > Tea", 3)
    assert [(one.name, one.value) for one in tea.params] == [("color", "green")]
    assert (cup.price, cup.currency, cup.available, cup.old_price) == (
        Decimal(5),
        "RUB",
        False,
        None,
    )
    tree = [(c.id, c.parent_id, c.name) for c in items if isinstance(c, FeedCategory)]
    assert tree == [("Food", None, "Food"), ("Food > Tea", "Food", "Tea")]
    report = check_feed(io.BytesIO(text.encode()))
    assert (report.format, report.offers, report.categories, report.refused) == (
        "google",
        2,
        2,
        None,
    )
    assert (report.unknown_categories, report.without_url) == (0, 1)


def test_atom_is_read_and_news_are_refused() -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
    <entry><g:id>1</g:id><title>Cup</title><link href="https://shop.example/1"/>
    <g:price>5 EUR</g:price></entry></feed>"""
    (cup,) = (i for i in FeedReader(io.BytesIO(atom.encode())) if isinstance(i, FeedOffer))
    assert (cup.name, cup.url, cup.currency) == ("Cup", "https://shop.example/1", "EUR")
    for news in ("<rss><channel><item><title>News</title></item></channel></rss>", "<feed/>"):
        assert check_feed(io.BytesIO(news.encode())).refused == "feed_is_not_yml"


def test_a_price_that_is_none_is_said() -> None:
    text = RSS.replace("{p}", "g").replace("RUB 5", "on request")
    report = check_feed(io.BytesIO(text.encode()))
    assert [(one.code, one.count) for one in report.errors if "price" in one.code] == [
        ("without_price", 1),
        ("price_unreadable", 1),
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 3_000), st.integers(0, 400), st.binary(max_size=40), st.sampled_from(["g", "x"])
)
def test_a_damaged_feed_gives_a_report_or_a_refusal(
    at: int, gone: int, put: bytes, prefix: str
) -> None:
    whole = RSS.replace("{p}", prefix).encode()
    report = check_feed(io.BytesIO(whole[:at] + put + whole[at + gone :]))
    assert report.refused is None or report.errors[0].code == report.refused
