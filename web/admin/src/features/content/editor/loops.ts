/** Loops of Liquid that are open where the cursor stands, and what their names can be asked for. */

import type { LetterVariable } from '../../../lib/api/types'

type Kind = 'order' | 'line' | 'item'

const TAG = /\{%-?\s*(?:for\s+([\p{L}\p{N}_]+)\s+in\s+([^\s%]+)|(endfor)\b)/gu
const STARTS: Record<Kind, string> = { order: 'last_order.', line: 'line.', item: 'item.' }

interface Loop {
  name: string
  kind: Kind | null
}

/** What one turn of a loop over a list holds; null: nobody knows. */
function kindOf(list: string, open: Loop[]): Kind | null {
  const [root = '', ...steps] = list.replace(/\[[^\]]*\]/g, '').split('.')
  if (list === 'orders') return 'order'
  if (list === 'articles' || (root === 'feeds' && (steps.length === 1 || list.includes('[')))) return 'item'
  const owner = open.findLast(({ name }) => name === root)
  const isOrder = root === 'last_order' || root === 'orders' || owner?.kind === 'order'
  return isOrder && steps.at(-1) === 'lines' ? 'line' : null
}

export function openLoops(before: string): Loop[] {
  const open: Loop[] = []
  for (const [, name, list, end] of before.matchAll(TAG)) {
    if (end) open.pop()
    else if (name && list) open.push({ name, kind: kindOf(list, open) })
  }
  return open
}

/** The variables with those of the open loops in front, under the names that the author gave. */
export function withLoops(before: string, variables: LetterVariable[]): LetterVariable[] {
  const loops = openLoops(before)
  if (loops.length === 0) return variables
  const own = loops.toReversed().flatMap(({ name, kind }) => {
    if (!kind) return []
    const start = STARTS[kind]
    return variables
      .filter((variable) => variable.name.startsWith(start))
      .map((variable) => ({ ...variable, name: `${name}.${variable.name.slice(start.length)}` }))
  })
  const known = new Set(own.map((variable) => variable.name))
  return [...own, ...variables.filter(({ group, name }) => !known.has(name) && group !== 'line' && group !== 'item')]
}
