"""The condition tree: what a definition of a segment may say, as a closed set of structs.

The JSON form is the form of these structs: `kind` names a node, `op` names a test. Anything else
is refused by `otklik.rules.parse`; only trees that it returned may be compiled or evaluated.
The meaning of each word is in docs/reference/segments.md.
"""

from __future__ import annotations

import msgspec

from otklik.rules.tree.limits import *  # noqa: F403 - the four files are one vocabulary, `tree.…`
from otklik.rules.tree.nodes import *  # noqa: F403 - the same
from otklik.rules.tree.nodes import Node
from otklik.rules.tree.tests import *  # noqa: F403 - the same
from otklik.rules.tree.windows import *  # noqa: F403 - the same


def to_builtins(node: Node) -> dict[str, object]:
    """Return the JSON form with every default written out, as it is stored."""
    result: dict[str, object] = msgspec.to_builtins(node)
    return result
