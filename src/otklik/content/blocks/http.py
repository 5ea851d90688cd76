"""The brand kit and reusable blocks over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.content.blocks import kept
from otklik.content.blocks.check import check_kit
from otklik.content.blocks.kept import SavedRow
from otklik.content.blocks.model import BrandKit, Row
from otklik.runtime.web.providers import Now, OpenTx

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]


class SavedBlockContent(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name
    row: Row


class BrandKitController(Controller):
    path = "/brand-kit"
    tags = ["Letters"]

    @get("/", operation_id="get_brand_kit", guards=[requires(Permission.VIEW)])
    async def get_brand_kit(self, tx: OpenTx, who: Who) -> BrandKit:
        """Colours, logo, links and footer that all block letters share."""
        return await kept.get_brand_kit(tx, workspace_id=who.workspace_id)

    @put("/", operation_id="set_brand_kit", guards=[requires(Permission.EDIT)])
    async def set_brand_kit(
        self, data: JSONBody[BrandKit], tx: OpenTx, who: Who, now: Now
    ) -> BrandKit:
        """Replace the brand kit; drafts follow it, running mailings don't."""
        check_kit(data)
        made = await kept.set_brand_kit(tx, workspace_id=who.workspace_id, kit=data, now=now)
        await write_audit(
            tx,
            who=who,
            action="brand_kit.changed",
            object_kind="brand_kit",
            object_id=who.workspace_id,
            now=now,
        )
        return made


class SavedBlocksController(Controller):
    path = "/saved-blocks"
    tags = ["Letters"]

    @get("/", operation_id="list_saved_blocks", guards=[requires(Permission.VIEW)])
    async def list_saved_blocks(self, tx: OpenTx, who: Who) -> list[SavedRow]:
        """Reusable blocks by name, each with the number of letters that have it."""
        return await kept.list_saved_blocks(tx, workspace_id=who.workspace_id)

    @post("/", operation_id="create_saved_block", guards=[requires(Permission.EDIT)])
    async def create_saved_block(
        self, data: JSONBody[SavedBlockContent], tx: OpenTx, who: Who, now: Now
    ) -> SavedRow:
        """Keep a row for use in other letters."""
        made = await kept.create_saved_block(
            tx, workspace_id=who.workspace_id, name=data.name, row=data.row, now=now
        )
        await write_audit(
            tx,
            who=who,
            action="saved_block.created",
            object_kind="saved_block",
            object_id=made.id,
            now=now,
        )
        return made

    @get("/{block_id:uuid}", operation_id="get_saved_block", guards=[requires(Permission.VIEW)])
    async def get_saved_block(self, block_id: FromPath[UUID], tx: OpenTx, who: Who) -> SavedRow:
        """One reusable block."""
        return await kept.get_saved_block(tx, workspace_id=who.workspace_id, block_id=block_id)

    @put("/{block_id:uuid}", operation_id="change_saved_block", guards=[requires(Permission.EDIT)])
    async def change_saved_block(
        self,
        block_id: FromPath[UUID],
        data: JSONBody[SavedBlockContent],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> SavedRow:
        """Change a reusable block in all drafts that have it; running mailings keep theirs."""
        made = await kept.change_saved_block(
            tx,
            workspace_id=who.workspace_id,
            block_id=block_id,
            name=data.name,
            row=data.row,
            now=now,
        )
        await write_audit(
            tx,
            who=who,
            action="saved_block.changed",
            object_kind="saved_block",
            object_id=block_id,
            now=now,
        )
        return made

    @delete(
        "/{block_id:uuid}", operation_id="delete_saved_block", guards=[requires(Permission.EDIT)]
    )
    async def delete_saved_block(
        self, block_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> None:
        """Delete a reusable block that no letter has."""
        await kept.delete_saved_block(tx, workspace_id=who.workspace_id, block_id=block_id)
        await write_audit(
            tx,
            who=who,
            action="saved_block.deleted",
            object_kind="saved_block",
            object_id=block_id,
            now=now,
        )


HANDLERS: list[Any] = [BrandKitController, SavedBlocksController]
