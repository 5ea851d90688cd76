"""Products and their feeds over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import anyio.to_thread
import msgspec
from litestar import Controller, Request, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.catalog.feeds import FeedReport
from otklik.catalog.products import feed_queries, operations, queries
from otklik.catalog.products.check import check_address, check_file
from otklik.catalog.products.errors import UploadNotFound
from otklik.catalog.products.fetch import Address
from otklik.catalog.products.files import file_path, room, write_file
from otklik.catalog.products.model import (
    EVERY_MINUTES_MAX,
    EVERY_MINUTES_MIN,
    Availability,
    Feed,
    FeedKind,
    FeedRun,
    Product,
    ProductCategory,
    ProductFact,
    ProductOrder,
    ProductRow,
    RunCause,
    VendorCount,
)
from otklik.kit.ids import new_id
from otklik.kit.pagination import Page
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
_Url = Annotated[str, msgspec.Meta(min_length=8, max_length=2_048, pattern=r"^https?://")]
_Login = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^:\x00-\x1f]+$")]
_Password = Annotated[str, msgspec.Meta(max_length=1_000)]
_Every = Annotated[int, msgspec.Meta(ge=EVERY_MINUTES_MIN, le=EVERY_MINUTES_MAX)]


class FeedAddress(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`feed_id`: take the stored password of this feed when `password` is left out."""

    url: _Url
    login: _Login | None = None
    password: _Password | None = None
    feed_id: UUID | None = None


class FeedUpload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits to become a feed. `report`: see `FeedReport`."""

    id: UUID
    size: int
    report: FeedReport


class NewFeed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Either `url`, loaded at once and then every `every_minutes` minutes, or `upload_id`."""

    name: _Name
    url: _Url | None = None
    login: _Login | None = None
    password: _Password | None = None
    every_minutes: _Every | None = 240
    upload_id: UUID | None = None


class FeedChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays; null takes a value away."""

    name: _Name | msgspec.UnsetType = msgspec.UNSET
    url: _Url | msgspec.UnsetType = msgspec.UNSET
    login: _Login | msgspec.UnsetType | None = msgspec.UNSET
    password: _Password | msgspec.UnsetType | None = msgspec.UNSET
    every_minutes: _Every | msgspec.UnsetType | None = msgspec.UNSET


class NewRun(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`upload_id`: of the file to load, for feeds that are loaded from files."""

    upload_id: UUID | None = None


