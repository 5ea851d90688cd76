"""Delivery over HTTP: the links of letters, open to everybody, and the messages of a person."""

import base64
from typing import Annotated, Any
from urllib.parse import parse_qs

from litestar import Controller, HttpMethod, Request, Response, get, post, route
from litestar.params import FromPath, FromQuery, Parameter

from otklik.accounts.public import Permission, Who, get_workspace, requires
from otklik.delivery import pages, queries
from otklik.delivery.errors import BadTrackingLink, MailingNotFound
from otklik.delivery.model import ProfileMessage
from otklik.delivery.operations.tracking import RawHit, accept_hit, unsubscribe_by_message
from otklik.delivery.policy.http import HANDLERS as POLICY_HANDLERS
from otklik.delivery.tokens import (
    HONEYPOT,
    OPEN,
    UNSUBSCRIBE,
    MessageRef,
    read_click_token,
    read_message_token,
)
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.privacy.public import TopicNotFound, get_topic
from otklik.profiles.public import get_profile
from otklik.runtime.public import BadSignature, Runtime, Tx
from otklik.runtime.web.edge import client_ip
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_NO_STORE = {
    "Cache-Control": "no-store, private, max-age=0",
    "Referrer-Policy": "no-referrer",
    # The pixel and the links are asked for from letters, which live on other sites.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
_TOKEN_MAX = 4_096
_FORM_MAX = 4_096
_PUBLIC: dict[str, Any] = {"include_in_schema": False, "opt": {"public": True}}


@route("/t/o/{name:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], **_PUBLIC)
async def open_pixel(
    request: Request[Any, Any, Any], name: FromPath[str], rt: Rt, now: Now
) -> Response[bytes]:
    """Note an opening. The picture comes even for a damaged token: a reader shall see no hole."""
    try:
        ref = read_message_token(rt.signer, OPEN, name.removesuffix(".gif")[:_TOKEN_MAX])
    except (BadSignature, BadTrackingLink):
        return Response(PIXEL, media_type="image/gif", status_code=404, headers=_NO_STORE)
    async with rt.db.begin() as tx:
        await accept_hit(tx, ref=ref, hit=_hit(request, "open"), now=now)
    return Response(PIXEL, media_type="image/gif", headers=_NO_STORE)


@route("/t/c/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], **_PUBLIC)
async def click(
    request: Request[Any, Any, Any], token: FromPath[str], rt: Rt, now: Now, lang: ReaderLang
) -> Response[Any]:
    """Note a click and send the reader to the address that the letter had, and to no other."""
    try:
        ref = read_click_token(rt.signer, token[:_TOKEN_MAX])
    except (BadSignature, BadTrackingLink):
        return _page(pages.broken_page(lang=lang), 404)
    async with rt.db.begin() as tx:
        url = ref.url or await queries.link_address(
            tx, mailing_id=ref.message.mailing_id, variant=ref.variant, link=ref.link
        )
        hit = _hit(request, "click", link=ref.link, url=url or "")
        await accept_hit(tx, ref=ref.message, hit=hit, now=now)
    if ref.link == HONEYPOT:
        return Response(b"", status_code=204, headers=_NO_STORE)
    if url is None:
        return _page(pages.broken_page(lang=lang, gone=True), 410)
    if not url.lower().startswith(("http://", "https://")) or not url.isprintable():
        return _page(pages.broken_page(lang=lang), 404)
    return Response(b"", status_code=302, headers={**_NO_STORE, "Location": _header_url(url)})


@get("/u/{token:str}", **_PUBLIC)
async def unsubscribe_page(
    request: Request[Any, Any, Any], token: FromPath[str], rt: Rt, tx: OpenTx, lang: ReaderLang
) -> Response[str]:
    """Ask whether to unsubscribe. Mail scanners open every link, so a GET changes nothing."""
    found = await _letter_of(rt, tx, token)
    if found is None:
        return _page(pages.broken_page(lang=lang), 404)
    _, workspace, topic, own_lang = found
    lang = _reader_lang(request, lang, own_lang)
    return _page(pages.confirm_page(lang=lang, workspace=workspace, topic=topic), 200)


@post("/u/{token:str}", status_code=200, **_PUBLIC)
async def unsubscribe(
    request: Request[Any, Any, Any],
    *,
    token: FromPath[str],
    rt: Rt,
    tx: OpenTx,
    now: Now,
    lang: ReaderLang,
) -> Response[str]:
    """Unsubscribe: by the button of the page, or by a mail program's one click (RFC 8058)."""
    found = await _letter_of(rt, tx, token)
    if found is None:
        return _page(pages.broken_page(lang=lang), 404)
    ref, workspace, topic, own_lang = found
    form = await _form(request)
    one_click = form.get("List-Unsubscribe") == "One-Click"
    everything = form.get("scope") == "all"
    await unsubscribe_by_message(
        tx,
        rt.bus,
        ref=ref,
        everything=everything,
        one_click=one_click,
        ip=client_ip(request.scope, rt.settings.trusted_proxies) or None,
        now=now,
    )
    lang = _reader_lang(request, lang, own_lang)
    shown = None if everything else topic
    return _page(pages.done_page(lang=lang, workspace=workspace, topic=shown), 200)


class ProfileMessages(Controller):
    path = "/profiles/{profile_id:int}/messages"
    tags = ["Profiles"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="list_profile_messages")
    async def list_messages(
        self,
        *,
        profile_id: FromPath[int],
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> Page[ProfileMessage]:
        """Messages of a person with their fate, also those that were held back, and why."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await queries.profile_messages(
            tx,
            workspace_id=who.workspace_id,
            profile_ids=[card.id, *card.merged_from],
            lang=lang,
            cursor=cursor,
            limit=limit,
        )


PUBLIC_HANDLERS: list[Any] = [open_pixel, click, unsubscribe_page, unsubscribe]
HANDLERS: list[Any] = [ProfileMessages, *POLICY_HANDLERS]


async def _letter_of(
    rt: Runtime, tx: Tx, token: str
) -> tuple[MessageRef, str, str | None, Lang] | None:
    """Return the message of a token, the names of its workspace and topic, and the language."""
    try:
        ref = read_message_token(rt.signer, UNSUBSCRIBE, token[:_TOKEN_MAX])
        mailing = await queries.mailing_by_number(tx, mailing_id=ref.mailing_id)
        workspace = await get_workspace(tx, workspace_id=ref.workspace_id)
    except (BadSignature, BadTrackingLink, MailingNotFound, NotFound):
        return None
    topic = None
    if mailing.topic_id is not None:
        try:
            topic = (
                await get_topic(tx, workspace_id=ref.workspace_id, topic_id=mailing.topic_id)
            ).name
        except TopicNotFound:
            topic = None
    return ref, workspace.name, topic, workspace.lang


async def _form(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the fields of a small form, whatever content type the mail program claims."""
    body = (await request.body())[:_FORM_MAX]
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    return {name: values[0].strip() for name, values in fields.items()}


def _hit(request: Request[Any, Any, Any], kind: str, *, link: int = 0, url: str = "") -> RawHit:
    return RawHit(
        kind=kind,
        link=link,
        url=url,
        method=request.method,
        user_agent=request.headers.get("user-agent", ""),
        headers=dict(request.headers),
    )


def _reader_lang(request: Request[Any, Any, Any], asked: Lang, own: Lang) -> Lang:
    """Return the language of the reader's browser; without one, that of the company."""
    return asked if request.headers.get("accept-language") else own


def _header_url(url: str) -> str:
    """Return a URL that may stand in a header: other letters than ASCII are percent-encoded."""
    from urllib.parse import quote

    return quote(url, safe="%/:=&?~#+!$,;'@()*[]")


def _page(html: str, status: int) -> Response[str]:
    return Response(html, status_code=status, media_type="text/html", headers=pages.HEADERS)
