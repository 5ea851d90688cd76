"""The one sheet that all printed pages share; it stands on its own, and every value is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from otklik.kit.i18n import Lang, Text

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

_STYLE = """
@page{size:A4;margin:18mm 16mm 20mm}
*{box-sizing:border-box}
body{margin:0;background:#eceae4;color:#1a1a18;
font:15px/1.5 Georgia,"PT Serif","Times New Roman",serif}
main{max-width:210mm;margin:24px auto;padding:18mm 16mm;background:#fff;
box-shadow:0 1px 3px rgb(0 0 0/.12),0 12px 40px rgb(0 0 0/.08)}
h1{font-size:22px;line-height:1.25;margin:0 0 4px}
h2{font-size:16px;margin:26px 0 8px;break-after:avoid}
p{margin:0 0 10px}
.sub{color:#5d5b55;margin-bottom:18px}
dl{display:grid;grid-template-columns:minmax(150px,34%) 1fr;margin:0;border-top:1px solid #d8d5cc}
dt,dd{margin:0;padding:6px 8px 6px 0;border-bottom:1px solid #d8d5cc;overflow-wrap:anywhere}
dt{color:#5d5b55}dd{white-space:pre-line}
table{width:100%;border-collapse:collapse;font-size:13px;margin:0 0 10px}
th,td{text-align:left;vertical-align:top;padding:5px 8px 5px 0;border-bottom:1px solid #d8d5cc;
overflow-wrap:anywhere}
th{font-weight:600;color:#5d5b55}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;padding-right:0;white-space:nowrap}
thead{display:table-header-group}
tr,dt,dd{break-inside:avoid}
pre,.text{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;border-left:3px solid #c9c5b8;
padding:2px 0 2px 12px;margin:0 0 10px}
code{font:12px/1.45 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.stamp{display:inline-block;border:1.5px solid currentColor;border-radius:4px;padding:1px 10px;
font-weight:600}
.ok{color:#1c6b3c}.bad{color:#a2231d}
.sign{display:grid;grid-template-columns:1fr 1fr;gap:34px 28px;margin-top:34px;break-inside:avoid}
.sign div{border-top:1px solid #1a1a18;padding-top:4px;font-size:12px;color:#5d5b55}
small{color:#5d5b55}
@media(max-width:640px){main{margin:0;padding:20px 16px}dl{grid-template-columns:1fr}
dt{border-bottom:0;padding-bottom:0}.wide{overflow-x:auto}}
@media print{body{background:#fff;font-size:11pt}main{margin:0;padding:0;box-shadow:none;
max-width:none}}
"""


def sheet(lang: Lang, title: str, body: str) -> str:
    """Return a whole page."""
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        # The readable copy is opened from a disk, where no header protects it.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'\">"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )


def heading(title: str, sub: str) -> str:
    return f'<h1>{escape(title)}</h1><p class="sub">{escape(sub)}</p>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of names and values; the values are plain text."""
    inner = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f"<dl>{inner}</dl>"


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()
) -> str:
    """Return a table of plain texts; `numbers` are the columns set to the right."""

    def cell(tag: str, place: int, text: str) -> str:
        css = ' class="n"' if place in numbers else ""
        return f"<{tag}{css}>{escape(text)}</{tag}>"

    head = "".join(cell("th", place, text) for place, text in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(cell("td", place, text) for place, text in enumerate(row)) + "</tr>"
        for row in rows
    )
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{inner}</table></div>'


def moment(lang: Lang, at: datetime, zone: str) -> str:
    """Return a moment in a zone, with its offset: a proof must not depend on who reads it."""
    local = at.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    day = local.strftime("%d.%m.%Y %H:%M:%S" if lang == "ru" else "%Y-%m-%d %H:%M:%S")
    return f"{day} (UTC{offset[:3]}:{offset[3:]})"


PURPOSE_TEXTS = {
    "processing": Text(en="processing of personal data", ru="обработка персональных данных"),
    "advertising": Text(en="advertising", ru="реклама"),
    "partners": Text(en="handing over to partners", ru="передача партнёрам"),
}
CHANNEL_TEXTS = {
    "email": Text(en="e-mail", ru="e-mail"),
    "sms": Text(en="SMS", ru="SMS"),
    "push": Text(en="push notifications", ru="push-уведомления"),
    "telegram": Text(en="Telegram", ru="Telegram"),
    "whatsapp": Text(en="WhatsApp", ru="WhatsApp"),
    "viber": Text(en="Viber", ru="Viber"),
    "calls": Text(en="calls", ru="звонки"),
}
ACTION_TEXTS = {
    "granted": Text(en="consent given", ru="согласие дано"),
    "withdrawn": Text(en="consent withdrawn", ru="согласие отозвано"),
}
SOURCE_TEXTS = {
    "form": Text(en="form on a site", ru="форма на сайте"),
    "api": Text(en="the company's system", ru="система компании"),
    "import": Text(en="import of a file", ru="импорт файла"),
    "operator": Text(en="written down by an employee", ru="внёс сотрудник"),
    "unsubscribe_link": Text(en="unsubscribe link", ru="ссылка отписки"),
    "preferences": Text(en="page of preferences", ru="страница настроек рассылок"),
    "one_click": Text(en="one-click unsubscription", ru="отписка в один клик"),
    "complaint": Text(en="complaint about spam", ru="жалоба на спам"),
    "merge": Text(en="merge of profiles", ru="объединение профилей"),
}
