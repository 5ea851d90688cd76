"""Commands that work on the data of an installation: users, keys, imports."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import click

from otklik.accounts.public import Role, create_key, create_user, create_workspace, list_workspaces
from otklik.entrypoints.importing import import_from_terminal
from otklik.entrypoints.process import open_runtime
from otklik.entrypoints.terminal import console, prepare, run, settings_options
from otklik.ingestion.public import (
    DeclaredConsent,
    Effect,
    Encoding,
    ImportKind,
    ImportOptions,
    Look,
    Separator,
)
from otklik.kit.ids import new_token
from otklik.runtime.public import Runtime, Settings, Tx


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("create")
@settings_options
@click.option("--email", required=True, help="Address to sign in with.")
@click.option("--name", default="", help="Name to show.")
@click.option("--role", type=click.Choice([r.value for r in Role]), default="owner")
@click.option("--workspace", help="Name of the workspace; made when there is none of this name.")
@click.option("--lang", type=click.Choice(["en", "ru"]), default="ru", help="Language.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_create(
    config: Path | None,
    data: str | None,
    email: str,
    name: str,
    role: str,
    workspace: str | None,
    lang: Any,
    password_stdin: bool,
) -> None:
    """Create a user; without --password-stdin a password is made up and shown once."""
    settings = prepare(config, data=data)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else new_token(96)

    async def work() -> str:
        async with opened(settings) as rt, rt.db.begin() as tx:
            found = await find_workspace(tx, workspace)
            if found is None:
                made = await create_workspace(
                    tx, name=workspace or "Otklik", lang=lang, now=rt.clock()
                )
                found = (made.id, made.name)
            await create_user(
                tx,
                workspace_id=found[0],
                email=email,
                name=name,
                password=password,
                role=Role(role),
                lang=lang,
                now=rt.clock(),
            )
            return found[1]

    where = run(work())
    console.print(f"{email} is {role} of the workspace “{where}”.")
    if not password_stdin:
        console.print(f"Password: {password}", markup=False)


@click.group()
def key() -> None:
    """API keys."""


@key.command("create")
@settings_options
@click.option("--kind", type=click.Choice(["public", "secret"]), required=True)
@click.option("--name", default="command line", help="What the key is for.")
@click.option("--workspace", help="Name of the workspace, when there are several.")
def key_create(
    config: Path | None, data: str | None, kind: Any, name: str, workspace: str | None
) -> None:
    """Create an API key and show it; a secret one is never shown again."""
    settings = prepare(config, data=data)

    async def work() -> str:
        async with opened(settings) as rt, rt.db.begin() as tx:
            workspace_id = await need_workspace(tx, workspace)
            _, token = await create_key(
                tx, workspace_id=workspace_id, kind=kind, name=name, now=rt.clock()
            )
            return token

    console.print(run(work()), markup=False)


KINDS = ("customers", "orders", "events", "consents", "suppressions")
_SEPARATORS: dict[str, Separator] = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


@click.command("import")
@settings_options
@click.argument("kind", type=click.Choice([*KINDS, "auto"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "mapping", multiple=True, metavar="COLUMN=FIELD", help="Repeatable.")
@click.option("--key", "match", default=None, help="Field to match on (user_id, email, phone).")
@click.option("--empty", type=click.Choice(["keep", "clear"]), default="keep", show_default=True)
@click.option("--clear", multiple=True, metavar="COLUMN", help="Its empty cells clear. Repeatable.")
@click.option("--dates", type=click.Choice(["ymd", "dmy", "mdy"]), help="How 03.04.2026 is read.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="Sign before the cents.")
@click.option("--timezone", help="Zone of times without one (that of the workspace).")
@click.option("--encoding", type=click.Choice(get_args(Encoding)), help="As recognised.")
@click.option("--separator", type=click.Choice(list(_SEPARATORS)), help="As recognised.")
@click.option("--sheet", type=click.IntRange(min=1), help="Sheet of a workbook, from 1.")
@click.option("--event", default="", help="Name of all events of a file that has no such column.")
@click.option(
    "--effect",
    type=click.Choice(get_args(Effect)),
    help="What every row of consents or of the stop list does, where no column says it.",
)
@click.option("--means", multiple=True, metavar="WORD=EFFECT", help="What a word of statuses does.")
@click.option("--note", default="", help="How people agreed, kept as proof of consents.")
@click.option("--workspace", help="Name of the workspace, when there are several.")
@click.option("--consent", help="How and when everybody in a file of customers agreed to e-mail.")
@click.option("--lang", type=click.Choice(["en", "ru"]), default="en", help="Of the reasons.")
@click.option("--dry-run", is_flag=True, help="Only count what would happen.")
def import_command(
    config: Path | None,
    data: str | None,
    kind: Any,
    file: Path,
    mapping: tuple[str, ...],
    match: str | None,
    empty: Any,
    clear: tuple[str, ...],
    dates: Any,
    decimal: Any,
    timezone: str | None,
    encoding: Any,
    separator: str | None,
    sheet: int | None,
    event: str,
    effect: Any,
    means: tuple[str, ...],
    note: str,
    workspace: str | None,
    consent: str | None,
    lang: Any,
    dry_run: bool,
) -> None:
    """Import a file: CSV, JSON lines or XLSX, also gzipped; `auto` looks what it holds.

    Columns that --map leaves out are guessed. Exports of known mailing services need no mapping.
    """
    settings = prepare(config, data=data)
    options = ImportOptions(
        empty=empty,
        empty_of=dict.fromkeys(clear, "clear"),
        date_order=dates,
        decimal=decimal,
        event_name=event,
        effect=effect,
        effects=_pairs(means, "--means", get_args(Effect)),
        note=note,
        consent=DeclaredConsent(channel="email", note=consent) if consent else None,
    )

    async def work() -> bool:
        async with opened(settings) as rt:
            async with rt.db.begin() as tx:
                workspace_id = await need_workspace(tx, workspace)
            done: bool = await import_from_terminal(
                rt,
                workspace_id=workspace_id,
                kind=None if kind == "auto" else ImportKind(kind),
                file=file,
                mapping=_pairs(mapping, "--map"),
                match=match,
                options=options,
                timezone=timezone,
                look=Look(
                    encoding=encoding,
                    separator=_SEPARATORS[separator] if separator else None,
                    sheet=None if sheet is None else sheet - 1,
                ),
                dry_run=dry_run,
                lang=lang,
                console=console,
            )
            return done

    sys.exit(0 if run(work()) else 1)


def _pairs(given: tuple[str, ...], hint: str, known: tuple[str, ...] = ()) -> dict[str, Any]:
    pairs = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign:
            raise click.BadParameter(f"{pair!r} has no “=”", param_hint=hint)
        if known and value not in known:
            raise click.BadParameter(f"{value!r} is none of {', '.join(known)}", param_hint=hint)
        pairs[name] = value
    return pairs


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Runtime]:
    async with open_runtime(settings) as rt, rt.jobs.app.open_async():
        yield rt


async def find_workspace(tx: Tx, name: str | None) -> tuple[int, str] | None:
    found = await list_workspaces(tx)
    if name is not None:
        return next((w for w in found if w[1] == name), None)
    if len(found) > 1:
        names = ", ".join(n for _, n in found)
        raise click.UsageError(f"There are several workspaces ({names}); name one by --workspace.")
    return found[0] if found else None


async def need_workspace(tx: Tx, name: str | None) -> int:
    found = await find_workspace(tx, name)
    if found is None:
        raise click.UsageError("There is no such workspace; `otklik user create` makes one.")
    return found[0]
