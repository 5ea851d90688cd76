"""What styles may hold in AMP for Email, as tables (the rules of `data-css-strict`).

Source: the AMP4EMAIL rules of validator-css in github.com/ampproject/amphtml
(EMAIL_SPECIFIC_DECLARATIONS, “style amp-custom (css-strict)”). A document without
`data-css-strict` is held to the at-rules, the addresses and the grammar alone.
"""

from __future__ import annotations

from typing import Final

from otklik.content.amp.rules import words

PROPERTIES: Final = words(
    "-moz-appearance -webkit-appearance -webkit-tap-highlight-color align-content align-items "
    "align-self appearance aspect-ratio azimuth background background-attachment "
    "background-blend-mode background-clip background-color background-image background-origin "
    "background-position background-repeat background-size border border-bottom "
    "border-bottom-color border-bottom-left-radius border-bottom-right-radius border-bottom-style "
    "border-bottom-width border-collapse border-color border-left border-left-color "
    "border-left-style border-left-width border-radius border-right border-right-color "
    "border-right-style border-right-width border-spacing border-style border-top border-top-color "
    "border-top-left-radius border-top-right-radius border-top-style border-top-width border-width "
    "bottom box-shadow box-sizing break-after break-before break-inside caption-side caret-color "
    "clear color color-adjust column-count column-fill column-gap column-rule column-rule-color "
    "column-rule-style column-rule-width column-span column-width columns counter-increment "
    "counter-reset cursor direction display elevation empty-cells filter flex flex-basis "
    "flex-direction flex-flow flex-grow flex-shrink flex-wrap float font font-family "
    "font-feature-settings font-kerning font-size font-size-adjust font-stretch font-style "
    "font-synthesis font-variant font-variant-alternates font-variant-caps font-variant-east-asian "
    "font-variant-ligatures font-variant-numeric font-variation-settings font-weight gap grid "
    "grid-area grid-auto-columns grid-auto-flow grid-auto-rows grid-column grid-column-end "
    "grid-column-start grid-row grid-row-end grid-row-start grid-template grid-template-areas "
    "grid-template-columns grid-template-rows height hyphens image-orientation image-resolution "
    "inline-size isolation justify-content justify-items justify-self left letter-spacing "
    "line-break line-height list-style list-style-position list-style-type margin margin-bottom "
    "margin-left margin-right margin-top max-height max-width min-height min-width mix-blend-mode "
    "object-fit object-position offset-distance opacity order outline outline-color outline-offset "
    "outline-style outline-width overflow overflow-wrap overflow-x overflow-y padding "
    "padding-bottom padding-left padding-right padding-top pause pause-after pause-before "
    "perspective perspective-origin pitch pitch-range place-items position quotes resize richness "
    "right row-gap speak speak-header speak-numeral speak-punctuation speech-rate stress "
    "table-layout text-align text-align-last text-combine-upright text-decoration "
    "text-decoration-color text-decoration-line text-decoration-skip text-decoration-style "
    "text-emphasis text-emphasis-color text-emphasis-position text-emphasis-style text-indent "
    "text-justify text-orientation text-overflow text-shadow text-transform "
    "text-underline-position top transform transform-box transform-origin transform-style "
    "transition transition-delay transition-duration transition-property "
    "transition-timing-function unicode-bidi vertical-align visibility voice-family white-space "
    "width word-break word-spacing word-wrap writing-mode z-index"
)
# A number, a time, and how a transition runs.
_NUMBER = r"[-+]?(?:[0-9]+|[0-9]*\.[0-9]+)"
_TIME = rf"{_NUMBER}(?:e[-+]?[0-9]+)?m?s"
_RUNS = (
    rf"(?:linear|ease(?:-in|-out|-in-out)?|cubic-bezier\( *{_NUMBER}(?:, *{_NUMBER}){{3}} *\)"
    r"|step-start|step-end"
    r"|steps\( *[-+]?[0-9]+(?:, *(?:jump-start|jump-end|jump-none|jump-both|start|end))? *\))"
)
_MOVING = "(?:none|offset-distance|opacity|transform|visibility)"
_MOVES = rf"{_MOVING}(?: *{_TIME}(?: *{_RUNS}(?: *{_TIME})?)?)?"
_COLOUR = r"(?:rgb|rgba|hsl|hsla)\([^()]*\)"
_PART = rf"(?:{_COLOUR}|[^() ]+)"
_FILTER = (
    "(?:blur|brightness|contrast|drop-shadow|grayscale|hue-rotate|invert|opacity|saturate|sepia)"
)
VALUES: Final[dict[str, str]] = {
    "cursor": "initial|pointer",
    "filter": rf" *(?:{_FILTER}\( *(?:{_PART}(?: +{_PART})* *)?\) *)*",
    "transition": rf" *(?:initial|unset|{_MOVES}(?: *, *{_MOVES})*) *",
    "transition-property": rf" *(?:initial|unset|{_MOVING}(?: *, *{_MOVING})*) *",
    "visibility": "hidden|initial|visible",
    "z-index": "[-+]?(?:0|100|[1-9][0-9]?)",
}
"""Values of the properties that take few: expressions that must match the whole value."""
VALUE_HINTS: Final[dict[str, str]] = {
    "cursor": "pointer, initial",
    "filter": "blur(…), …; no none, no url()",
    "transition": "opacity, transform, visibility, offset-distance",
    "transition-property": "opacity, transform, visibility, offset-distance",
    "visibility": "hidden, visible, initial",
    "z-index": "-100 … 100",
}
STAYING: Final = words("absolute inherit initial relative static")
"""What `position` may be for it to have an effect; validators let the others pass."""
PSEUDO_CLASSES: Final = words(
    "active checked default disabled empty enabled first-child first-of-type focus focus-within "
    "hover in-range indeterminate invalid last-child last-of-type not nth-child nth-last-child "
    "nth-last-of-type nth-of-type only-child only-of-type optional out-of-range read-only "
    "read-write required valid"
)
SELECTOR_ATTRIBUTES: Final = words(
    "active alt autocomplete autoexpand checked class controls dir disabled expanded fallback "
    "fetch-error height hidden id items layout name noloading novalidate open option overflow "
    "placeholder readonly required role scrollable selected side sizes submit-error submit-success "
    "submitting title type value width"
)
MEDIA_TYPES: Final = words("all screen")
MEDIA_FEATURES: Final = words(
    "device-width hover max-device-width max-resolution max-width min-device-width min-resolution "
    "min-width orientation pointer resolution width"
)
