"""Commands that look at product feeds. They need no installation: nothing is stored."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import msgspec

from otklik.catalog.public import check_any_file


@click.group()
def catalog() -> None:
    """Product feeds of shops."""


@catalog.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def catalog_check(file: Path) -> None:
    """Print as JSON what a product feed, or a file of 1C, holds and what is wrong in it.

    Ends with 1 when it is refused.
    """
    report = check_any_file(file)
    click.echo(json.dumps(msgspec.to_builtins(report), ensure_ascii=False, indent=2))
    sys.exit(1 if report.refused else 0)
