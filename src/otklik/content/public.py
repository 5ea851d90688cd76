"""The door of content.

    letter = await get_letter(tx, workspace_id=1, letter_id=...)
    compiled = compile_letter(letter.as_source)        # once per variant; raises LetterBroken
    context = letter_context(customer={...}, workspace={...}, unsubscribe_url=..., campaign={...})
    rendered = render(compiled, context, Tracking(link=..., pixel_url=...))   # per person, pure
    problems = check_letter(letter.as_source, known=known_variables(traits))   # for launch checks

`compile_letter` and `render` are pure: no database, no network, no disk. A compiled letter is
immutable, may be shared by threads and should be kept for the whole mailing.
"""

from otklik.content.engine.checks import check_letter
from otklik.content.engine.compiler import CompiledLetter, compile_letter
from otklik.content.engine.renderer import render
from otklik.content.engine.variables import (
    KnownVariables,
    known_variables,
    letter_context,
)
from otklik.content.errors import (
    LetterBroken,
    LetterInUse,
    LetterNotFound,
    RenderFailed,
    TrialImpossible,
)
from otklik.content.model import (
    Letter,
    LetterKind,
    LetterProblem,
    LetterSource,
    Limits,
    Link,
    Mixture,
    Reference,
    Rendered,
    Tracking,
)
from otklik.content.operations import create_letter
from otklik.content.queries import get_letter, list_letters
from otklik.content.starters import Starter, starters
from otklik.content.trial import TrialLetter, TrialMailer, TrialResult, use_trial_mailer
from otklik.content.usage import use_letter_usage

__all__ = [
    "CompiledLetter",
    "KnownVariables",
    "Letter",
    "LetterBroken",
    "LetterInUse",
    "LetterKind",
    "LetterNotFound",
    "LetterProblem",
    "LetterSource",
    "Limits",
    "Link",
    "Mixture",
    "Reference",
    "RenderFailed",
    "Rendered",
    "Starter",
    "Tracking",
    "TrialImpossible",
    "TrialLetter",
    "TrialMailer",
    "TrialResult",
    "check_letter",
    "compile_letter",
    "create_letter",
    "get_letter",
    "known_variables",
    "letter_context",
    "list_letters",
    "render",
    "starters",
    "use_letter_usage",
    "use_trial_mailer",
]
