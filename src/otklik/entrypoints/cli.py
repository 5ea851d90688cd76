"""The command line: one thin shell per command."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from otklik import __version__
from otklik.accounts.public import Role, create_key, create_user, create_workspace
from otklik.kit.errors import OtklikError
from otklik.kit.ids import new_token
from otklik.runtime.public import Runtime, Settings, Tx, configure_logs, load_settings

T = TypeVar("T")
console = Console(highlight=False)


class Group(click.Group):
    """Prints an anticipated error as a sentence and a next step, not as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OtklikError as error:
            hint = error.hint_text("en")
            raise click.ClickException(f"{error.text('en')}{' ' + hint if hint else ''}") from error


def settings_options(function: Any) -> Any:
    for option in (
        click.option("--config", type=click.Path(path_type=Path), help="A TOML settings file."),
        click.option("--data", help="Data folder of the embedded engines."),
    ):
        function = option(function)
    return function


def prepare(config: Path | None, **overrides: Any) -> Settings:
    settings = load_settings(file=config, overrides=overrides)
    configure_logs(form=settings.log_format, level=settings.log_level)
    return settings


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop, which about doubles the HTTP throughput."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


@click.group(cls=Group)
@click.version_option(__version__, prog_name="otklik")
def main() -> None:
    """Otklik: customers, segments, messages and honest results on one machine."""


@main.command()
@settings_options
@click.option("--host", help="Address to listen on (127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (8080).")
@click.option("--role", type=click.Choice(["all", "web", "worker"]), help="What to run (all).")
@click.option("--child", is_flag=True, hidden=True)
def up(
    config: Path | None,
    data: str | None,
    host: str | None,
    port: int | None,
    role: str | None,
    child: bool,
) -> None:
    """Start the program and run until it is told to stop."""
    from otklik.entrypoints.serve import run_up
    from otklik.entrypoints.wiring import FirstLogin

    settings = prepare(config, data=data, host=host, port=port, role=role)

    def ready(rt: Runtime, listening: int, first: FirstLogin | None) -> None:
        if settings.role == "worker":
            console.print("Otklik works in the background. Ctrl+C stops it.")
            return
        console.print(f"Otklik listens on http://{settings.host}:{listening}. Ctrl+C stops it.")
        if first is not None:
            console.print(f"First login: {first.email}, password {first.password}", markup=False)
            console.print("It is not shown again; change it in the profile menu.")
        if rt.settings.development:
            console.print("Letters stay in the built-in mail catcher; set OTKLIK_SMTP_URL to send.")

    run(run_up(settings, child=child, ready=ready))


@main.command()
@click.option("--data", default="var/demo", show_default=True, help="Folder; it is emptied first.")
@click.option("--port", type=int, default=8080, show_default=True, help="Port to listen on.")
@click.option("--exit", "leave", is_flag=True, help="Stop after the report.")
def demo(data: str, port: int, leave: bool) -> None:
    """Run the main job on real orders and verify every step of it."""
    from otklik.entrypoints.demo.run import run_demo

    sys.exit(run(run_demo(data=Path(data), port=port, leave=leave, console=console)))


@main.command()
@settings_options
def migrate(config: Path | None, data: str | None) -> None:
    """Bring the schemas of both engines up to date."""
    from otklik.entrypoints.process import migrate as migrate_engines
    from otklik.entrypoints.process import open_engines

    settings = prepare(config, data=data)

    async def work() -> None:
        async with open_engines(settings) as urls:
            await migrate_engines(urls)

    run(work())
    console.print("Both schemas are up to date.")


@main.group()
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


@main.group()
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


@main.command("import")
@settings_options
@click.argument("kind", type=click.Choice(["customers", "orders"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "mapping", multiple=True, metavar="COLUMN=FIELD", help="Repeatable.")
@click.option("--key", "match", default=None, help="Field to match on (user_id, email, phone).")
@click.option("--empty", type=click.Choice(["keep", "clear"]), default="keep", show_default=True)
@click.option("--workspace", help="Name of the workspace, when there are several.")
@click.option("--consent", help="How and when everybody in the file agreed to e-mail.")
@click.option("--dry-run", is_flag=True, help="Only count what would happen.")
def import_command(
    config: Path | None,
    data: str | None,
    kind: Any,
    file: Path,
    mapping: tuple[str, ...],
    match: str | None,
    empty: Any,
    workspace: str | None,
    consent: str | None,
    dry_run: bool,
) -> None:
    """Import customers or orders from a CSV file. Columns that --map leaves out are guessed."""
    from otklik.entrypoints.importing import import_from_terminal
    from otklik.ingestion.public import DeclaredConsent

    settings = prepare(config, data=data)
    pairs = {}
    for pair in mapping:
        column, sign, field = pair.partition("=")
        if not sign:
            raise click.BadParameter(f"{pair!r} has no “=”; write COLUMN=FIELD", param_hint="--map")
        pairs[column] = field

    async def work() -> bool:
        async with opened(settings) as rt:
            async with rt.db.begin() as tx:
                workspace_id = await need_workspace(tx, workspace)
            done: bool = await import_from_terminal(
                rt,
                workspace_id=workspace_id,
                kind=kind,
                file=file,
                mapping=pairs,
                match=match,
                empty=empty,
                dry_run=dry_run,
                consent=DeclaredConsent(channel="email", note=consent) if consent else None,
                console=console,
            )
            return done

    sys.exit(0 if run(work()) else 1)


@main.command()
@settings_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(config: Path | None, data: str | None, as_json: bool) -> None:
    """Check engines, disk, clock and the DNS of the sending domains, and say what to do."""
    from otklik.entrypoints.doctor import examine

    settings = prepare(config, data=data)
    findings = run(examine(settings))
    if as_json:
        click.echo(json.dumps([f.as_dict() for f in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            mark = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "bad": "[red]bad [/]"}
            console.print(f"{mark[finding.level]} {finding.subject}: {finding.found}")
            if finding.advice:
                console.print(f"       {finding.advice}", style="dim")
    sys.exit(1 if any(f.level == "bad" for f in findings) else 0)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Runtime]:
    from otklik.entrypoints.process import open_runtime

    async with open_runtime(settings) as rt, rt.jobs.app.open_async():
        yield rt


async def find_workspace(tx: Tx, name: str | None) -> tuple[int, str] | None:
    from otklik.accounts.public import list_workspaces

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


if __name__ == "__main__":
    main()
