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
    await list_articles(tx, workspace_id=1, feed_ids=[...], since=...)  # items, each for whom
    names_articles(letter.as_source)                   # may it ask for items of feeds?
    names = named_events(letter.as_source, compiled)   # whose latest ones does it speak of?
    await letter_events(rt, workspace_id=1, profile_ids=[...], names=names, now=now)

`compile_letter` and `render` are pure: no database, no network, no disk. A compiled letter is
immutable, may be shared by threads and should be kept for the whole mailing.
"""

from otklik.content.amp.forms import (
    AnswerField,
    AnswerForm,
    NotAnswered,
    answer_forms,
    read_answer,
)
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
from otklik.content.events import letter_events, named_events
from otklik.content.feeds.jobs import FRESH_ENOUGH, refresh_feed
from otklik.content.feeds.model import variables_of
from otklik.content.feeds.queries import (
    ContentFeedTrouble,
    FeedArticle,
    content_feed_troubles,
    feed_keys,
    list_articles,
    mapped_topics,
)
from otklik.content.feeds.readers import letter_articles, names_articles, topics_in
from otklik.content.feeds.usage import use_feed_usage
from otklik.content.gaps import BarePlace, TraitGap, bare_places, bare_traits, trait_gaps
from otklik.content.mapped import LinkPlace, MappedLetter, map_letter
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
from otklik.content.preview import preview_context, sample_customer, sample_orders
from otklik.content.queries import letters_changed_at, list_letters
from otklik.content.ready import get_letter
from otklik.content.remade import remake_letter
from otklik.content.shown import show_letter, try_letter
from otklik.content.starter import Starter
from otklik.content.starters import starters
from otklik.content.traits import traits_of_letters
from otklik.content.trial import TrialLetter, TrialMailer, TrialResult, use_trial_mailer
from otklik.content.usage import use_letter_usage
from otklik.content.variables import letter_names, use_trait_titles

__all__ = [
    "FRESH_ENOUGH",
    "AnswerField",
    "AnswerForm",
    "BarePlace",
    "CompiledLetter",
    "ContentFeedTrouble",
    "FeedArticle",
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
    "LinkPlace",
    "MappedLetter",
    "Mixture",
    "NotAnswered",
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
    "answer_forms",
    "bare_places",
    "bare_traits",
    "check_letter",
    "compile_letter",
    "content_feed_troubles",
    "create_letter",
    "feed_keys",
    "get_brand_kit",
    "get_letter",
    "known_variables",
    "letter_articles",
    "letter_context",
    "letter_events",
    "letter_names",
    "letter_people",
    "letters_changed_at",
    "list_articles",
    "list_letters",
    "map_letter",
    "mapped_topics",
    "named_events",
    "names_articles",
    "preview_context",
    "read_answer",
    "refresh_feed",
    "remake_letter",
    "render",
    "sample_customer",
    "sample_orders",
    "show_letter",
    "starters",
    "topics_in",
    "trait_gaps",
    "traits_of_letters",
    "try_letter",
    "use_feed_usage",
    "use_letter_usage",
    "use_trait_titles",
    "use_trial_mailer",
    "variables_of",
]
