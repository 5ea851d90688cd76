"""Destinations over HTTP: set up by owners, used by everybody who may make schedules."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Who, requires
from otklik.exports.schedules import kept
from otklik.exports.schedules.destinations import SetUp, try_destination
from otklik.exports.schedules.kept import DestinationView, NewDestination
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, Rt


class DestinationTrial(msgspec.Struct, forbid_unknown_fields=True):
    """`destination_id`: whose kept key is to be used when `secret` is left out."""

    place: SetUp
    secret: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    destination_id: UUID | None = None


class ExportPlaces(msgspec.Struct, frozen=True):
    """Where destinations of this installation may be."""

    folder: bool


class DestinationsController(Controller):
    path = "/exports/destinations"
    tags = ["Exports"]

    @get("/", operation_id="list_export_destinations", guards=[requires(Permission.VIEW)])
    async def list_destinations(self, who: Who, tx: OpenTx) -> list[DestinationView]:
        """Folders and stores that schedules may write to, by name."""
        return await kept.list_destinations(
            tx, workspace_id=who.workspace_id, whole=who.may(Permission.MANAGE)
        )

    @get("/places", operation_id="list_export_places", guards=[requires(Permission.VIEW)])
    async def list_places(self, rt: Rt) -> ExportPlaces:
        """Whether the administrator has named a folder for exports."""
        return ExportPlaces(folder=rt.settings.exports.folder is not None)

    @post("/", operation_id="create_export_destination", guards=[requires(Permission.MANAGE)])
    async def create(
        self, data: JSONBody[NewDestination], who: Who, tx: OpenTx, rt: Rt, now: Now
    ) -> DestinationView:
        """Set up a folder or a store for schedules; its secret key is sealed."""
        destination_id = await kept.create_destination(rt, tx, who=who, data=data, now=now)
        return await kept.get_destination(
            tx, workspace_id=who.workspace_id, destination_id=destination_id, whole=True
        )

    @post("/trial", operation_id="try_export_destination", guards=[requires(Permission.MANAGE)])
    async def trial(self, data: JSONBody[DestinationTrial], who: Who, rt: Rt) -> Done:
        """Write a small file to a place and remove it again."""
        secret = data.secret
        if secret is None and data.destination_id is not None:
            # No transaction stays open while the store takes its time.
            async with rt.db.begin() as tx:
                secret = await kept.kept_secret(
                    rt,
                    tx,
                    workspace_id=who.workspace_id,
                    destination_id=data.destination_id,
                    place=data.place,
                )
        await try_destination(rt, data.place, workspace_id=who.workspace_id, secret=secret)
        return Done()

    @put(
        "/{destination_id:uuid}",
        operation_id="update_export_destination",
        guards=[requires(Permission.MANAGE)],
    )
    async def change(
        self,
        destination_id: FromPath[UUID],
        data: JSONBody[NewDestination],
        *,
        who: Who,
        tx: OpenTx,
        rt: Rt,
        now: Now,
    ) -> DestinationView:
        """Change a destination; a secret that is left out stays while the store is the same."""
        await kept.change_destination(
            rt, tx, who=who, destination_id=destination_id, data=data, now=now
        )
        return await kept.get_destination(
            tx, workspace_id=who.workspace_id, destination_id=destination_id, whole=True
        )

    @delete(
        "/{destination_id:uuid}",
        operation_id="delete_export_destination",
        status_code=200,
        guards=[requires(Permission.MANAGE)],
    )
    async def remove(self, destination_id: FromPath[UUID], who: Who, tx: OpenTx, now: Now) -> Done:
        """Forget a destination with its key. Files that were written there stay."""
        await kept.remove_destination(tx, who=who, destination_id=destination_id, now=now)
        return Done()
