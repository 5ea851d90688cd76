"""The command line: one thin shell per command.

Imports stay inside the commands: `up` starts the engines before it loads the rest of the program.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otklik import __version__
from otklik.entrypoints.terminal import Group, console, prepare, run, settings_options

if TYPE_CHECKING:
    from otklik.entrypoints.wiring import FirstLogin
    from otklik.runtime.public import Runtime


@click.group(
    cls=Group,
    elsewhere={
        "catalog": "otklik.entrypoints.catalog_check:catalog",
        "import": "otklik.entrypoints.commands:import_command",
        "key": "otklik.entrypoints.commands:key",
        "mail": "otklik.entrypoints.mail_check:mail",
        "user": "otklik.entrypoints.commands:user",
    },
)
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
    from otklik.entrypoints.up import run_up

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
    from otklik.entrypoints.engines import open_engines
    from otklik.entrypoints.process import migrate as migrate_engines

    settings = prepare(config, data=data)

    async def work() -> None:
        async with open_engines(settings) as urls:
            await migrate_engines(urls)

    run(work())
    console.print("Both schemas are up to date.")


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


if __name__ == "__main__":
    main()
