"""The plain-text part that is made from HTML."""

from __future__ import annotations

import pytest

from otklik.content.engine.plaintext import to_plain_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo\n"),
        ("<p>One<br>two</p>\n\n<div>three</div><div>four</div>", "One\ntwo\n\nthree\nfour\n"),
        ("<h1>Title</h1>Text   with\n  spaces", "Title\n\nText with spaces\n"),
        ("<ul><li>a</li><li>b</li></ul>after", "• a\n• b\n\nafter\n"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b\n"),
        (
            "see <a href='https://a.ru/x?y=1&amp;z=2'>here</a>.",
            "see here (https://a.ru/x?y=1&z=2).\n",
        ),
        ("<a href='https://a.ru/'>a.ru</a>", "https://a.ru/\n"),
        ("<a href='https://a.ru'><img src='x' alt='Logo'></a>", "Logo (https://a.ru)\n"),
        ("<a href='#'>nowhere</a>", "nowhere\n"),
        ("<a href='https://a.ru'></a>", "https://a.ru\n"),
        ("a<b>b</b>c <i>d</i> , e", "abc d , e\n"),
        ("&lt;b&gt; &amp; &copy; &nbsp;x", "<b> & © x\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ('<table role="presentation"><tr><td>a</td></tr><tr><td>b</td></tr></table>', "a\n\nb\n"),
        ("<head><title>t</title><style>s</style></head><body>x</body>", "x\n"),
        ('<div style="display:none">hidden <div>in</div></div>shown', "shown\n"),
        ("<!--[if mso]><p>outlook</p><![endif]-->x", "x\n"),
        ("<img src='a'><img src='b' alt=''><img src='c' alt='See'>", "See\n"),
        ("above<hr>below", "above\n\n---\n\nbelow\n"),
        ("", ""),
        ("<p>unclosed <b>bold", "unclosed bold\n"),
        ("a < b > c </ d", "a < b > c </ d\n"),
    ],
)
def test_it_reads_like_a_letter(markup: str, text: str) -> None:
    assert to_plain_text(markup) == text
