"""Put the page of /api/docs together: our own three files and two of swagger-ui-dist.

Called by `tools/ui.py build`. The result in src/otklik/static/apidocs is served as it lies there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
PAGE = WEB / "apidocs"
STATIC = ROOT / "src" / "otklik" / "static" / "apidocs"

OWN = ("index.html", "init.js", "page.css")
# The licences travel with the files.
TAKEN = (
    "swagger-ui-bundle.js",
    "swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui.css",
    "LICENSE",
    "NOTICE",
)


def build_apidocs(install: Callable[[], None]) -> None:
    """Build the page unless it is built from the same sources; `install` fetches the packages."""
    stamp = STATIC / ".stamp"
    value = digest()
    if stamp.exists() and stamp.read_text() == value:
        return
    install()
    write(distribution())
    stamp.write_text(value)


def digest() -> str:
    total = hashlib.sha256()
    for path in (Path(__file__), PAGE / "package.json", *(PAGE / name for name in OWN)):
        total.update(path.read_bytes())
    return total.hexdigest()


def distribution() -> Path:
    """Return the folder of the package, wherever npm's workspaces have put it."""
    for home in (PAGE, WEB):
        found = home / "node_modules" / "swagger-ui-dist"
        if found.exists():
            return found
    raise SystemExit("swagger-ui-dist is not installed: is `apidocs` a workspace of web/?")


def write(dist: Path) -> None:
    """Write the page from the package in `dist`."""
    version = json.loads((dist / "package.json").read_text("utf-8"))["version"]
    if STATIC.exists():
        shutil.rmtree(STATIC)
    STATIC.mkdir(parents=True)
    for name in TAKEN:
        shutil.copyfile(dist / name, STATIC / name)
    for name in OWN:
        shutil.copyfile(PAGE / name, STATIC / name)
    index = STATIC / "index.html"
    # With the version in its address a file may be kept by browsers for ever.
    index.write_text(index.read_text("utf-8").replace("{version}", version), "utf-8")
