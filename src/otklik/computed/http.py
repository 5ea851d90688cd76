"""Computed traits over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from otklik.accounts.public import Permission, Who, get_workspace, requires, write_audit
from otklik.computed import model as m
from otklik.computed.errors import ComputedTraitInvalid
from otklik.computed.operations.edit import create_trait, delete_trait, request_run, update_trait
from otklik.computed.parse import parse
from otklik.computed.queries.people import ComputedExplanation, explain
from otklik.computed.queries.preview import ComputedPreview, RfmGrid, grid, preview, warnings
from otklik.computed.queries.records import get_trait, list_runs, list_traits
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.runtime.public import Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt


class NewComputedTrait(msgspec.Struct, forbid_unknown_fields=True):
    """`definition`: see the reference of computed traits."""

    name: str
    definition: Any
    title: str = ""


class ComputedTraitChanges(msgspec.Struct, forbid_unknown_fields=True):
    title: str | msgspec.UnsetType = msgspec.UNSET
    definition: Any = msgspec.UNSET


class ComputedTraitDraft(msgspec.Struct, forbid_unknown_fields=True):
    """`name`: checked for a clash with traits that events set; may be empty."""

    definition: Any
    name: str = ""


class ComputedTraitWarning(msgspec.Struct, frozen=True):
    """Something that may be a mistake: a name never seen, values of another type."""

    path: str
    code: str
    message: str


class ComputedTraitChecks(msgspec.Struct, frozen=True):
    outputs: list[str]
    warnings: list[ComputedTraitWarning]


class ComputedTraits(Controller):
    path = "/computed-traits"
    tags = ["Computed traits"]

    @get("/", operation_id="list_computed_traits", guards=[requires(Permission.VIEW)])
    async def many(
        self, *, tx: OpenTx, who: Who, now: Now, search: FromQuery[str | None] = None
    ) -> list[m.ComputedTrait]:
        """List computed traits, newest first."""
        zone = (await get_workspace(tx, workspace_id=who.workspace_id)).timezone
        return await list_traits(
            tx, workspace_id=who.workspace_id, zone=zone, now=now, search=search
        )

    @post("/", operation_id="create_computed_trait", guards=[requires(Permission.EDIT)])
    async def create(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, data: JSONBody[NewComputedTrait]
    ) -> m.ComputedTrait:
        """Create a computed trait; it is computed in the background."""
        trait_id = await create_trait(
            rt,
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            title=data.title,
            definition=parse(data.definition),
            now=now,
        )
        await _note(tx, who, "computed_trait_created", trait_id, now)
        return await _one(tx, who, trait_id, now)

    @get("/{trait_id:uuid}", operation_id="get_computed_trait", guards=[requires(Permission.VIEW)])
    async def one(
        self, *, tx: OpenTx, who: Who, now: Now, trait_id: FromPath[UUID]
    ) -> m.ComputedTrait:
        """Return a computed trait with the figures of its latest run."""
        return await _one(tx, who, trait_id, now)

    @patch(
        "/{trait_id:uuid}",
        operation_id="update_computed_trait",
        guards=[requires(Permission.EDIT)],
    )
    async def change(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        trait_id: FromPath[UUID],
        data: JSONBody[ComputedTraitChanges],
    ) -> m.ComputedTrait:
        """Change title or definition; the name stays. A new definition is computed anew."""
        definition = data.definition
        await update_trait(
            rt,
            tx,
            workspace_id=who.workspace_id,
            trait_id=trait_id,
            title=data.title,
            definition=definition if definition is msgspec.UNSET else parse(definition),
            now=now,
        )
        await _note(tx, who, "computed_trait_changed", trait_id, now)
        return await _one(tx, who, trait_id, now)

    @delete(
        "/{trait_id:uuid}",
        operation_id="delete_computed_trait",
        guards=[requires(Permission.EDIT)],
        status_code=202,
    )
    async def remove(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, trait_id: FromPath[UUID]
    ) -> m.ComputedTrait:
        """Remove a computed trait that nothing uses; its values are taken away in background."""
        await delete_trait(rt, tx, workspace_id=who.workspace_id, trait_id=trait_id)
        await _note(tx, who, "computed_trait_deleted", trait_id, now)
        return await _one(tx, who, trait_id, now)

    @put(
        "/{trait_id:uuid}/recomputation",
        operation_id="recompute_computed_trait",
        guards=[requires(Permission.EDIT)],
        status_code=202,
    )
    async def recompute(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, trait_id: FromPath[UUID]
    ) -> m.ComputedTrait:
        """Compute everybody anew, in background."""
        await request_run(rt, tx, workspace_id=who.workspace_id, trait_id=trait_id, now=now)
        await _note(tx, who, "computed_trait_recomputed", trait_id, now)
        return await _one(tx, who, trait_id, now)

    @get(
        "/{trait_id:uuid}/runs",
        operation_id="list_computed_trait_runs",
        guards=[requires(Permission.VIEW)],
    )
    async def runs(self, *, tx: OpenTx, who: Who, trait_id: FromPath[UUID]) -> list[m.ComputedRun]:
        """List the latest runs with what they cost, newest first."""
        return await list_runs(tx, workspace_id=who.workspace_id, trait_id=trait_id)

    @get(
        "/{trait_id:uuid}/explanation",
        operation_id="explain_computed_trait",
        guards=[requires(Permission.VIEW)],
    )
    async def explanation(
        self,
        *,
        rt: Rt,
        who: Who,
        now: Now,
        trait_id: FromPath[UUID],
        profile_id: FromQuery[int],
    ) -> ComputedExplanation:
        """Say why a person has the value: the facts that it is worked out of."""
        return await explain(
            rt,
            workspace_id=who.workspace_id,
            trait_id=trait_id,
            profile_id=profile_id,
            now=now,
        )

    @post(
        "/preview",
        operation_id="preview_computed_trait",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def preview(
        self, *, rt: Rt, who: Who, now: Now, data: JSONBody[ComputedTraitDraft]
    ) -> ComputedPreview:
        """Compute a definition that is not saved: the spread of values, and ten people."""
        return await preview(
            rt, workspace_id=who.workspace_id, definition=parse(data.definition), now=now
        )

    @post(
        "/check",
        operation_id="check_computed_trait",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def check(
        self, *, tx: OpenTx, who: Who, lang: ReaderLang, data: JSONBody[ComputedTraitDraft]
    ) -> ComputedTraitChecks:
        """Name what may be a mistake in a definition, and the traits that it would write."""
        definition = parse(data.definition)
        found = await warnings(
            tx, workspace_id=who.workspace_id, definition=definition, name=data.name
        )
        return ComputedTraitChecks(
            outputs=[m.full_name(data.name.strip(), output) for output in m.outputs_of(definition)],
            warnings=[
                ComputedTraitWarning(problem.path, problem.code, problem.message.of(lang))
                for problem in found
            ],
        )

    @post(
        "/grid",
        operation_id="get_rfm_grid",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def grid(
        self, *, rt: Rt, who: Who, now: Now, data: JSONBody[ComputedTraitDraft]
    ) -> RfmGrid:
        """Return the plane of an RFM definition: people and revenue of each cell."""
        definition = parse(data.definition)
        if not isinstance(definition, m.RfmTrait):
            raise ComputedTraitInvalid(
                problems=[
                    Problem(
                        "$.definition.kind",
                        Text(en="Only RFM has a grid.", ru="Сетка есть только у RFM."),
                        code="not_rfm",
                    )
                ]
            )
        return await grid(rt, workspace_id=who.workspace_id, definition=definition, now=now)


async def _one(tx: Tx, who: Who, trait_id: UUID, now: datetime) -> m.ComputedTrait:
    zone = (await get_workspace(tx, workspace_id=who.workspace_id)).timezone
    return await get_trait(tx, workspace_id=who.workspace_id, trait_id=trait_id, zone=zone, now=now)


async def _note(tx: Tx, who: Who, action: str, trait_id: UUID, now: datetime) -> None:
    await write_audit(
        tx, who=who, action=action, object_kind="computed_trait", object_id=trait_id, now=now
    )


HANDLERS: list[Any] = [ComputedTraits]
