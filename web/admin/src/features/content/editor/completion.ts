/** What can stand between the braces of Liquid, offered while it is written. */

import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

import type { LetterVariable } from '../../../lib/api/types'
import { withLoops } from './loops'

/** The filters that letters use most, with what is put in for each. */
const FILTERS: [name: string, text: string, about: MessageDescriptor][] = [
  ['default', 'default: ""', msg`what to write when it is not known`],
  ['date', 'date: "%d.%m.%Y"', msg`a date in the reader's way`],
  ['money', 'money', msg`a price in the currency of the workspace`],
  ['number', 'number: 0', msg`a number by thousands, with that many decimals`],
  ['plural', 'plural: "", ""', msg`the noun that fits the number`],
  ['capitalize', 'capitalize', msg`with a capital letter`],
  ['upcase', 'upcase', msg`in capital letters`],
  ['downcase', 'downcase', msg`in small letters`],
  ['truncate', 'truncate: 80', msg`at most that many letters`],
  ['join', 'join: ", "', msg`a list as one text`],
  ['first', 'first', msg`the first of a list`],
  ['last', 'last', msg`the last of a list`],
  ['size', 'size', msg`how many there are`],
  ['sort', 'sort: ""', msg`in order of a field`],
  ['where', 'where: "", ""', msg`those whose field is so`],
  ['replace', 'replace: "", ""', msg`one text in place of another`],
  ['strip_html', 'strip_html', msg`without tags`],
  ['round', 'round', msg`a whole number`],
  ['plus', 'plus: 1', msg`and so much more`],
  ['minus', 'minus: 1', msg`and so much less`],
  ['times', 'times: 1', msg`so many times`],
]
const TAGS = ['if', 'elsif', 'else', 'endif', 'unless', 'endunless', 'for', 'endfor', 'case', 'when', 'endcase', 'assign']

export type Say = (text: MessageDescriptor) => string

/** What is being written at the end of a text: a name, a filter, or the word of a tag. */
export function placeOf(before: string): { kind: 'name' | 'filter' | 'tag'; typed: string } | null {
  const open = Math.max(before.lastIndexOf('{{'), before.lastIndexOf('{%'))
  if (open < 0) return null
  const inside = before.slice(open + 2)
  // Closed already, or inside a quoted text.
  if (/[}]|%$/.test(inside) || (inside.match(/"/g)?.length ?? 0) % 2 === 1) return null
  const typed = /[\p{L}\p{N}_.]*$/u.exec(inside)?.[0] ?? ''
  const head = inside.slice(0, inside.length - typed.length).trimEnd()
  if (head.endsWith('|')) return { kind: 'filter', typed }
  if (before[open + 1] === '%' && head.replace(/^-/, '') === '') return { kind: 'tag', typed }
  // A name stands first, behind a word of a tag, a comparison or a comma, not behind another name.
  return head === '' || head === '-' || /([=<>:,]|\b(if|elsif|unless|in|and|or|contains|case|when))$/.test(head)
    ? { kind: 'name', typed }
    : null
}

interface Option {
  label: string
  apply?: string
  detail?: string | undefined
  /** A value of somebody. */
  sample?: string | undefined
}

/** Everything that can stand in such a place. */
export function optionsAt(kind: 'name' | 'filter' | 'tag', variables: LetterVariable[], say: Say): Option[] {
  if (kind === 'filter') return FILTERS.map(([label, apply, about]) => ({ label, apply, detail: say(about) }))
  if (kind === 'tag') return TAGS.map((label) => ({ label }))
  // What stands only inside a loop comes last.
  const inLoops = ({ group }: LetterVariable) => Number(group === 'line' || group === 'item')
  return variables.toSorted((a, b) => inLoops(a) - inLoops(b)).map(({ name, title, sample }) => ({
    label: name,
    detail: title || undefined,
    sample: sample ?? undefined,
  }))
}

const TYPES = { name: 'variable', filter: 'function', tag: 'keyword' } as const

export function liquidSource(variables: () => LetterVariable[], say: Say) {
  return (context: CompletionContext): CompletionResult | null => {
    const line = context.state.doc.lineAt(context.pos)
    const place = placeOf(context.state.sliceDoc(line.from, context.pos))
    if (!place) return null
    const known = withLoops(context.state.sliceDoc(0, context.pos), variables())
    const options: Completion[] = optionsAt(place.kind, known, say).map(({ sample, ...option }) => ({
      ...option,
      info: sample,
      type: TYPES[place.kind],
    }))
    return { from: context.pos - place.typed.length, options, validFor: /^[\p{L}\p{N}_.]*$/u }
  }
}
