"""Files of feeds: every format, and everything that can be wrong in one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from otklik.catalog.public import FeedRefused
from otklik.content.feeds.errors import FeedUnreadable
from otklik.content.feeds.items import moment_of
from otklik.content.feeds.model import (
    ITEMS_MAX,
    CategoryTopics,
    JsonFields,
    Parsed,
    reach_of,
    topics_by_category,
)
from otklik.content.feeds.parse import parse_feed
from otklik.content.feeds.text import cut, plain
from otklik.kit.ids import new_id

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Blog</title>
<item><guid isPermaLink="false">a-1</guid><title>First &amp; best</title>
 <link>https://blog.example/1</link><pubDate>Mon, 15 Jun 2026 10:00:00 +0300</pubDate>
 <description><![CDATA[<p>Hello&nbsp;<b>there</b></p><script>alert(1)</script>
 <img src="/p.png" width="640">]]></description>
 <category>Servers</category><category> servers </category><category>DNS</category></item>
<item><title>No guid</title><link>/2</link><media:thumbnail url="https://i.example/2.jpg"/></item>
<item><title>Scripted</title><link>javascript:alert(1)</link></item>
<item><title>No link</title><guid isPermaLink="false">x</guid></item>
<item><guid>https://blog.example/5</guid><description>Only a text of it</description></item>
<item><guid isPermaLink="false">a-1</guid><title>Again</title><link>https://b.example</link></item>
</channel></rss>"""


def parsed(text: str | bytes, fields: JsonFields | None = None) -> Parsed:
    data = text.encode() if isinstance(text, str) else text
    return parse_feed(data, url="https://blog.example/feed.xml", fields=fields, now=NOW)


def test_rss_becomes_items_and_what_is_broken_is_set_aside() -> None:
    found = parsed(RSS)
    assert found.format == "rss"
    first, second, third = found.items
    assert (first.guid, first.title, first.summary) == ("a-1", "First & best", "Hello there")
    assert first.picture == "https://blog.example/p.png"
    assert first.categories == ("Servers", "DNS")
    assert first.published_at == datetime(2026, 6, 15, 7, 0, tzinfo=UTC)
    assert (second.guid, second.link) == ("https://blog.example/2", "https://blog.example/2")
    assert (second.picture, second.published_at) == ("https://i.example/2.jpg", None)
    assert (third.link, third.title) == ("https://blog.example/5", "Only a text of it")
    assert [one.reason for one in found.aside] == ["bad_link", "no_link", "repeated"]


def test_atom_is_read_with_its_xhtml() -> None:
    found = parsed(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>tag:1</id><title>One</title>'
        '<link rel="self" href="https://a.example/x"/><link href="https://a.example/1"/>'
        '<published>2026-06-01T10:00:00Z</published><category term="dev" label="Developers"/>'
        '<summary type="xhtml"><div>Some <b>words</b></div></summary></entry></feed>'
    )
    [item] = found.items
    assert (found.format, item.link, item.summary) == ("atom", "https://a.example/1", "Some words")
    assert item.categories == ("Developers",)


def test_a_feed_in_windows_1251_is_read_declared_or_not() -> None:
    text = "<rss><channel><item><title>Новости облака</title><link>https://e.example/1</link>"
    text += "</item></channel></rss>"
    declared = '<?xml version="1.0" encoding="windows-1251"?>' + text
    wrong = '<?xml version="1.0" encoding="utf-8"?>' + text
    for one in (declared, text, wrong):
        assert parsed(one.encode("cp1251")).items[0].title == "Новости облака"


