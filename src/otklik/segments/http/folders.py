"""Folders of segments."""

from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Who, requires
from otklik.runtime.web.providers import Now, OpenTx
from otklik.segments.model import Folder
from otklik.segments.operations.folders import (
    create_folder,
    delete_folder,
    list_folders,
    rename_folder,
)


class FolderName(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class Folders(Controller):
    path = "/segments/folders"
    tags = ["Segments"]

    @get("/", operation_id="list_segment_folders", guards=[requires(Permission.VIEW)])
    async def many(self, *, tx: OpenTx, who: Who) -> list[Folder]:
        """List folders by name."""
        return await list_folders(tx, workspace_id=who.workspace_id)

    @post("/", operation_id="create_segment_folder", guards=[requires(Permission.EDIT)])
    async def create(self, *, tx: OpenTx, who: Who, now: Now, data: JSONBody[FolderName]) -> Folder:
        """Create a folder."""
        folder_id = await create_folder(tx, workspace_id=who.workspace_id, name=data.name, now=now)
        return Folder(folder_id, data.name.strip(), 0)

    @patch(
        "/{folder_id:uuid}",
        operation_id="rename_segment_folder",
        guards=[requires(Permission.EDIT)],
        status_code=204,
    )
    async def rename(
        self, *, tx: OpenTx, who: Who, folder_id: FromPath[UUID], data: JSONBody[FolderName]
    ) -> None:
        """Give a folder another name."""
        await rename_folder(tx, workspace_id=who.workspace_id, folder_id=folder_id, name=data.name)

    @delete(
        "/{folder_id:uuid}",
        operation_id="delete_segment_folder",
        guards=[requires(Permission.EDIT)],
    )
    async def remove(self, *, tx: OpenTx, who: Who, folder_id: FromPath[UUID]) -> None:
        """Delete an empty folder."""
        await delete_folder(tx, workspace_id=who.workspace_id, folder_id=folder_id)
