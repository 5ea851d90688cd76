"""The first workspace and its owner of a new installation."""

from __future__ import annotations

from otklik.accounts.public import (
    Role,
    create_user,
    create_workspace,
    list_workspaces,
)
from otklik.kit.ids import new_token
from otklik.runtime.public import Runtime


class FirstLogin:
    """The first user of a new installation and his password, to be shown once."""

    def __init__(self, email: str, password: str) -> None:
        self.email, self.password = email, password


async def first_start(rt: Runtime) -> FirstLogin | None:
    """Make the first workspace and its owner when there is nobody yet; None: there is somebody."""
    async with rt.db.begin() as tx:
        if await list_workspaces(tx):
            return None
        login = FirstLogin("owner@otklik.test", new_token(96))
        workspace = await create_workspace(tx, name="Otklik", now=rt.clock())
        await create_user(
            tx,
            workspace_id=workspace.id,
            email=login.email,
            name="Owner",
            password=login.password,
            role=Role.OWNER,
            lang=workspace.lang,
            now=rt.clock(),
        )
    return login
