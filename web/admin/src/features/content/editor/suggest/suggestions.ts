/** What is offered while Liquid is written in a line or a text, and what stands there when it is taken. */

import type { LetterVariable } from '../../../../lib/api/types'
import { optionsAt, placeOf, type Say } from '../completion'
import { withLoops } from '../loops'

export interface Suggestion {
  label: string
  detail?: string | undefined
  /** What comes in the place of what was typed. */
  text: string
}
export interface Suggestions {
  /** Where what was typed begins. */
  from: number
  items: Suggestion[]
}

const SHOWN_MAX = 8

/** `before`: the text up to the cursor. Null: nothing is to be offered here. */
export function suggestionsAt(before: string, variables: LetterVariable[], say: Say): Suggestions | null {
  const place = placeOf(before)
  if (!place) return null
  const typed = place.typed.toLowerCase()
  const found = optionsAt(place.kind, withLoops(before, variables), say)
    .map((option) => ({ option, rank: rankOf(option, typed) }))
    .filter(({ rank }) => rank < NOWHERE)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, SHOWN_MAX)
  const items = found.map(({ option: { label, apply, detail } }) => ({ label, detail, text: apply ?? label }))
  // What is written out already is not offered once more.
  if (items.length === 0 || (items.length === 1 && items[0]?.text === place.typed)) return null
  return { from: before.length - place.typed.length, items }
}

const NOWHERE = 3

/** Names that begin so stand first, then those with a step that does, then those that have it anywhere. */
function rankOf({ label, detail }: { label: string; detail?: string | undefined }, typed: string): number {
  const name = label.toLowerCase()
  if (name.startsWith(typed)) return 0
  if (name.split(/[.["]+/).some((step) => step.startsWith(typed))) return 1
  return name.includes(typed) || detail?.toLowerCase().includes(typed) ? 2 : NOWHERE
}

/** The text with a suggestion in it, and where the cursor is then; braces that are open are closed. */
export function withSuggestion(
  text: string,
  caret: number,
  from: number,
  suggestion: Suggestion,
): { text: string; caret: number } {
  const head = text.slice(0, from)
  const tail = text.slice(caret)
  const isTag = head.lastIndexOf('{%') > head.lastIndexOf('{{')
  const close = isTag ? '%}' : '}}'
  const space = /\{[{%]-?$/.test(head) ? ' ' : ''
  const closesLater = /^[^{]*[}%]\}/.test(tail)
  const put = head + space + suggestion.text
  return { text: put + (closesLater ? '' : ` ${close}`) + tail, caret: put.length }
}
