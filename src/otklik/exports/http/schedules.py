"""Schedules over HTTP."""

from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Who, requires
from otklik.exports import queries
from otklik.exports.files.views import ExportView
from otklik.exports.http.data import take_out
from otklik.exports.queries import ScheduleView
from otklik.exports.schedules import operations
from otklik.exports.schedules.operations import NewSchedule
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt


class SchedulesController(Controller):
    path = "/exports/schedules"
    tags = ["Exports"]

    @get("/", operation_id="list_export_schedules", guards=[requires(Permission.VIEW)])
    async def list_schedules(self, who: Who, tx: OpenTx, lang: ReaderLang) -> list[ScheduleView]:
        """Schedules by name, each with its newest run."""
        return await queries.list_schedules(tx, workspace_id=who.workspace_id, lang=lang)

    @post("/", operation_id="create_export_schedule", guards=[requires(Permission.EDIT)])
    async def create(
        self,
        data: JSONBody[NewSchedule],
        *,
        who: Who,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
    ) -> ScheduleView:
        """Take data out regularly: to a destination that an owner has set up, or into the list of
        exports."""
        take_out(who)
        schedule_id = await operations.create_schedule(tx, who=who, data=data, now=now)
        return await queries.get_schedule(
            tx, workspace_id=who.workspace_id, schedule_id=schedule_id, lang=lang
        )

    @put(
        "/{schedule_id:uuid}",
        operation_id="update_export_schedule",
        guards=[requires(Permission.EDIT)],
    )
    async def change(
        self,
        schedule_id: FromPath[UUID],
        data: JSONBody[NewSchedule],
        *,
        who: Who,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
    ) -> ScheduleView:
        """Change a schedule, or switch it off and on."""
        take_out(who)
        await operations.change_schedule(tx, who=who, schedule_id=schedule_id, data=data, now=now)
        return await queries.get_schedule(
            tx, workspace_id=who.workspace_id, schedule_id=schedule_id, lang=lang
        )

    @delete(
        "/{schedule_id:uuid}",
        operation_id="delete_export_schedule",
        status_code=200,
        guards=[requires(Permission.EDIT)],
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