def test_yml_gives_products_with_prices_and_names_of_categories() -> None:
    found = parsed(
        '<yml_catalog date="2026-06-15"><shop><categories><category id="7">Kettles</category>'
        '</categories><offers><offer id="p1"><name>Kettle</name><url>https://s.example/p1</url>'
        "<price>10.5</price><currencyId>RUR</currencyId><categoryId>7</categoryId>"
        "<picture>https://s.example/p1.jpg</picture></offer></offers></shop></yml_catalog>"
    )
    [item] = found.items
    assert found.format == "yml"
    assert (item.guid, item.categories, item.picture) == (
        "p1",
        ("Kettles",),
        "https://s.example/p1.jpg",
    )
    assert item.product is not None
    assert item.product.price == 10.5


def test_json_is_read_by_its_standard_by_usual_names_and_by_given_paths() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": 1, "url": "https://j.example/1", "content_html": "<p>Hi</p>"}],
    }
    assert parsed(json.dumps(feed)).format == "json_feed"
    usual = {"data": {"posts": [{"name": "One", "link": "https://j.example/2", "tags": ["a"]}]}}
    [item] = parsed(json.dumps(usual)).items
    assert (item.title, item.categories) == ("One", ("a",))
    own = {"all": [{"kop": "Titel", "adres": {"web": "https://j.example/3"}, "t": 1781500000}, 5]}
    fields = JsonFields(items="all", title="kop", link="adres.web", published="t")
    found = parsed(json.dumps(own), fields)
    assert found.items[0].published_at == datetime(2026, 6, 15, 5, 6, 40, tzinfo=UTC)
    assert [one.reason for one in found.aside] == ["not_an_object"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "content_feed_empty"),
        (b"<html><body>Not found</body></html>", "content_feed_unknown_format"),
        (b'{"a": 1}', "content_feed_no_items"),
        (b'{"items": [', "content_feed_json_broken"),
        (b"[" * 100_000, "content_feed_json_broken"),
        (b"<rss><channel><item><title>x", "feed_cut_short"),
        (
            b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss>&b;</rss>',
            "feed_declares_entities",
        ),
        (
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>',
            "feed_declares_entities",
        ),
        (b"<rss>" + b"<a>" * 200, "feed_beyond_limits"),
    ],
)
def test_a_file_that_is_no_feed_is_refused_with_a_reason(data: bytes, code: str) -> None:
    with pytest.raises((FeedUnreadable, FeedRefused)) as caught:
        parsed(data)
    assert caught.value.code == code
    assert caught.value.text("ru") != caught.value.text("en")


def test_only_the_first_items_of_a_huge_file_are_taken() -> None:
    one = "<item><title>T{n}</title><link>https://e.example/{n}</link></item>"
    items = "".join(one.format(n=number) for number in range(ITEMS_MAX + 50))
    found = parsed(f"<rss><channel>{items}</channel></rss>")
    assert len(found.items) == ITEMS_MAX
    assert [made.reason for made in found.aside] == ["too_many"]


def test_a_date_that_says_nothing_is_no_date() -> None:
    for written in ("yesterday", "", "2050-01-01", True, 10**30, "0001-01-01T00:00:00+23:00"):
        assert moment_of(written, now=NOW) is None
    assert moment_of("Mon, 15 Jun 2026 09:00 GMT", now=NOW) == NOW.replace(hour=9)


def test_markup_becomes_words_even_when_it_is_escaped_twice() -> None:
    assert plain("&lt;p&gt;A &amp;amp; B&lt;/p&gt;<style>p{}</style>")[0] == "A & B"
    assert plain("5 < 6 and 7 > 3")[0] == "5 < 6 and 7 > 3"
    assert cut("one two three", 9) == "one two…"


def test_an_item_is_for_the_topics_of_its_categories() -> None:
    servers, dns = new_id(), new_id()
    topics = topics_by_category(
        [CategoryTopics("Servers", [servers]), CategoryTopics("DNS", [dns]), CategoryTopics("X")]
    )
    assert reach_of(["SERVERS", "dns "], topics, "nobody").topic_ids == {servers, dns}
    assert reach_of(["other", "x"], topics, "everybody").everybody
    assert not reach_of([], topics, "nobody").everybody
