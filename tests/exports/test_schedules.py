"""Schedules: every period once, by the clock on the wall, into folders and stores."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from otklik.accounts.public import Principal
from otklik.exports.errors import BadPath, BadPlan, FolderNotConfigured, StoreRefused
from otklik.exports.files.operations import ATTEMPTS_MAX, step_exports
from otklik.exports.files.views import ExportRunState
from otklik.exports.model import ExportPlan, Subject
from otklik.exports.queries import export_troubles, list_exports, list_schedules
from otklik.exports.schedules import s3
from otklik.exports.schedules.destinations import S3, Destination, ExportFolder, inside, named
from otklik.exports.schedules.operations import (
    NewSchedule,
    change_schedule,
    create_schedule,
    run_now,
    step_schedules,
)
from otklik.exports.schedules.rhythm import Rhythm, next_moment
from otklik.exports.tables import export_schedules, exports
from otklik.runtime.public import Answer, OutgoingFailed, OutgoingRefused, Runtime

from .conftest import START, World

MOSCOW, NEW_YORK = "Europe/Moscow", "America/New_York"


@pytest.fixture
def folder(rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    changed = msgspec.structs.replace(
        rt.settings, exports=msgspec.structs.replace(rt.settings.exports, folder=str(tmp_path))
    )
    monkeypatch.setattr(rt, "settings", changed)
    return tmp_path


async def make(rt: Runtime, who: Principal, subject: Subject = Subject.EVENTS, **more: Any) -> Any:
    data = NewSchedule(
        name="Nightly",
        plan=ExportPlan(subject=subject),
        rhythm=more.pop("rhythm", Rhythm(every="hour", minute=30)),
        destination=more.pop("destination", ExportFolder("out")),
        **more,
    )
    async with rt.db.begin() as tx:
        return await create_schedule(rt, tx, who=who, data=data, now=rt.clock())


async def work(rt: Runtime) -> None:
    while await step_schedules(rt):
        pass
    while await step_exports(rt):
        pass


# The rhythm -------------------------------------------------------------------------------------


def test_a_daily_moment_follows_the_wall_clock_over_both_changes() -> None:
    daily = Rhythm(every="day", hour=9)
    moment = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
    hours = []
    for _ in range(4):
        moment = next_moment(daily, NEW_YORK, moment)
        hours.append(moment.hour)
    assert hours == [14, 13, 13, 13], "on 8 March 2026 New York goes from UTC-5 to UTC-4"


def test_a_time_that_spring_skips_is_taken_an_hour_later() -> None:
    skipped = Rhythm(every="day", hour=2, minute=30)
    moment = next_moment(skipped, NEW_YORK, datetime(2026, 3, 8, 5, 0, tzinfo=UTC))
    assert moment.astimezone(ZoneInfo(NEW_YORK)).strftime("%d %H:%M") == "08 03:30"


def test_a_time_that_autumn_repeats_is_taken_once() -> None:
    twice = Rhythm(every="day", hour=1, minute=30)
    first = next_moment(twice, NEW_YORK, datetime(2026, 10, 31, 12, 0, tzinfo=UTC))
    second = next_moment(twice, NEW_YORK, first)
    assert second - first == timedelta(hours=25)


def test_a_weekly_moment_comes_on_its_day() -> None:
    weekly = Rhythm(every="week", weekday=0, hour=8)
    moment = next_moment(weekly, MOSCOW, datetime(2026, 6, 15, 5, 0, tzinfo=UTC))
    assert moment == datetime(2026, 6, 22, 5, 0, tzinfo=UTC), "the moment itself is over"


@given(
    st.sampled_from(["hour", "day", "week"]),
    st.integers(0, 59),
    st.integers(0, 23),
    st.integers(0, 6),
    st.sampled_from([MOSCOW, NEW_YORK, "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),
)
def test_moments_always_go_forward(
    every: Any, minute: int, hour: int, weekday: int, zone: str, after: datetime
) -> None:
    rhythm = Rhythm(every=every, minute=minute, hour=hour, weekday=weekday)
    now = after.replace(tzinfo=UTC)
    moment = next_moment(rhythm, zone, now)
    longest = {"hour": timedelta(hours=2), "day": timedelta(hours=26), "week": timedelta(days=8)}
    assert now < moment <= now + longest[every]
    assert moment < next_moment(rhythm, zone, moment)


# Files in a folder ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc", "a//../b/..", "~", ".hidden", "a\0b", "a/..", "c:\\x", "x."],
)
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadPath):
        inside(tmp_path, path)


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    with pytest.raises(BadPath):
        inside(tmp_path / "root", "link/x")


def test_a_pattern_makes_a_safe_name() -> None:
    values = {"name": "../Ночь: 1", "to": "2026-06-15-1200"}
    assert named("{name}/{to}", values=values, suffix=".csv") == "Ночь-1-2026-06-15-1200.csv"
    assert named("...", values={}, suffix=".csv") == "export.csv"


async def test_each_period_has_its_events_once(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    (one,) = await world.add_people([{"name": "n"}])
    schedule_id = await make(rt, principal, mode="new")
    begin = rt.clock()
    for minutes in (1, 29, 31, 89, 91, 149):
        await world.add_events(
            [(one, "Bought", START, f"m{minutes}", {})],
            received_at=begin + timedelta(minutes=minutes),
        )
    clock: Any = rt.clock
    for _ in range(20):
        clock.move(minutes=10)
        await work(rt)
        await work(rt)
    files = sorted((folder / str(world.workspace_id) / "out").iterdir())
    found = [{line.split(",")[0] for line in file.read_text().splitlines()[1:]} for file in files]
    assert found == [{"m1", "m29"}, {"m31", "m89"}, {"m91", "m149"}]
    assert next(file.name for file in files) == "Nightly-2026-06-15-1230.csv"
    async with rt.db.begin() as tx:
        listed = await list_exports(
            tx, workspace_id=world.workspace_id, lang="en", schedule_id=schedule_id
        )
    assert [item.rows for item in listed.items] == [2, 2, 2]


async def test_a_run_that_is_repeated_writes_the_same_file(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    (one,) = await world.add_people([{"name": "n"}])
    await make(rt, principal, mode="new")
    received = rt.clock() + timedelta(minutes=1)
    await world.add_events([(one, "Bought", START, "m1", {})], received_at=received)
    clock: Any = rt.clock
    clock.move(minutes=40)
    await work(rt)
    (file,) = (folder / str(world.workspace_id) / "out").iterdir()
    first = file.read_bytes()
    # As if the process had died between the file and the commit.
    async with rt.db.begin() as tx:
        await tx.execute(
            exports.update()
            .where(exports.c.workspace_id == world.workspace_id)
            .values(state="running", lease_until=rt.clock() - timedelta(seconds=1))
        )
    assert await step_exports(rt)
    (again,) = (folder / str(world.workspace_id) / "out").iterdir()
    assert (again, again.read_bytes()) == (file, first)


async def test_whole_files_that_were_missed_are_made_once(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    await world.add_people([{"name": "n"}])
    await make(rt, principal, Subject.PROFILES)
    clock: Any = rt.clock
    clock.move(days=2)
    await work(rt)
    assert len(list((folder / str(world.workspace_id) / "out").iterdir())) == 1


async def test_a_period_waits_for_events_that_are_not_stored_yet(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    await make(rt, principal, mode="new")
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text(
                "INSERT INTO event_chunks (chunk_id, workspace_id, received_at, events, size, body)"
                " VALUES (gen_random_uuid(), :w, :at, 1, 1, '')"
            ),
            {"w": world.workspace_id, "at": rt.clock()},
        )
    clock: Any = rt.clock
    clock.move(minutes=40)
    assert not await step_schedules(rt)
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text("DELETE FROM event_chunks WHERE workspace_id = :w"), {"w": world.workspace_id}
        )
    assert await step_schedules(rt)


async def test_without_a_folder_of_the_administrator_there_is_none(
    rt: Runtime, principal: Principal
) -> None:
    with pytest.raises(FolderNotConfigured):
        await make(rt, principal)


async def test_only_events_and_messages_come_piece_by_piece(
    rt: Runtime, folder: Path, principal: Principal
) -> None:
    with pytest.raises(BadPlan):
        await make(rt, principal, Subject.PROFILES, mode="new")


async def test_a_folder_that_cannot_be_written_is_tried_again_and_then_told(
    world: World, folder: Path, principal: Principal
) -> None:
    rt = world.rt
    await make(rt, principal, Subject.PROFILES)
    (folder / str(world.workspace_id)).write_text("a file stands in the way")
    clock: Any = rt.clock
    clock.move(minutes=40)
    assert await step_schedules(rt)
    for _ in range(ATTEMPTS_MAX):
        assert await step_exports(rt)
        clock.move(hours=2)
    async with rt.db.begin() as tx:
        await tx.execute(
            export_schedules.update()
            .where(export_schedules.c.workspace_id == world.workspace_id)
            .values(next_at=rt.clock() + timedelta(days=9))
        )
    assert not await step_exports(rt)
    async with rt.db.begin() as tx:
        page = await list_exports(tx, workspace_id=world.workspace_id, lang="ru")
        troubles = await export_troubles(tx, workspace_id=world.workspace_id)
    assert page.items[0].state is ExportRunState.FAILED
    assert page.items[0].error
    assert [one.name for one in troubles] == ["Nightly"]


# S3 ---------------------------------------------------------------------------------------------

# The published examples: "Signature Calculations for the Authorization Header: Transferring
# Payload in a Single Chunk", Amazon S3 API reference.
KEYS = s3.Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "payload", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {},
            {"Range": "bytes=0-9"},
            EMPTY,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            {},
            {
                "Date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
            },
            hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/",
            {"lifecycle": ""},
            {},
            EMPTY,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/",
            {"max-keys": "2", "prefix": "J"},
            {},
            EMPTY,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signatures_are_those_of_the_published_examples(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    payload: str,
    signature: str,
) -> None:
    signed = s3.sign(
        method,
        host="examplebucket.s3.amazonaws.com",
        path=path,
        query=query,
        headers=headers,
        payload_sha256=payload,
        keys=KEYS,
        region="us-east-1",
        now=datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert signed["authorization"].endswith(f"Signature={signature}")


class FakeStore:
    """Plays a store's side: checks every signature, keeps objects and parts."""

    def __init__(self, keys: s3.Keys, region: str) -> None:
        self._keys, self._region = keys, region
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.fail: list[Any] = []

    def check(self, url: str) -> None:
        if "169.254" in url:
            raise AssertionError("refused by the guarded client")

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 10.0,
        answer_bytes_max: int = 65_536,
    ) -> Answer:
        parts = urlsplit(url)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        sent = dict(headers or {})
        assert sent["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
        wanted = s3.sign(
            method,
            host=parts.netloc,
            path=parts.path,
            query=query,
            headers={},
            payload_sha256=sent["x-amz-content-sha256"],
            keys=self._keys,
            region=self._region,
            now=datetime.strptime(sent["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        )
        if wanted["authorization"] != sent["authorization"]:
            return Answer(403, {}, b"<Error><Code>SignatureDoesNotMatch</Code></Error>", 1)
        if self.fail:
            what = self.fail.pop(0)
            if isinstance(what, Exception):
                raise what
            return Answer(what, {}, b"<Error><Code>SlowDown</Code></Error>", 1)
        return self._answer(method, parts.path, query, body)

    def _answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if method == "POST" and "uploads" in query:
            upload = f"up&{len(self.uploads)}"
            self.uploads[upload] = {}
            return Answer(
                200, {}, f"<R><UploadId>up&amp;{len(self.uploads) - 1}</UploadId></R>".encode(), 1
            )
        if method == "PUT" and "uploadId" in query:
            assert len(body) <= 3 * s3.PART
            self.uploads[query["uploadId"]][int(query["partNumber"])] = body
            return Answer(200, {"etag": f'"{hashlib.md5(body).hexdigest()}"'}, b"", 1)
        if method == "POST":
            kept = self.uploads.pop(query["uploadId"])
            assert body.count(b"<Part>") == len(kept)
            assert all(len(kept[n]) >= 5 * 1024**2 for n in sorted(kept)[:-1])
            self.objects[path] = b"".join(kept[n] for n in sorted(kept))
            return Answer(200, {}, b"<Result/>", 1)
        if method == "PUT":
            self.objects[path] = body
            return Answer(200, {}, b"", 1)
        self.uploads.pop(query.get("uploadId", ""), None)
        self.objects.pop(path, None)
        return Answer(204, {}, b"", 1)


BUCKET = S3("https://s3.example.org", "exports", "AK", region="ru-1", prefix="otklik/day")


@pytest.fixture
def store(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    fake = FakeStore(s3.Keys("AK", "secret"), "ru-1")
    monkeypatch.setattr(rt, "outgoing", fake)
    return fake


async def test_a_small_file_is_put_at_once(
    world: World, store: FakeStore, principal: Principal
) -> None:
    rt = world.rt
    await world.add_people([{"name": "Анна"}])
    store.fail = [503, OutgoingFailed(reason="timeout", host="s3", detail="")]
    schedule_id = await make(rt, principal, Subject.PROFILES, destination=BUCKET, secret="secret")
    async with rt.db.begin() as tx:
        await run_now(rt, tx, who=principal, schedule_id=schedule_id, now=rt.clock())
    assert await step_exports(rt)
    ((path, body),) = store.objects.items()
    assert path == "/exports/otklik/day/Nightly-2026-06-15-1200.csv"
    assert "Анна" in body.decode()


async def test_a_large_file_goes_in_parts(
    rt: Runtime, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from otklik.exports.schedules.destinations import _Object, fill, store_of

    pieces = [bytes([i]) * 3_000_000 for i in range(9)]

    async def stream() -> Any:
        for piece in pieces:
            yield piece

    await fill(_Object(store_of(rt, BUCKET, "secret"), "x/y z+ü.csv"), stream())
    assert store.objects["/exports/x/y%20z%2B%C3%BC.csv"] == b"".join(pieces)
    assert not store.uploads


async def test_a_broken_upload_is_given_up(rt: Runtime, store: FakeStore) -> None:
    from otklik.exports.schedules.destinations import _Object, fill, store_of

    async def stream() -> Any:
        yield b"x" * (s3.PART + 1)
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        await fill(_Object(store_of(rt, BUCKET, "secret"), "x"), stream())
    assert not store.uploads
    assert not store.objects


async def test_a_wrong_key_is_told_without_the_key(
    world: World, store: FakeStore, principal: Principal
) -> None:
    rt = world.rt
    schedule_id = await make(rt, principal, Subject.PROFILES, destination=BUCKET, secret="wrong-1")
    async with rt.db.begin() as tx:
        await run_now(rt, tx, who=principal, schedule_id=schedule_id, now=rt.clock())
    assert await step_exports(rt)
    async with rt.db.begin() as tx:
        page = await list_exports(tx, workspace_id=world.workspace_id, lang="en")
        shown = msgspec.json.encode(
            await list_schedules(tx, workspace_id=world.workspace_id, lang="en")
        )
        row = (await tx.execute(sa.select(export_schedules))).mappings().all()
    assert "SignatureDoesNotMatch" in (page.items[0].error or "")
    assert b"wrong-1" not in shown + msgspec.json.encode(page)
    assert "wrong-1" not in str(row)
    assert "secret" not in repr(KEYS)
    assert "wJalr" not in repr(KEYS)


async def test_a_kept_key_is_not_sent_to_another_address(
    rt: Runtime, store: FakeStore, principal: Principal
) -> None:
    schedule_id = await make(rt, principal, Subject.PROFILES, destination=BUCKET, secret="secret")
    moved: Destination = msgspec.structs.replace(BUCKET, endpoint="https://evil.example.org")
    data = NewSchedule(
        name="Nightly",
        plan=ExportPlan(subject=Subject.PROFILES),
        rhythm=Rhythm(every="day"),
        destination=moved,
    )
    async with rt.db.begin() as tx:
        with pytest.raises(BadPlan):
            await change_schedule(
                rt, tx, who=principal, schedule_id=schedule_id, data=data, now=rt.clock()
            )


@pytest.mark.parametrize("endpoint", ["http://169.254.169.254", "http://127.0.0.1:9000"])
async def test_a_store_in_the_own_network_is_refused(
    rt: Runtime, principal: Principal, endpoint: str
) -> None:
    place = msgspec.structs.replace(BUCKET, endpoint=endpoint)
    with pytest.raises(OutgoingRefused):
        await make(rt, principal, Subject.PROFILES, destination=place, secret="secret")


async def test_a_refusal_of_the_store_is_an_error_with_its_code(
    rt: Runtime, store: FakeStore
) -> None:
    from otklik.exports.schedules.destinations import try_destination

    with pytest.raises(StoreRefused, match="SignatureDoesNotMatch"):
        await try_destination(rt, BUCKET, workspace_id=1, secret="other")
    await try_destination(rt, BUCKET, workspace_id=1, secret="secret")
    assert not store.objects
