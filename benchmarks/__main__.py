"""Run all benchmarks, or those named on the command line: `python -m benchmarks [name …]`.

Arguments like `--hold=300` are for the benchmark that knows them.
"""

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
    wanted = [one for one in sys.argv[1:] if not one.startswith("--")] or ROWS
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
