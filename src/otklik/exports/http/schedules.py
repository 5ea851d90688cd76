"""Schedules over HTTP."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Who, requires
from otklik.exports import queries
from otklik.exports.files.views import ExportView
from otklik.exports.http.data import take_out
from otklik.exports.queries import ScheduleView
from otklik.exports.schedules import operations
from otklik.exports.schedules.destinations import Destination, try_destination
from otklik.exports.schedules.operations import NewSchedule
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt


class DestinationTrial(msgspec.Struct, forbid_unknown_fields=True):
    """`schedule_id`: whose kept key is to be used when `secret` is left out."""

    destination: Destination
    secret: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    schedule_id: UUID | None = None


class ExportPlaces(msgspec.Struct, frozen=True):
    """Where schedules of this installation may write."""

    folder: bool


class SchedulesController(Controller):
    path = "/exports/schedules"
    tags = ["Exports"]

    @get("/", operation_id="list_export_schedules", guards=[requires(Permission.VIEW)])
    async def list_schedules(self, who: Who, tx: OpenTx, lang: ReaderLang) -> list[ScheduleView]:
        """Schedules by name, each with its newest run."""
        return await queries.list_schedules(tx, workspace_id=who.workspace_id, lang=lang)

    @get("/places", operation_id="list_export_places", guards=[requires(Permission.VIEW)])
    async def list_places(self, rt: Rt) -> ExportPlaces:
        """Whether the administrator has named a folder for exports."""
        return ExportPlaces(folder=rt.settings.exports.folder is not None)

    @post("/", operation_id="create_export_schedule", guards=[requires(Permission.MANAGE)])
    async def create(
        self,
        data: JSONBody[NewSchedule],
        *,
        who: Who,
        tx: OpenTx,
        rt: Rt,
        now: Now,
        lang: ReaderLang,
    ) -> ScheduleView:
        """Take data out regularly, to a folder or a store."""
        schedule_id = await operations.create_schedule(rt, tx, who=who, data=data, now=now)
        return await queries.get_schedule(
            tx, workspace_id=who.workspace_id, schedule_id=schedule_id, lang=lang
        )

    @post("/trial", operation_id="try_export_destination", guards=[requires(Permission.MANAGE)])
    async def trial(self, data: JSONBody[DestinationTrial], who: Who, rt: Rt) -> Done:
        """Write a small file to a destination and remove it again."""
        secret = data.secret
        if secret is None and data.schedule_id is not None:
            # No transaction stays open while the store takes its time.
            async with rt.db.begin() as tx:
                secret = await operations.kept_secret(
                    rt,
                    tx,
                    workspace_id=who.workspace_id,
                    schedule_id=data.schedule_id,
                    destination=data.destination,
                )
        await try_destination(rt, data.destination, workspace_id=who.workspace_id, secret=secret)
        return Done()

    @put(
        "/{schedule_id:uuid}",
        operation_id="update_export_schedule",
        guards=[requires(Permission.MANAGE)],
    )
    async def change(
        self,
        schedule_id: FromPath[UUID],
        data: JSONBody[NewSchedule],
        *,
        who: Who,
        tx: OpenTx,
        rt: Rt,
        now: Now,
        lang: ReaderLang,
    ) -> ScheduleView:
        """Change a schedule; a secret that is left out stays while the store is the same."""
        await operations.change_schedule(
            rt, tx, who=who, schedule_id=schedule_id, data=data, now=now
        )
        return await queries.get_schedule(
            tx, workspace_id=who.workspace_id, schedule_id=schedule_id, lang=lang
        )

    @delete(
        "/{schedule_id:uuid}",
        operation_id="delete_export_schedule",
        status_code=200,
        guards=[requires(Permission.MANAGE)],
    )
    async def remove(self, schedule_id: FromPath[UUID], who: Who, tx: OpenTx, now: Now) -> Done:
        """Remove a schedule. Its files stay where they are."""
        await operations.remove_schedule(tx, who=who, schedule_id=schedule_id, now=now)
        return Done()

    @post(
        "/{schedule_id:uuid}/run",
        operation_id="run_export_schedule",
        guards=[requires(Permission.EDIT)],
    )
    async def run(
        self,
        schedule_id: FromPath[UUID],
        *,
        rt: Rt,
        who: Who,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
    ) -> ExportView:
        """Make one whole file at once."""
        take_out(who)
        export_id = await operations.run_now(rt, tx, who=who, schedule_id=schedule_id, now=now)
        return await queries.get_export(
            tx, workspace_id=who.workspace_id, export_id=export_id, lang=lang
        )
