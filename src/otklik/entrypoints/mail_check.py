"""Commands that look at mails. They need no installation: nothing is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

# Not by the door of the channel: that loads the engines, which a look at a mail does not need.
from otklik.channels.email.verdicts import MAIL_BYTES, judge_return


@click.group()
def mail() -> None:
    """Mails that came back."""


@mail.command("classify")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def mail_classify(files: tuple[Path, ...]) -> None:
    """Judge returned mails: bounces, complaints, automatic replies; a line of JSON per FILE.

    Each line has `file` and `recipients` with `address`, `verdict` (hard, soft, complaint,
    auto_reply, none), `status` and `reason`. A mail that is nothing of these has no recipients. A
    file that can't be read gets a line with `error`, and the rest goes on.
    """
    for file in files:
        click.echo(json.dumps(_line(file), ensure_ascii=False))


def _line(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAIL_BYTES)
    except OSError as error:
        return {"file": str(file), "recipients": [], "error": error.strerror or str(error)}
    return {
        "file": str(file),
        "recipients": [
            {
                "address": verdict.address,
                "verdict": verdict.verdict.value,
                "status": verdict.status,
                "reason": verdict.reason.value,
            }
            for verdict in judge_return(data).recipients
        ],
    }