class FeedsController(Controller):
    path = "/feeds"
    tags = ["Catalogue"]

    @get("/", operation_id="list_feeds", guards=[requires(Permission.VIEW)])
    async def list_feeds(self, who: Who, tx: OpenTx, lang: ReaderLang) -> list[Feed]:
        """Feeds with their last loading."""
        return await feed_queries.list_feeds(tx, workspace_id=who.workspace_id, lang=lang)

    @post("/check", operation_id="check_feed", status_code=200, guards=[requires(Permission.EDIT)])
    async def check(self, data: JSONBody[FeedAddress], who: Who, rt: Rt) -> FeedReport:
        """Download a feed and say how healthy it is; nothing is stored.

        Within a minute and 512 MB: a larger feed is checked when it is loaded.
        """
        password = data.password
        if password is None and data.feed_id is not None:
            # No transaction stays open while the shop's server answers.
            async with rt.db.begin() as tx:
                password = await feed_queries.stored_password(
                    rt, tx, workspace_id=who.workspace_id, feed_id=data.feed_id, url=data.url
                )
        return await check_address(
            rt,
            Address(url=data.url, login=data.login, password=password),
            workspace_id=who.workspace_id,
        )

    @post(
        "/uploads",
        operation_id="upload_feed",
        guards=[requires(Permission.EDIT)],
        request_max_body_size=None,
    )
    async def upload(self, request: Request[Any, Any, Any], who: Who, rt: Rt) -> FeedUpload:
        """Upload a feed as the body of the request (bare, gzip or zip; at most 4 GB), and check it.

        A file that is not used within a day is deleted.
        """
        file_id = new_id()
        path = file_path(rt, workspace_id=who.workspace_id, file_id=file_id)
        written = await write_file(path, request.stream(), bytes_max=room(rt))
        report = await anyio.to_thread.run_sync(check_file, path)
        return FeedUpload(id=file_id, size=written.size, report=report)

    @post("/", operation_id="create_feed", guards=[requires(Permission.EDIT)])
    async def create(
        self, data: JSONBody[NewFeed], who: Who, rt: Rt, tx: OpenTx, now: Now, lang: ReaderLang
    ) -> Feed:
        """Add a feed and begin to load it."""
        if data.url is not None:
            rt.outgoing.check(data.url)
        else:
            await _uploaded(rt, who.workspace_id, data.upload_id)
        by_url = data.url is not None
        feed_id = await operations.create_feed(
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            kind=FeedKind.URL if by_url else FeedKind.UPLOAD,
            url=data.url,
            login=data.login if by_url else None,
            sealed=rt.vault.seal(data.password) if by_url and data.password else None,
            every_minutes=data.every_minutes if by_url else None,
            now=now,
        )
        await operations.start_run(
            rt,
            tx,
            workspace_id=who.workspace_id,
            feed_id=feed_id,
            cause=RunCause.HAND if by_url else RunCause.UPLOAD,
            now=now,
            file_id=None if by_url else data.upload_id,
        )
        await write_audit(
            tx, who=who, action="feed.created", object_kind="feed", object_id=feed_id, now=now
        )
        return await feed_queries.get_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, lang=lang
        )

    @get("/{feed_id:uuid}", operation_id="get_feed", guards=[requires(Permission.VIEW)])
    async def get_feed(
        self, feed_id: FromPath[UUID], who: Who, tx: OpenTx, lang: ReaderLang
    ) -> Feed:
        """One feed with its last loading."""
        return await feed_queries.get_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, lang=lang
        )

    @patch("/{feed_id:uuid}", operation_id="update_feed", guards=[requires(Permission.EDIT)])
    async def change(
        self,
        *,
        feed_id: FromPath[UUID],
        data: JSONBody[FeedChange],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
    ) -> Feed:
        """Change name, address, login or schedule of a feed."""
        values = {k: v for k, v in msgspec.structs.asdict(data).items() if v is not msgspec.UNSET}
        feed = await feed_queries.get_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, lang=lang
        )
        if feed.kind is not FeedKind.URL:
            values = {name: value for name, value in values.items() if name == "name"}
        if "password" in values:
            values["password"] = rt.vault.seal(values["password"]) if values["password"] else None
        if "every_minutes" in values:
            values["next_run_at"] = operations.next_time(values["every_minutes"], now)
        if "url" in values and values["url"] != feed.url:
            rt.outgoing.check(values["url"])
            values |= {"etag": None, "last_modified": None, "body_hash": None}
            if not _keeps_password(feed.url or "", values["url"]):
                # A stored password must not follow the address to somebody else's server.
                values.setdefault("password", None)
        await operations.change_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, values=values
        )
        await write_audit(
            tx,
            who=who,
            action="feed.changed",
            object_kind="feed",
            object_id=feed_id,
            now=now,
            detail={"fields": sorted(values)},
        )
        return await feed_queries.get_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, lang=lang
        )

    @delete("/{feed_id:uuid}", operation_id="delete_feed", guards=[requires(Permission.EDIT)])
    async def remove(self, feed_id: FromPath[UUID], who: Who, rt: Rt, tx: OpenTx, now: Now) -> None:
        """Delete a feed with its products and their history."""
        await operations.delete_feed(rt, tx, workspace_id=who.workspace_id, feed_id=feed_id)
        await write_audit(
            tx, who=who, action="feed.deleted", object_kind="feed", object_id=feed_id, now=now
        )

    @get("/{feed_id:uuid}/runs", operation_id="list_feed_runs", guards=[requires(Permission.VIEW)])
    async def list_runs(
        self, feed_id: FromPath[UUID], who: Who, tx: OpenTx, lang: ReaderLang
    ) -> list[FeedRun]:
        """The last 50 loadings, newest first."""
        return await feed_queries.list_runs(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, lang=lang
        )

    @post("/{feed_id:uuid}/runs", operation_id="load_feed", guards=[requires(Permission.EDIT)])
    async def run(
        self,
        *,
        feed_id: FromPath[UUID],
        data: JSONBody[NewRun],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
    ) -> FeedRun:
        """Load a feed now; when that is under way already, this is the answer."""
        feed = await feed_queries.get_feed(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, lang=lang
        )
        by_file = feed.kind is FeedKind.UPLOAD
        if by_file:
            await _uploaded(rt, who.workspace_id, data.upload_id)
        run_id = await operations.start_run(
            rt,
            tx,
            workspace_id=who.workspace_id,
            feed_id=feed_id,
            cause=RunCause.UPLOAD if by_file else RunCause.HAND,
            now=now,
            file_id=data.upload_id if by_file else None,
        )
        return await feed_queries.get_run(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, run_id=run_id, lang=lang
        )

    @put(
        "/{feed_id:uuid}/runs/{run_id:uuid}/acceptance",
        operation_id="accept_feed_run",
        guards=[requires(Permission.EDIT)],
    )
    async def accept(
        self,
        *,
        feed_id: FromPath[UUID],
        run_id: FromPath[UUID],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
    ) -> FeedRun:
        """Load the file of a loading that was held back although the feed lost most products."""
        made = await operations.accept_run(
            rt, tx, workspace_id=who.workspace_id, feed_id=feed_id, run_id=run_id, now=now
        )
        await write_audit(
            tx, who=who, action="feed.accepted", object_kind="feed", object_id=feed_id, now=now
        )
        return await feed_queries.get_run(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, run_id=made, lang=lang
        )

    @delete(
        "/{feed_id:uuid}/runs/{run_id:uuid}/acceptance",
        operation_id="decline_feed_run",
        guards=[requires(Permission.EDIT)],
    )
    async def decline(
        self, feed_id: FromPath[UUID], run_id: FromPath[UUID], who: Who, tx: OpenTx, now: Now
    ) -> None:
        """Leave the catalogue as it is; the file of the loading is dropped."""
        await operations.decline_run(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, run_id=run_id
        )
        await write_audit(
            tx, who=who, action="feed.declined", object_kind="feed", object_id=feed_id, now=now
        )


