"""Compare our check of AMP parts with the official validator, and keep what the latter says.

    python -m tools.amp_official FOLDER            figures, and every document they disagree on
    python -m tools.amp_official FOLDER --write    keep the verdicts for the tests

FOLDER holds `validator_wasm.js`, the validator of github.com/ampproject/amphtml. Its own package
fetches that file from the network when it runs; the npm package `next` (15.1 to 15.5) carries one
in `dist/compiled/amphtml-validator`: `npm pack next@15.5`, unpack, and name that folder. Node is
needed too. Neither belongs to the product.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from otklik.content.amp import check, rules
from otklik.content.amp.components import COMPONENTS, SCRIPTS
from otklik.content.amp.texts import BREAKING
from tests.content import amp_fragments as fragments
from tests.content.amp_corpus import Document, documents

VERDICTS = Path(__file__).parents[1] / "tests/content/amp_official.json"
WHOLE = {
    *("amp_missing", "amp_html_mark", "amp_doctype", "amp_too_large", "amp_style_too_large"),
    *("amp_body", "amp_self_closed", "amp_script_unused"),
}
"""Codes that concern the whole document: the lines of both are not compared."""
_RUN = """
const fs = require("fs");
require("vm").runInThisContext(fs.readFileSync(process.argv[1], "utf8"));
amp.validator.init().then(() => {
  const said = JSON.parse(fs.readFileSync(0, "utf8")).map((one) =>
    amp.validator.validateString(one, "AMP4EMAIL").errors
      .filter((error) => error.severity === "ERROR")
      .map((error) => [error.line, error.code, error.params.join(", ")]));
  console.log(JSON.stringify(said));
});
"""


class Verdict(NamedTuple):
    """`lines` of what is refused; none: the document is fine. `codes` are the validator's own."""

    lines: list[int]
    codes: list[str]


def official(folder: Path, sent: Sequence[str]) -> list[Verdict]:
    """Return what the official validator says of finished documents."""
    done = subprocess.run(
        [shutil.which("node") or "node", "-e", _RUN, str(folder / "validator_wasm.js")],
        input=json.dumps(list(sent)),
        capture_output=True,
        text=True,
        check=True,
    )
    said: list[list[list[Any]]] = json.loads(done.stdout)
    return [
        Verdict(sorted({one[0] for one in errors}), [f"{one[1]} ({one[2]})" for one in errors])
        for errors in said
    ]


def ours(source: str) -> tuple[list[int], list[str], bool]:
    """Return the lines and codes of what we refuse, and whether the lines can be compared."""
    found = [one for one in check.check_amp(source) if one.code in BREAKING]
    lines = sorted({one.line or 1 for one in found})
    return lines, [one.code for one in found], all(one.code not in WHOLE for one in found)


# --- Every tag with every attribute ---

_AROUND = {
    **dict.fromkeys(("td", "th"), "<table><tr>%s</tr></table>"),
    **dict.fromkeys(("tr", "tbody", "thead", "tfoot", "caption", "colgroup"), "<table>%s</table>"),
    "col": "<table><colgroup>%s</colgroup></table>",
    **dict.fromkeys(("option", "optgroup"), "<select>%s</select>"),
    "summary": "<details>%s</details>",
}
_ALONE = {"html", "head", "body", "script", "style", "title", "template", "meta", "form"}
_MORE = (
    "acronym big center dir dialog embed font hgroup iframe img keygen marquee object picture rtc "
    "strike svg tt video amp-ad amp-iframe amp-pixel amp-video"
)
_ODD = (
    "action alt background contenteditable crossorigin defer face formaction frame frameborder "
    "inputmode is itemid list loading nonce nowrap onclick onload ping poster rules srcset usemap "
    "xmlns action-xhr amp-fx access-hide autofocus autoscroll subscriptions-action toolbar "
    "next-page-hide custom-element data-foo data-amp-bind-text i-amphtml-layout on-error "
    "open-button dots defaulttext is-layout-container verify-error fetch-error enterkeyhint"
)


