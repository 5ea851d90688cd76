"""Builds the interface into the package when a wheel or an sdist is made.

Skipped for editable installs and when OTKLIK_SKIP_UI is set: a developer builds it by
`python tools/ui.py build`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class InterfaceHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or os.environ.get("OTKLIK_SKIP_UI"):
            return
        # An sdist carries the built interface, and a wheel made from it has no sources to build.
        if not (Path(self.root) / "web" / "admin" / "src").exists():
            return
        subprocess.run([sys.executable, "tools/ui.py", "build"], cwd=self.root, check=True)
