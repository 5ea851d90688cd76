"""What the public pages of letters share: whose letter a token is, how they look and are sent."""

from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Request, Response
from litestar.exceptions import ClientException

from otklik.accounts.public import Workspace, get_workspace
from otklik.content.public import get_brand_kit
from otklik.delivery.errors import BadTrackingLink
from otklik.delivery.pages import HEADERS, Look
from otklik.delivery.tokens import MessageRef, read_message_token
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.runtime.public import BadSignature, Runtime, Tx
from otklik.runtime.web.hosts import is_of_host

PUBLIC: dict[str, Any] = {"include_in_schema": False, "opt": {"public": True}}
NO_STORE = {
    "Cache-Control": "no-store, private, max-age=0",
    "Referrer-Policy": "no-referrer",
    # Pixels, links and forms are asked for from letters, which live on other sites.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
TOKEN_MAX = 4_096
_FIELDS_MAX = 1_000


class ReaderLetter(msgspec.Struct, frozen=True):
    """What a page for the reader of a letter has to know."""

    ref: MessageRef
    workspace: Workspace
    look: Look


async def letter_of(
    request: Request[Any, Any, Any], rt: Runtime, tx: Tx, *, purpose: str, token: str
) -> ReaderLetter | None:
    """Return the message of a token with its workspace; None for a token of nobody."""
    try:
        ref = read_message_token(rt.signer, purpose, token[:TOKEN_MAX])
        if not is_of_host(request, ref.workspace_id):
            return None
        workspace = await get_workspace(tx, workspace_id=ref.workspace_id)
    except (BadSignature, BadTrackingLink, NotFound):
        return None
    kit = await get_brand_kit(tx, workspace_id=ref.workspace_id)
    look = Look(
        button=kit.style.button_background or "",
        button_text=kit.style.button_color or "",
        # From the name that the reader came to, which has our pictures as well.
        logo=_here(kit.logo.src, rt.settings.base_url) if kit.logo else "",
        logo_alt=kit.logo.alt if kit.logo else "",
    )
    return ReaderLetter(ref, workspace, look)


def _here(url: str, base_url: str) -> str:
    return url.removeprefix(base_url) if url.startswith(f"{base_url}/m/") else url


def reader_lang(request: Request[Any, Any, Any], asked: Lang, own: Lang) -> Lang:
    """Return the language of the reader's browser; without one, that of the company."""
    return asked if request.headers.get("accept-language") else own


def page(html: str, status: int) -> Response[str]:
    return Response(html, status_code=status, media_type="text/html", headers=HEADERS)


async def posted_fields(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """Return the fields of a small form; of one that can't be read, none.

    Multipart, as AMP and some mail programs post (RFC 8058 section 3.1 allows both), or else
    urlencoded, whatever content type is claimed.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return _urlencoded(await request.body())
    try:
        form = await request.form()
    except (ClientException, ValueError, LookupError):
        return {}
    posted: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        # A file is no answer to any question that can be asked here.
        if isinstance(value, str | int | float):
            posted.setdefault(name, []).append(str(value))
    return posted


def _urlencoded(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=_FIELDS_MAX)
    except ValueError:
        return {}