def matrix() -> list[tuple[str, list[str], str]]:
    """Return (tag, attributes, document): in the document a tag a line, each with one of them."""
    attributes = set(_ODD.split()) | rules.GLOBAL | rules.LAYOUT | rules.CHOICE
    for own in [*rules.TAGS.values(), *(one.attributes for one in COMPONENTS.values())]:
        attributes |= own
    for bound in rules.BOUND.values():
        attributes |= {f"[{name}]" for name in bound}
    attributes |= {"[class]", "[text]", "[hidden]", "[href]", "[src]", "[aria-label]"}
    names = sorted(attributes)
    values = {"style": "color:red", "on": "tap:AMP.setState()"}
    values |= dict.fromkeys(("href", "src", "action-xhr"), "https://a.ru")
    void = {"br", "hr", "input", "col", "wbr", "img", "embed", "keygen"}
    found = []
    for tag in sorted({*rules.TAGS, *COMPONENTS, *_MORE.split()} - _ALONE):
        needed = fragments.NEEDED.get(tag, "")
        component = COMPONENTS.get(tag)
        if component is not None and component.layouts and "container" not in component.layouts:
            is_box = "fixed" in component.layouts
            needed += " width=1 height=1" if is_box else " layout=nodisplay"
        lines = []
        for name in names:
            given = f"{name}='{values[name]}'" if name in values else name
            given = "" if f" {name}=" in f" {needed}" else given
            lines.append(f"<{tag} {needed} {given}>" + ("" if tag in void else f"</{tag}>"))
        body = _AROUND.get(tag, "%s") % ("\n" + "\n".join(lines) + "\n")
        document = fragments.part(body + fragments.USERS, scripts=tuple(sorted(SCRIPTS)))
        found.append((tag, names, document))
    return found


def compare_matrix(folder: Path) -> Counter[str]:
    count: Counter[str] = Counter()
    check.FOUND_MAX = 10**9
    all_of = matrix()
    for (tag, names, document), said in zip(
        all_of, official(folder, [one[2] for one in all_of]), strict=True
    ):
        begins = document.split("\n").index("<body>") + 3
        refused = set(ours(document)[0])
        for place, name in enumerate(names):
            line = begins + place
            key = _key(line in said.lines, line in refused)
            count[key] += 1
            if key != "agree":
                print(f"{key}: <{tag} {name}>")
    return count


def _key(refused: bool, by_us: bool) -> str:
    if refused == by_us:
        return "agree"
    return "we accept, it refuses" if refused else "we refuse, it accepts"


def compare(corpus: Sequence[Document], said: Sequence[Verdict]) -> Counter[str]:
    count: Counter[str] = Counter()
    for one, verdict in zip(corpus, said, strict=True):
        lines, codes, comparable = ours(one.source)
        key = _key(bool(verdict.lines), bool(lines))
        count[key] += 1
        if key != "agree":
            print(f"{key}: {one.name[:150]!r}\n    {verdict.codes[:3]}\n    {codes[:3]}")
        elif lines and comparable:
            same = lines[0] == verdict.lines[0]
            count["first line the same" if same else "first line another"] += 1
            if not same:
                print(f"line: {one.name[:150]!r}\n    {verdict} \n    {lines} {codes[:3]}")
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="keep the verdicts for the tests")
    given = parser.parse_args(arguments)
    if not (given.folder / "validator_wasm.js").exists() or shutil.which("node") is None:
        print("Node or validator_wasm.js is missing: nothing is compared. See the top of the file.")
        return 2
    corpus = documents()
    said = official(given.folder, [one.sent for one in corpus])
    figures = compare(corpus, said)
    of_matrix = compare_matrix(given.folder)
    print(f"documents: {len(corpus)}, refused {sum(bool(one.lines) for one in said)}: {figures}")
    print(f"tags with attributes: {of_matrix.total()}: {of_matrix}")
    if given.write:
        kept = {one.key: verdict.lines for one, verdict in zip(corpus, said, strict=True)}
        text = ",\n".join(f"{json.dumps(key)}: {json.dumps(kept[key])}" for key in sorted(kept))
        VERDICTS.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")
    return 0 if set(figures) | set(of_matrix) <= {"agree", "first line the same"} else 1


if __name__ == "__main__":
    sys.exit(main())
