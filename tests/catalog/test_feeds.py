"""Product feeds: what is read, what is said of them, and what no file can do to the reader."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.catalog.feeds import FeedReader, reader, stream
from otklik.catalog.feeds.health import check_feed
from otklik.catalog.feeds.idset import IdSet
from otklik.catalog.feeds.model import FeedCategory, FeedOffer, FeedParam
from otklik.catalog.feeds.report import FeedRemark, FeedReport
from otklik.entrypoints.cli import main

FEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "yml_feeds"
OPENING = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE yml_catalog SYSTEM "shops.dtd">\n'
GOOD = (
    OPENING
    + """<yml_catalog date="2026-03-15 12:02"><shop><name>Shop</name>
<currencies><currency id="RUB" rate="1"/></currencies>
<categories><category id="1">Tea</category>\
<category id="2" parentId="1">Green</category></categories>
<offers>
<offer id="a1" available="true" group_id="g"><url>https://shop.example/1</url>\
<price>1 299,50</price>
<oldprice>1500</oldprice><currencyId>RUB</currencyId><categoryId>2</categoryId>
<picture>https://shop.example/1.jpg</picture><picture>https://shop.example/2.jpg</picture>
<name>Чай 🍵 שלום</name><vendor>Leaf</vendor>\
<description><![CDATA[<p>Good&nbsp;tea</p>]]></description>
<param name="Weight" unit="g">100</param>\
<outlets><outlet instock="3"/><outlet instock="4"/></outlets>
<sales_notes>Prepaid</sales_notes></offer>
<offer id="a2" type="vendor.model" available="false"><typePrefix>Teapot</typePrefix>
<vendor>Clay</vendor><model>X</model><price>10</price><categoryId>9</categoryId></offer>
<offer id="a2"><name>Again</name><price>cheap</price></offer>
</offers></shop></yml_catalog>"""
)


def _check(text: str | bytes) -> FeedReport:
    return check_feed(io.BytesIO(text.encode() if isinstance(text, str) else text))


def _offers(text: str) -> list[FeedOffer]:
    return [item for item in FeedReader(io.BytesIO(text.encode())) if isinstance(item, FeedOffer)]


def _feed(inside: str) -> str:
    return f"{OPENING}<yml_catalog date='2026-01-01 10:00'><shop>{inside}</shop></yml_catalog>"


def _codes(remarks: tuple[FeedRemark, ...]) -> dict[str, int]:
    return {remark.code: remark.count for remark in remarks}


def test_an_offer_is_read_with_everything_it_says() -> None:
    offer = _offers(GOOD)[0]
    assert (offer.id, offer.group_id, offer.available) == ("a1", "g", True)
    assert (offer.price, offer.old_price) == (Decimal("1299.50"), Decimal(1500))
    assert (offer.currency, offer.category_id, offer.vendor) == ("RUB", "2", "Leaf")
    assert offer.pictures == ("https://shop.example/1.jpg", "https://shop.example/2.jpg")
    assert offer.name == "Чай 🍵 שלום"
    assert offer.description == "<p>Good&nbsp;tea</p>"
    assert offer.params == (FeedParam("Weight", "100", "g"),)
    assert offer.stock == 7
    assert offer.fields["sales_notes"] == "Prepaid"
    assert offer.line == 7


def test_a_name_is_put_together_of_type_vendor_and_model() -> None:
    assert _offers(GOOD)[1].name == "Teapot Clay X"


def test_categories_keep_their_parents() -> None:
    items = FeedReader(io.BytesIO(GOOD.encode()))
    found = [(c.id, c.parent_id, c.name) for c in items if isinstance(c, FeedCategory)]
    assert found == [("1", None, "Tea"), ("2", "1", "Green")]


def test_the_report_counts_and_says_what_is_wrong_in_both_languages() -> None:
    report = _check(GOOD)
    assert (report.offers, report.categories, report.duplicate_ids) == (3, 2, 1)
    assert (report.unknown_categories, report.without_category, report.unavailable) == (2, 1, 1)
    assert _codes(report.errors) == {
        "duplicate_id": 1,
        "without_price": 1,
        "price_unreadable": 1,
        "without_category": 1,
        "unknown_category": 1,
    }
    assert _codes(report.warnings) == {"without_url": 2, "without_picture": 2}
    duplicate = report.errors[0]
    assert duplicate.lines == (15,)
    assert "15" in duplicate.en
    assert duplicate.ru.startswith("Предложений с уже занятым id: 1;")


def test_categories_that_follow_the_offers_are_known() -> None:
    report = _check(
        _feed(
            "<offers><offer id='1'><categoryId>5</categoryId></offer></offers>"
            "<categories><category id='6' parentId='5'>b</category>"
            "<category id='5'>a</category></categories>"
        )
    )
    assert report.unknown_categories == 0
    assert "unknown_parent" not in _codes(report.errors)


@pytest.mark.parametrize(
    ("data", "encoding", "remarks"),
    [
        (GOOD.encode(), "UTF-8", set()),
        (b"\xef\xbb\xbf" + GOOD.encode(), "UTF-8", set()),
        (GOOD.replace("UTF-8", "utf-16").encode("utf-16"), "utf-16", set()),
        (GOOD.removeprefix(OPENING).encode(), "utf-8", set()),
        (GOOD.replace("UTF-8", "x").encode("utf-16-le"), "utf-16", set()),
    ],
)
def test_the_encoding_is_recognised(data: bytes, encoding: str, remarks: set[str]) -> None:
    report = _check(data)
    assert (report.encoding, report.offers, report.refused) == (encoding, 3, None)
    assert set(_codes(report.warnings)) - {"without_url", "without_picture"} == remarks


@pytest.mark.parametrize("claim", ["windows-1251", "UTF-8", ""])
def test_windows_1251_is_read_with_its_name_with_a_false_one_and_with_none(claim: str) -> None:
    head = f'<?xml version="1.0" encoding="{claim}"?>' if claim else ""
    text = (
        head + "<yml_catalog><offers><offer id='1'><name>Чай</name></offer></offers></yml_catalog>"
    )
    source = FeedReader(io.BytesIO(text.encode("cp1251")))
    names = [item.name for item in source if isinstance(item, FeedOffer)]
    assert (names, source.encoding) == (["Чай"], "windows-1251")
    found = _codes(_check(text.encode("cp1251")).warnings)
    assert ("other_encoding" in found) == (claim != "windows-1251")


def test_a_letter_split_between_pieces_is_one_letter() -> None:
    text = _feed("<offers><offer id='1'><name>" + "ы" * 200 + "</name></offer></offers>")
    for shift in range(3):
        padded = text.replace("<shop>", "<shop>" + " " * (stream.PIECE - 300 + shift))
        assert [offer.name for offer in _offers(padded)] == ["ы" * 200]


def test_one_bad_byte_is_a_remark_with_its_line() -> None:
    data = GOOD.encode().replace("שלום".encode(), b"\xff")
    report = _check(data)
    assert (report.offers, _codes(report.errors)["bad_bytes"]) == (3, 1)
    assert next(e.line for e in report.errors if e.code == "bad_bytes") == 10


def test_nul_bytes_and_empty_lines_before_the_header_are_removed_and_told() -> None:
    report = _check("\n\n" + GOOD.replace("Leaf", "Le\0af\x0b"))
    assert report.refused is None
    assert {"control_characters", "space_before_xml"} <= set(_codes(report.warnings))
    assert report.errors[0].lines == (17,)


def test_entities_of_html_are_read_as_letters() -> None:
    text = _feed("<offers><offer id='1'><name>A&nbsp;&laquo;b&raquo; &odd;</name></offer></offers>")
    for variant in (text, text.replace(OPENING, "")):
        assert _offers(variant)[0].name == "A «b» &odd;"
        assert _codes(_check(variant).warnings)["entity"] == 3
        assert _codes(_check(variant).warnings)["entity_unknown"] == 1


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "feed_is_not_xml", 1),
        ("%PDF-1.4", "feed_is_not_xml", 1),
        ("\0" * 5000, "feed_is_not_xml", 1),
        ("<html><body>404</body></html>", "feed_is_not_yml", 1),
        ("\n<price><date/></price>", "feed_is_not_yml", 2),
        ('<rss version="2.0"><channel/></rss>', "feed_is_not_yml", 1),
        (GOOD[:900], "feed_cut_short", 13),
        (GOOD.replace("</model>", "</mode>"), "feed_broken", 14),
        (GOOD + "<more/>", "feed_broken", 16),
        (GOOD.replace("UTF-8", "rot13"), "feed_encoding_unknown", 1),
        (GOOD.replace("UTF-8", "klingon"), "feed_encoding_unknown", 1),
        (_feed("<a>" * 100), "feed_beyond_limits", 3),
    ],
)
def test_what_is_no_whole_feed_is_refused_with_the_reason(text: str, code: str, line: int) -> None:
    report = _check(text)
    assert (report.refused, report.errors[0].code, report.errors[0].line) == (code, code, line)
    assert "{" not in report.errors[0].en + report.errors[0].ru
    assert report.errors[0].ru != report.errors[0].en


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "declared",
    [
        f'<!ENTITY e0 "ha">{BOMB}',
        '<!ENTITY e11 SYSTEM "file:///etc/passwd">',
        '<!ENTITY % e11 SYSTEM "http://169.254.169.254/"> %e11;',
        '<!ATTLIST offer id CDATA "same">',
    ],
)
def test_declared_entities_and_defaults_are_refused_at_once(declared: str) -> None:
    text = (
        f'<?xml version="1.0"?><!DOCTYPE yml_catalog [{declared}]>'
        "<yml_catalog><offers><offer id='1'><name>&e11;</name></offer></offers></yml_catalog>"
    )
    report = _check(text)
    assert (report.refused, report.offers) == ("feed_declares_entities", 0)


def test_long_texts_are_cut_and_long_ids_left_out() -> None:
    text = _feed(
        f"<offers><offer id='{'i' * 300}'><name>{'n' * 5000}</name><url>https://{'u' * 3000}</url>"
        f"{'<picture>p</picture>' * 100}{'<param>b</param>' * 500}</offer></offers>"
    )
    offer = _offers(text)[0]
    assert (offer.id, offer.url, len(offer.name)) == (None, None, 1000)
    assert (len(offer.pictures), len(offer.params)) == (30, 200)
    report = _check(text)
    assert _codes(report.errors)["value_too_long"] == 2
    assert _codes(report.warnings)["text_cut"] == 1
    assert _codes(report.warnings)["pictures_left_out"] == 70


class _Endless:
    """A source that never ends; it counts what was taken."""

    def __init__(self, start: bytes, again: bytes) -> None:
        self._rest, self._again, self.taken = start, again, 0

    def read(self, size: int, /) -> bytes:
        while len(self._rest) < size:
            self._rest += self._again * 500
        part, self._rest = self._rest[:size], self._rest[size:]
        self.taken += len(part)
        return part


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (b"<yml_catalog><!--", b"never closed "),
        (b'<yml_catalog a="', b"never closed "),
        (b"<yml_catalog ", b"\n"),
        (b"", b" \n"),
        (b"<yml_catalog>", b"<offer>" + b" " * 500 + b"</offer>"),
    ],
)
def test_a_source_that_never_ends_is_left(start: bytes, again: bytes) -> None:
    source = _Endless(start, again)
    with pytest.raises(stream.FeedBeyondLimits):
        for _ in FeedReader(source, largest=6 * 1024**2):
            pass
    assert source.taken <= 6 * 1024**2 + stream.PIECE


def test_names_without_number_do_not_fill_the_memory() -> None:
    text = _feed("".join(f"<n{n}/>" for n in range(20_000)))
    assert _check(text).refused == "feed_beyond_limits"


class _Generated:
    """A large feed that is never whole anywhere."""

    def __init__(self, size: int) -> None:
        self._pieces, self._rest, self.offers = self._feed(size), b"", 0

    def _feed(self, size: int) -> Iterator[bytes]:
        yield b"<yml_catalog><shop><categories><category id='1'>a</category></categories><offers>"
        text = "<![CDATA[" + "Зелёный чай " * 80 + "]]>"
        made = 0
        while made < size:
            offers = "".join(
                f"<offer id='product-{self.offers + n}'><name>Tea {n}</name><price>{n}</price>"
                f"<categoryId>1</categoryId><description>{text}</description></offer>\n"
                for n in range(100)
            ).encode()
            self.offers += 100
            made += len(offers)
            yield offers
        yield b"</offers></shop></yml_catalog>"

    def read(self, size: int, /) -> bytes:
        if not self._rest:
            self._rest = next(self._pieces, b"")
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


def test_a_large_feed_is_read_with_flat_memory() -> None:
    check_feed(_Generated(1_000_000))  # What is loaded once must not count.
    source = _Generated(50 * 1024**2)
    tracemalloc.start()
    try:
        report = check_feed(source)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (report.offers, report.duplicate_ids, report.refused) == (source.offers, 0, None)
    assert peak < 10 * 1024**2


@given(st.lists(st.text(max_size=5)))
def test_the_set_of_ids_agrees_with_a_set(ids: list[str]) -> None:
    ours, true = IdSet(), set[str]()
    for id_ in ids:
        assert ours.add(id_) == (id_ not in true)
        true.add(id_)
        assert id_ in ours


def test_the_set_of_ids_grows() -> None:
    ids = IdSet()
    assert all(ids.add(str(n)) for n in range(5000))
    assert not any(ids.add(str(n)) for n in range(5000))
    assert "5000" not in ids


_SCRAPS = """<yml_catalog date='x'>|<shop>|<offers>|<offer id='1'>|<offer/>|<param>|</offer>
</offers>|</yml_catalog>|<categories>|<category>|</category>|<!DOCTYPE a [|]>|<!ENTITY a 'b'>|%a;
&a;|&nbsp;|&#0;|<![CDATA[|]]>|<!--|-->|<?xml version='1.0' encoding='koi8-r'?>|\0|<price>|</price>|ё
<outlet instock='9'/>|\ufeff"""
_TAGS = st.sampled_from(
    [scrap.encode() for scrap in _SCRAPS.replace("\n", "|").split("|")] + [b"\xff\xfe", b"\xf0\x9f"]
)


@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(_TAGS, st.binary(max_size=20))).map(b"".join))
def test_any_bytes_give_a_report_or_a_refusal(data: bytes) -> None:
    report = _check(data)
    assert report.refused is None or report.errors[0].code == report.refused
    json.dumps([remark.ru for remark in (*report.errors, *report.warnings)]).encode()


@settings(max_examples=200, deadline=2000)
@given(st.integers(0, len(GOOD.encode()) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_a_damaged_feed_gives_a_report_or_a_refusal(at: int, new: bytes, lost: int) -> None:
    data = GOOD.encode()
    assert _check(data[:at] + new + data[at + lost :]).offers <= 4


def test_the_command_prints_the_report_and_ends_with_0(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(GOOD, encoding="utf-8")
    result = CliRunner().invoke(main, ["catalog", "check", str(tmp_path / "feed.xml")])
    printed = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {"offers", "categories", "duplicate_ids", "unknown_categories"} <= set(printed)
    assert (printed["encoding"], printed["errors"][0]["lines"]) == ("UTF-8", [15])


def test_the_command_ends_with_1_when_the_feed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text("<rss/>", encoding="utf-8")
    result = CliRunner().invoke(main, ["catalog", "check", str(tmp_path / "feed.xml")])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["refused"] == "feed_is_not_yml"


def _expected() -> list[Any]:
    counts = FEEDS / "expected_counts.json"
    if not counts.exists():
        why = pytest.mark.skip(reason=f"{counts} is absent: the feeds are not in the project")
        return [pytest.param({}, id="absent", marks=why)]
    return [pytest.param(case, id=name) for name, case in json.loads(counts.read_text()).items()]


@pytest.mark.parametrize("case", _expected())
def test_feeds_of_real_shops_give_their_counts_or_a_refusal(case: dict[str, Any]) -> None:
    with (FEEDS / "raw" / case["file"]).open("rb") as source:
        report = check_feed(source)
    if case["root"] != reader.ROOT:
        assert (report.refused, report.offers) == ("feed_is_not_yml", 0)
        return
    names = {
        "offers": "offers",
        "dup_ids": "duplicate_ids",
        "no_id": "without_id",
        "categories": "categories",
        "group_id": "with_group",
        "available_false": "unavailable",
        "oldprice": "with_old_price",
        "no_price": "without_price",
        "params": "params",
        "no_picture": "without_picture",
        "unknown_category": "unknown_categories",
        "encoding": "encoding",
        "date": "date",
    }
    assert {k: getattr(report, v) for k, v in names.items()} == {k: case[k] for k in names}
    assert report.refused is None
    for key in ("currencies", "types", "tags"):
        assert sorted(getattr(report, key)) == sorted(case[key])


def test_long_comments_do_not_cost_their_square() -> None:
    comment = "<!--" + "x" * (stream.LONGEST_TAG - 2 * stream.PIECE) + "-->"
    began = time.process_time()
    assert _check(_feed(comment * 3)).refused is None
    assert time.process_time() - began < 3
