"""The door of content.

    letter = await get_letter(tx, workspace_id=1, letter_id=...)   # as it would be sent now
    compiled = compile_letter(letter.as_source)        # once per variant; raises LetterBroken
    people = await letter_people(tx, workspace_id=1, profile_ids=[...],
                                 with_orders=compiled.names_orders)
    context = letter_context(**people[7], workspace={...}, unsubscribe_url=..., campaign={...})
    rendered = render(compiled, context, Tracking(link=..., pixel_url=...))   # per person, pure
    problems = check_letter(letter.as_source, known=await letter_names(tx, workspace_id=1))
    gaps = await trait_gaps(rt, workspace_id=1, traits=bare_traits(compiled), among=ids)
    traits_of_letters(tx, workspace_id=1) -> [(id, name, traits)]    # who uses a trait

`compile_letter` and `render` are pure: no database, no network, no disk. A compiled letter is
immutable, may be shared by threads and should be kept for the whole mailing.
"""

from otklik.content.blocks.kept import get_brand_kit
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
from otklik.content.gaps import TraitGap, bare_traits, trait_gaps
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
from otklik.content.people import letter_people
from otklik.content.queries import list_letters
from otklik.content.ready import get_letter
from otklik.content.starter import Starter
from otklik.content.starters import starters
from otklik.content.traits import traits_of_letters
from otklik.content.trial import TrialLetter, TrialMailer, TrialResult, use_trial_mailer
from otklik.content.usage import use_letter_usage
from otklik.content.variables import letter_names, use_trait_titles

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
    "TraitGap",
    "TrialImpossible",
    "TrialLetter",
    "TrialMailer",
    "TrialResult",
    "bare_traits",
    "check_letter",
    "compile_letter",
    "create_letter",
    "get_brand_kit",
    "get_letter",
    "known_variables",
    "letter_context",
    "letter_names",
    "letter_people",
    "list_letters",
    "render",
    "starters",
    "trait_gaps",
    "traits_of_letters",
    "use_letter_usage",
    "use_trait_titles",
    "use_trial_mailer",
]
