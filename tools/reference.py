"""Write the reference pages that are made from the code: settings, command line, events of the bus.

`python tools/reference.py` writes them; a house test fails when they are out of date.
"""

from __future__ import annotations

import ast
import inspect
import itertools
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from otklik.entrypoints.cli import main as cli
from otklik.runtime import settings as settings_module
from otklik.runtime.settings import SECRETS, Settings, setting_names

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Read once at start, from a TOML file (`--config FILE` or `OTKLIK_CONFIG`) and from the",
        "environment, which wins. A secret may also come from a file: `OTKLIK_SMTP_URL_FILE=…`.",
        "An unknown setting or a wrong value is refused at start with what is allowed.",
        "",
        "| environment | TOML | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for env, path, default in setting_names():
        shown = "none" if default is None else f"`{default}`"
        secret = " Secret." if path in SECRETS else ""
        lines.append(f"| `{env}` | `{path}` | {shown} | {_meaning(path)}{secret} |")
    return "\n".join(lines) + "\n"


def _meaning(path: str) -> str:
    owner: Any = Settings
    *groups, name = path.split(".")
    for group in groups:
        owner = type(next(f for f in msgspec.structs.fields(owner) if f.name == group).default)
    field = next(f for f in msgspec.structs.fields(owner) if f.name == name)
    text = _docstrings(owner)[name]
    choices = [a for a in get_args(field.type) if isinstance(a, str)]
    if choices:
        text += f" One of {', '.join(choices)}."
    return text


def _docstrings(owner: type) -> dict[str, str]:
    tree = ast.parse(inspect.getsource(settings_module))
    body = next(
        n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == owner.__name__
    ).body
    found: dict[str, str] = {}
    for field, text in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def cli_page() -> str:
    lines = ["# Command line", "", "`otklik COMMAND --help` says the same.", ""]
    for name, command in _commands(cli, ""):
        lines += [f"## otklik {name}", "", (command.help or "").strip(), ""]
        options = [p for p in command.params if not getattr(p, "hidden", False)]
        if options:
            lines += ["| option | meaning |", "| --- | --- |"]
            for option in options:
                spelled = ", ".join(option.opts) if option.opts else option.name
                kind = (
                    f" ({'|'.join(option.type.choices)})"
                    if isinstance(option.type, click.Choice)
                    else ""
                )
                lines.append(f"| `{spelled}`{kind} | {getattr(option, 'help', None) or ''} |")
            lines.append("")
    return "\n".join(lines)


def _commands(group: click.Group, prefix: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found += _commands(command, f"{prefix}{name} ")
        elif command is not None:
            found.append((f"{prefix}{name}", command))
    return found


PAGES = {"settings.md": settings_page, "cli.md": cli_page}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        print(f"wrote docs/reference/{name}")


if __name__ == "__main__":
    main()
