"""Run all benchmarks, or those named on the command line: `python -m benchmarks [name …]`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.harness import machine

ROWS = sorted(
    file.stem
    for file in Path(__file__).parent.glob("*.py")
    if file.stem not in {"__init__", "__main__", "harness"}
)


def main() -> int:
    wanted = sys.argv[1:] or ROWS
    unknown = [name for name in wanted if name not in ROWS]
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}. There are: {', '.join(ROWS)}.")
        return 2
    print(machine())
    for name in wanted:
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
