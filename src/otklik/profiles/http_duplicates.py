"""Possible duplicates over HTTP: the list, the search, and what people decide."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromQuery, JSONBody

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.kit.pagination import Page
from otklik.profiles.errors import CountChanged, MergesRunning, SearchRunning
from otklik.profiles.model.likeness import THRESHOLD
from otklik.profiles.model.runs import PeopleRun, PeopleRunKind, PeopleRunState
from otklik.profiles.operations import runs
from otklik.profiles.operations.duplicates import decisions
from otklik.profiles.queries.cards import root_of
from otklik.profiles.queries.duplicates import DuplicatePair, list_pairs
from otklik.profiles.queries.runs import latest_run
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, Rt

Share = Annotated[float, msgspec.Meta(ge=0.5, le=1.0)]


class DuplicatesState(msgspec.Struct, frozen=True, kw_only=True):
    """The last search, the last one that ended well, and the last merging of many."""

    search: PeopleRun | None
    finished: PeopleRun | None
    merging: PeopleRun | None


class NotSamePerson(msgspec.Struct, forbid_unknown_fields=True):
    """Two profiles that are two people."""

    left_id: int
    right_id: int


class DuplicateMergePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What merging all pairs would do: `people` become `into`. `two_users`: of these how many get
    several user ids. `left_out`: pairs that would make too many people one, or two who were said
    to be two."""

    pairs: int
    people: int
    into: int
    two_users: int
    left_out: int


class DuplicateMerge(msgspec.Struct, forbid_unknown_fields=True):
    """Merge every pair from a probability on. `people`: the count that was shown and confirmed."""

    least: Share
    people: int


class DuplicatesController(Controller):
    path = "/duplicates"
    tags = ["Profiles"]

    @get("/", operation_id="list_duplicates", guards=[requires(Permission.VIEW)])
    async def list_pairs(
        self,
        who: Who,
        tx: OpenTx,
        *,
        least: FromQuery[float] = THRESHOLD,
        profile_id: FromQuery[int | None] = None,
        refused: FromQuery[bool] = False,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[DuplicatePair]:
        """Pairs of profiles that may be one person, the likeliest first; of one profile or all.
        `refused`: pairs that somebody said are two people."""
        root = profile_id
        if profile_id is not None:
            root = await root_of(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await list_pairs(
            tx,
            workspace_id=who.workspace_id,
            least=least,
            profile_id=root,
            refused=refused,
            cursor=cursor,
            limit=limit,
        )

    @get("/state", operation_id="get_duplicates_state", guards=[requires(Permission.VIEW)])
    async def get_state(self, who: Who, tx: OpenTx) -> DuplicatesState:
        """How far the search is, when the last one ended, and how far merging of many is."""
        return await _state(tx, who.workspace_id)

    @post(
        "/searches",
        operation_id="search_duplicates",
        status_code=202,
        guards=[requires(Permission.EDIT)],
    )
    async def search(self, who: Who, rt: Rt, tx: OpenTx, *, now: Now) -> DuplicatesState:
        """Search for possible duplicates now; every night it happens by itself."""
        run_id = await runs.open_run(
            tx,
            workspace_id=who.workspace_id,
            kind=PeopleRunKind.DUPLICATES,
            now=now,
            requested_by=who.user_id,
        )
        if run_id is None:
            raise SearchRunning()
        await _defer(rt, tx, "profiles.search_duplicates", who.workspace_id, run_id)
        return await _state(tx, who.workspace_id)

    @post(
        "/refusals",
        operation_id="refuse_duplicate",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def refuse(
        self, data: JSONBody[NotSamePerson], who: Who, tx: OpenTx, *, now: Now
    ) -> Done:
        """Say that two profiles are two people; it is remembered for ever."""
        left, right = await decisions.refuse_pair(
            tx,
            workspace_id=who.workspace_id,
            one=data.left_id,
            other=data.right_id,
            now=now,
            user_id=who.user_id,
        )
        await write_audit(
            tx,
            who=who,
            action="duplicate.refused",
            object_kind="profile",
            object_id=left,
            now=now,
            detail={"other_id": right},
        )
        return Done()

    @delete(
        "/refusals",
        operation_id="take_back_refusal",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def take_back(
        self,
        who: Who,
        tx: OpenTx,
        *,
        now: Now,
        left_id: FromQuery[int],
        right_id: FromQuery[int],
    ) -> Done:
        """Take back that two profiles are two people."""
        left, right = await decisions.take_back_refusal(
            tx, workspace_id=who.workspace_id, one=left_id, other=right_id
        )
        await write_audit(
            tx,
            who=who,
            action="duplicate.refusal_taken_back",
            object_kind="profile",
            object_id=left,
            now=now,
            detail={"other_id": right},
        )
        return Done()

    @get("/merges/preview", operation_id="preview_merges", guards=[requires(Permission.VIEW)])
    async def preview_merges(
        self, who: Who, tx: OpenTx, *, least: FromQuery[float] = THRESHOLD
    ) -> DuplicateMergePreview:
        """Count what merging every pair from a probability on would do. Nothing is written."""
        plan = await decisions.plan_merges(tx, workspace_id=who.workspace_id, least=max(0.5, least))
        return DuplicateMergePreview(
            pairs=plan.pairs,
            people=plan.people,
            into=plan.into,
            two_users=plan.two_users,
            left_out=plan.left_out,
        )

    @post(
        "/merges",
        operation_id="merge_duplicates",
        status_code=202,
        guards=[requires(Permission.EDIT)],
    )
    async def merge_all(
        self, data: JSONBody[DuplicateMerge], who: Who, rt: Rt, tx: OpenTx, *, now: Now
    ) -> DuplicatesState:
        """Merge every pair from a probability on, in the background; each merge can be undone."""
        plan = await decisions.plan_merges(tx, workspace_id=who.workspace_id, least=data.least)
        if plan.people != data.people:
            raise CountChanged(people=plan.people, confirmed=data.people)
        run_id = await runs.open_run(
            tx,
            workspace_id=who.workspace_id,
            kind=PeopleRunKind.MERGES,
            now=now,
            facts={"least": data.least, "merged": 0},
            requested_by=who.user_id,
        )
        if run_id is None:
            raise MergesRunning()
        await _defer(rt, tx, "profiles.merge_duplicates", who.workspace_id, run_id)
        await write_audit(
            tx,
            who=who,
            action="duplicates.merged",
            object_kind="workspace",
            object_id=who.workspace_id,
            now=now,
            detail={"least": data.least, "people": plan.people, "into": plan.into},
        )
        return await _state(tx, who.workspace_id)


async def _state(tx: Tx, workspace_id: int) -> DuplicatesState:
    return DuplicatesState(
        search=await latest_run(tx, workspace_id=workspace_id, kind=PeopleRunKind.DUPLICATES),
        finished=await latest_run(
            tx, workspace_id=workspace_id, kind=PeopleRunKind.DUPLICATES, state=PeopleRunState.DONE
        ),
        merging=await latest_run(tx, workspace_id=workspace_id, kind=PeopleRunKind.MERGES),
    )


async def _defer(rt: Runtime, tx: Tx, name: str, workspace_id: int, run_id: object) -> None:
    await rt.jobs.defer(
        tx,
        name,
        args={"workspace_id": workspace_id, "run_id": str(run_id)},
        lock=f"{name}:{workspace_id}",
    )


HANDLERS = [DuplicatesController]