class ProductsController(Controller):
    path = "/products"
    tags = ["Catalogue"]

    @get("/", operation_id="list_products", guards=[requires(Permission.VIEW)])
    async def list_products(
        self,
        who: Who,
        tx: OpenTx,
        *,
        search: FromQuery[str | None] = None,
        feed_id: FromQuery[UUID | None] = None,
        category_id: FromQuery[str | None] = None,
        vendor: FromQuery[str | None] = None,
        availability: FromQuery[Availability] = Availability.LISTED,
        price_min: FromQuery[float | None] = None,
        price_max: FromQuery[float | None] = None,
        order: FromQuery[ProductOrder] = ProductOrder.NAME,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[ProductRow]:
        """Products of all feeds; `search` finds beginnings of words of names, vendors and ids."""
        return await queries.list_products(
            tx,
            workspace_id=who.workspace_id,
            by=queries.ProductFilter(
                search=search,
                feed_id=feed_id,
                category_id=category_id,
                vendor=vendor,
                availability=availability,
                price_min=price_min,
                price_max=price_max,
            ),
            order=order,
            cursor=cursor,
            limit=limit,
        )

    @get("/categories", operation_id="list_product_categories", guards=[requires(Permission.VIEW)])
    async def list_categories(
        self,
        who: Who,
        tx: OpenTx,
        *,
        feed_id: FromQuery[UUID | None] = None,
        search: FromQuery[str | None] = None,
    ) -> list[ProductCategory]:
        """Categories of feeds, each after the one above it."""
        return await queries.list_categories(
            tx, workspace_id=who.workspace_id, feed_id=feed_id, search=search
        )

    @get("/vendors", operation_id="list_product_vendors", guards=[requires(Permission.VIEW)])
    async def list_vendors(
        self, who: Who, tx: OpenTx, *, search: FromQuery[str | None] = None
    ) -> list[VendorCount]:
        """Vendors, the one with most products first."""
        return await queries.list_vendors(tx, workspace_id=who.workspace_id, search=search)

    @get("/{product_id:int}", operation_id="get_product", guards=[requires(Permission.VIEW)])
    async def get_product(self, product_id: FromPath[int], who: Who, tx: OpenTx) -> Product:
        """Everything the shop says of a product."""
        return await queries.get_product(tx, workspace_id=who.workspace_id, product_id=product_id)

    @get(
        "/{product_id:int}/history",
        operation_id="get_product_history",
        guards=[requires(Permission.VIEW)],
    )
    async def get_history(
        self, product_id: FromPath[int], who: Who, rt: Rt, tx: OpenTx
    ) -> list[ProductFact]:
        """Price and stock of a product over time: its changes, oldest first."""
        product = await queries.get_product(
            tx, workspace_id=who.workspace_id, product_id=product_id
        )
        return await queries.product_history(rt, workspace_id=who.workspace_id, product=product)


def _keeps_password(old: str, new: str) -> bool:
    """Say whether an address leads to the same server, and not in the open where it was hidden."""
    was, now = (url.partition("://") for url in (old.lower(), new.lower()))
    is_same = was[2].split("/", 1)[0] == now[2].split("/", 1)[0]
    return is_same and (now[0] == "https" or was[0] != "https")


async def _uploaded(rt: Rt, workspace_id: int, upload_id: UUID | None) -> None:
    path = upload_id and file_path(rt, workspace_id=workspace_id, file_id=upload_id)
    if not path or not await anyio.to_thread.run_sync(path.exists):
        raise UploadNotFound()


HANDLERS = [FeedsController, ProductsController]
