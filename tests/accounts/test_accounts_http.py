"""Signing in, roles, users, keys: over HTTP, with the fixed cast."""

from __future__ import annotations

from otklik.accounts.public import Role, Workspace, create_user
from otklik.runtime.public import Runtime
from tests.conftest import PASSWORD, Cast, Clock, client_of


async def make_user(rt: Runtime, workspace: Workspace, email: str) -> None:
    async with rt.db.begin() as tx:
        await create_user(
            tx,
            workspace_id=workspace.id,
            email=email,
            name="Olga",
            password=PASSWORD,
            role=Role.OWNER,
            lang="ru",
            now=rt.clock(),
        )


def address(workspace: Workspace) -> str:
    return f"olga{workspace.id}@otklik.test"


async def test_it_signs_in_and_out(rt: Runtime, app: object, workspace: Workspace) -> None:
    await make_user(rt, workspace, address(workspace))
    async with client_of(app) as client:
        answer = await client.post(
            "/api/v1/session", json={"email": address(workspace).upper(), "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        me = answer.json()
        assert me["workspace"]["id"] == workspace.id
        assert "salt" not in answer.text
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await client.get("/api/v1/me")).status_code == 200
        out = await client.delete("/api/v1/session", headers={"x-csrf-token": me["csrf_token"]})
        assert out.status_code == 204
        client.cookies.set("otklik_session", cookie.split("=")[1].split(";")[0])
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_a_wrong_password_and_an_unknown_address_get_one_answer(
    rt: Runtime, app: object, workspace: Workspace
) -> None:
    await make_user(rt, workspace, address(workspace))
    async with client_of(app) as client:
        wrong = await client.post(
            "/api/v1/session", json={"email": address(workspace), "password": "nope nope nope"}
        )
        unknown = await client.post(
            "/api/v1/session", json={"email": "nobody@otklik.test", "password": "nope nope nope"}
        )
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_too_many_failures_close_the_door_for_a_while(
    rt: Runtime, app: object, workspace: Workspace, clock: Clock
) -> None:
    email = address(workspace)
    await make_user(rt, workspace, email)
    async with client_of(app, ip="192.0.2.77") as client:
        for _ in range(10):
            await client.post("/api/v1/session", json={"email": email, "password": "x" * 12})
        refused = await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "900"
        clock.move(minutes=16)
        again = await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        assert again.status_code == 200


async def test_a_writing_request_needs_the_csrf_token(cast: Cast) -> None:
    answer = await cast.owner.patch(
        "/api/v1/workspace", json={"name": "Taken over"}, headers={"x-csrf-token": "wrong"}
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "wrong_csrf_token"


async def test_a_new_password_ends_the_other_sessions(
    rt: Runtime, app: object, workspace: Workspace
) -> None:
    await make_user(rt, workspace, address(workspace))
    login = {"email": address(workspace), "password": PASSWORD}
    async with client_of(app) as here, client_of(app) as there:
        token = (await here.post("/api/v1/session", json=login)).json()["csrf_token"]
        await there.post("/api/v1/session", json=login)
        done = await here.put(
            "/api/v1/me/password",
            json={"current": PASSWORD, "new": "another long phrase"},
            headers={"x-csrf-token": token},
        )
        assert done.status_code == 204, done.text
        assert (await here.get("/api/v1/me")).status_code == 200
        assert (await there.get("/api/v1/me")).status_code == 401


async def test_a_session_ends_by_itself(
    rt: Runtime, app: object, workspace: Workspace, clock: Clock
) -> None:
    await make_user(rt, workspace, address(workspace))
    async with client_of(app) as client:
        await client.post(
            "/api/v1/session", json={"email": address(workspace), "password": PASSWORD}
        )
        clock.move(days=15)
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_an_analyst_may_look_but_not_manage(cast: Cast) -> None:
    assert (await cast.colleague.get("/api/v1/workspace")).status_code == 200
    for path in ("/api/v1/users", "/api/v1/keys", "/api/v1/audit"):
        answer = await cast.colleague.get(path)
        assert answer.status_code == 403, path
        assert answer.headers["content-type"] == "application/problem+json"
    refused = await cast.colleague.patch("/api/v1/workspace", json={"name": "Mine"})
    assert refused.json()["code"] == "forbidden"


async def test_nobody_gets_in_without_signing_in(cast: Cast) -> None:
    for path in ("/api/v1/me", "/api/v1/workspace", "/api/v1/users"):
        assert (await cast.nobody.get(path)).status_code == 401


async def test_a_secret_key_is_shown_once_and_opens_the_api(cast: Cast) -> None:
    made = await cast.owner.post("/api/v1/keys", json={"kind": "secret", "name": "Server"})
    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    listed = await cast.owner.get("/api/v1/keys")
    assert secret not in listed.text
    bearer = {"authorization": f"Bearer {secret}"}
    assert (await cast.nobody.get("/api/v1/workspace", headers=bearer)).status_code == 200
    # A key does not manage people and keys, and can't be used to become a user.
    assert (await cast.nobody.get("/api/v1/users", headers=bearer)).status_code == 403
    await cast.owner.delete(f"/api/v1/keys/{made.json()['key']['id']}")
    assert (await cast.nobody.get("/api/v1/workspace", headers=bearer)).status_code == 401


async def test_a_public_key_does_not_open_the_api(cast: Cast) -> None:
    made = await cast.owner.post("/api/v1/keys", json={"kind": "public", "name": "Site"})
    bearer = {"authorization": f"Bearer {made.json()['secret']}"}
    assert (await cast.nobody.get("/api/v1/workspace", headers=bearer)).status_code == 401


async def test_a_stranger_sees_and_touches_nothing(cast: Cast) -> None:
    made = await cast.owner.post("/api/v1/keys", json={"kind": "public", "name": "Site"})
    key_id = made.json()["key"]["id"]
    assert key_id not in (await cast.stranger.get("/api/v1/keys")).text
    assert (await cast.stranger.delete(f"/api/v1/keys/{key_id}")).status_code == 404
    users = (await cast.owner.get("/api/v1/users")).json()
    for user in users:
        gone = await cast.stranger.delete(f"/api/v1/users/{user['id']}")
        assert gone.status_code == 404


async def test_the_last_owner_stays(cast: Cast) -> None:
    me = (await cast.owner.get("/api/v1/me")).json()["user"]["id"]
    answer = await cast.owner.patch(f"/api/v1/users/{me}", json={"role": "analyst"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "last_owner"
    assert (await cast.owner.get("/api/v1/me")).json()["role"] == "owner"


async def test_weak_passwords_and_wrong_addresses_are_refused(cast: Cast) -> None:
    person = {"email": "ann@otklik.test", "name": "Ann", "role": "analyst"}
    for password in ("short", "1234567890", "aaaaaaaaaaaa"):
        answer = await cast.owner.post("/api/v1/users", json={**person, "password": password})
        assert answer.json()["code"] == "weak_password"
    answer = await cast.owner.post(
        "/api/v1/users", json={**person, "email": "not an address\n", "password": PASSWORD}
    )
    assert answer.json()["code"] == "wrong_address"


async def test_errors_speak_the_language_of_the_reader(cast: Cast) -> None:
    answer = await cast.colleague.get("/api/v1/users", headers={"accept-language": "ru"})
    assert answer.json()["title"] == "Недостаточно прав"


async def test_a_repeated_creation_with_one_idempotency_key_happens_once(cast: Cast) -> None:
    body = {"kind": "public", "name": "Site"}
    headers = {"idempotency-key": "one"}
    first = await cast.owner.post("/api/v1/keys", json=body, headers=headers)
    second = await cast.owner.post("/api/v1/keys", json=body, headers=headers)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert len((await cast.owner.get("/api/v1/keys")).json()) == 1
    other = await cast.owner.post(
        "/api/v1/keys", json={"kind": "secret", "name": "Site"}, headers=headers
    )
    assert other.json()["code"] == "idempotency_key_reused"
    # The key belongs to its caller: a stranger with the same one makes his own thing.
    elsewhere = await cast.stranger.post("/api/v1/keys", json=body, headers=headers)
    assert elsewhere.json() != first.json()


async def test_a_refused_creation_leaves_its_idempotency_key_free(cast: Cast) -> None:
    headers = {"idempotency-key": "two"}
    person = {"email": "kim@otklik.test", "name": "Kim", "role": "analyst", "password": "short"}
    refused = await cast.owner.post("/api/v1/users", json=person, headers=headers)
    assert refused.status_code == 422
    again = await cast.owner.post(
        "/api/v1/users",
        json={**person, "password": PASSWORD, "email": "kim2@otklik.test"},
        headers=headers,
    )
    assert again.status_code == 201, again.text


async def test_malformed_input_gets_a_problem_with_the_place(cast: Cast) -> None:
    broken = await cast.owner.patch(
        "/api/v1/workspace", content=b"{", headers={"content-type": "application/json"}
    )
    assert broken.status_code in (400, 422)
    assert broken.headers["content-type"] == "application/problem+json"
    unknown = await cast.owner.patch("/api/v1/workspace", json={"salt": "x"})
    assert unknown.status_code in (400, 422), unknown.text
    zone = await cast.owner.patch("/api/v1/workspace", json={"timezone": "Mars/Olympus"})
    assert zone.json()["code"] == "unknown_time_zone"


async def test_every_action_leaves_a_trace(cast: Cast) -> None:
    await cast.owner.patch("/api/v1/workspace", json={"timezone": "Europe/London"})
    entries = (await cast.owner.get("/api/v1/audit")).json()["items"]
    assert entries[0]["action"] == "changed"
    assert entries[0]["detail"] == {"fields": ["timezone"]}
    assert (await cast.stranger.get("/api/v1/audit")).json()["items"] == []
