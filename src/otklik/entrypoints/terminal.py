"""What every command shares: the terminal, the settings, and errors as sentences."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from otklik.kit.errors import OtklikError
from otklik.runtime.logs import configure_logs
from otklik.runtime.settings import Settings, load_settings

T = TypeVar("T")
console = Console(highlight=False)


class Group(click.Group):
    """Prints an anticipated error as a sentence and a next step, not as a traceback.

    `elsewhere` maps names of commands to "module:attribute"; the module is loaded when its command
    is wanted.
    """

    def __init__(self, *args: Any, elsewhere: dict[str, str] | None = None, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._elsewhere = elsewhere or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self._elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._elsewhere:
            return super().get_command(ctx, cmd_name)
        module, _, name = self._elsewhere[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

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
