"""Install the Node clients that the tests of the event API drive, when their lock has changed."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tools import ui  # noqa: E402 (found by the line above)

FOLDER = ROOT / "tests" / "clients" / "node"


def main() -> None:
    stamp = FOLDER / "node_modules" / ".lock-sha256"
    value = ui.digest(iter([FOLDER / "package-lock.json"]))
    if ui.is_stamped(stamp, value):
        return
    npm = ui.node_home() / "lib/node_modules/npm/bin/npm-cli.js"
    ui.node(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=FOLDER)
    stamp.write_text(value)


if __name__ == "__main__":
    main()
