/**
 * Editing the condition tree: pure functions from tree to tree. A node is named by the path of
 * places that leads to it from the root; the root is always a group while it is edited.
 */

import { defaultDate, isComplete as isTestComplete } from '../../../lib/rules/tests'
import {
  type AmountTest,
  type EventMeasure,
  type Group,
  type GroupKind,
  isGroup,
  type Leaf,
  type LeafKind,
  type Measure,
  type Node,
  type PropertyFilter,
  type Step,
  type Window,
} from '../../../lib/rules/types'

export type Path = readonly number[]

export type Action =
  | { do: 'add'; at: Path; node: Node }
  | { do: 'replace'; at: Path; node: Node }
  | { do: 'remove'; at: Path }
  | { do: 'duplicate'; at: Path }
  | { do: 'kind'; at: Path; kind: GroupKind }
  | { do: 'move'; at: Path; by: -1 | 1 }
  | { do: 'wrap'; at: Path }
  | { do: 'unwrap'; at: Path }
  | { do: 'reset'; root: Group }

const EMPTY: Group = { kind: 'all', of: [] }

/** The stored definition as an editable tree: a single condition becomes a group of one. */
export function rootOf(definition: unknown): Group {
  if (!definition || typeof definition !== 'object') return EMPTY
  const node = filled(definition as Node)
  if (node.kind === 'everyone') return EMPTY
  return isGroup(node) ? node : { kind: 'all', of: [node] }
}

/** The tree with every field that has a default written out, as the fields of the form need it. */
function filled(node: Node): Node {
  if (isGroup(node)) return { kind: node.kind, of: node.of.map(filled) }
  const whole = { ...newLeaf(node.kind), window: { kind: 'all_time' }, ...node } as Leaf & { window?: Window }
  if (!('window' in newLeaf(node.kind))) delete whole.window
  const steps = (step: Step): Step => ({ event: step.event, filters: step.filters ?? [] })
  if (whole.kind === 'sequence') return { ...whole, steps: whole.steps.map(steps) }
  if (whole.kind === 'not_followed') return { ...whole, next: steps(whole.next) }
  return whole
}

/** A definition from the clipboard; null when the text is none. */
export function pasted(text: string): Group | null {
  try {
    const value: unknown = JSON.parse(text)
    return isNode(value, 0) ? rootOf(value) : null
  } catch {
    return null
  }
}

function isNode(value: unknown, depth: number): value is Node {
  if (typeof value !== 'object' || value === null || depth > 12) return false
  const { kind, of } = value as { kind?: unknown; of?: unknown }
  if (kind === 'all' || kind === 'any' || kind === 'none') {
    return Array.isArray(of) && of.every((child) => isNode(child, depth + 1))
  }
  return typeof kind === 'string' && KINDS.has(kind)
}

/** The tree as the server takes it: no empty groups; nothing chosen means everybody. */
export function definitionOf(root: Group): Node {
  return pruned(root) ?? { kind: 'everyone' }
}

function pruned(node: Node): Node | null {
  if (!isGroup(node)) return node
  const of = node.of.map(pruned).filter((child) => child !== null)
  return of.length ? { kind: node.kind, of } : null
}

/** What is edited, and what it was before, so that a step can be taken back. */
export interface Edited {
  past: Group[]
  root: Group
  future: Group[]
}

const STEPS_MAX = 100

export type EditedAction = Action | { do: 'undo' } | { do: 'redo' }

export const editedOf = (definition: unknown): Edited => ({
  past: [],
  root: rootOf(definition),
  future: [],
})

export function reduceEdited(edited: Edited, action: EditedAction): Edited {
  const { past, root, future } = edited
  if (action.do === 'undo') {
    const before = past.at(-1)
    return before ? { past: past.slice(0, -1), root: before, future: [root, ...future] } : edited
  }
  if (action.do === 'redo') {
    const [after, ...later] = future
    return after ? { past: [...past, root], root: after, future: later } : edited
  }
  const next = reduce(root, action)
  return next === root ? edited : { past: [...past, root].slice(-STEPS_MAX), root: next, future: [] }
}

export function reduce(root: Group, action: Action): Group {
  switch (action.do) {
    case 'reset':
      return action.root
    case 'add':
      return edited(root, action.at, (node) =>
        isGroup(node) ? { ...node, of: [...node.of, action.node] } : node,
      )
    case 'replace':
      return edited(root, action.at, () => action.node)
    case 'kind':
      return edited(root, action.at, (node) => (isGroup(node) ? { ...node, kind: action.kind } : node))
    case 'remove':
      return siblings(root, action.at, (of, place) => of.filter((_, index) => index !== place))
    case 'duplicate':
      return siblings(root, action.at, (of, place) => [
        ...of.slice(0, place + 1),
        ...of.slice(place, place + 1).map((node) => structuredClone(node)),
        ...of.slice(place + 1),
      ])
    case 'move':
      return siblings(root, action.at, (of, place) => {
        const other = place + action.by
        const node = of[place]
        const neighbour = of[other]
        if (!node || !neighbour) return of
        const next = [...of]
        next[place] = neighbour
        next[other] = node
        return next
      })
    case 'wrap':
      return edited(root, action.at, (node) => ({ kind: 'any', of: [node] }))
    case 'unwrap':
      return siblings(root, action.at, (of, place) => {
        const node = of[place]
        return node && isGroup(node) ? [...of.slice(0, place), ...node.of, ...of.slice(place + 1)] : of
      })
  }
}

function edited(root: Group, path: Path, edit: (node: Node) => Node): Group {
  const next = editedNode(root, path, edit)
  return isGroup(next) ? next : { kind: 'all', of: [next] }
}

function editedNode(node: Node, path: Path, edit: (node: Node) => Node): Node {
  const [place, ...rest] = path
  if (place === undefined) return edit(node)
  if (!isGroup(node)) return node
  return {
    ...node,
    of: node.of.map((child, index) => (index === place ? editedNode(child, rest, edit) : child)),
  }
}

function siblings(root: Group, path: Path, edit: (of: Node[], place: number) => Node[]): Group {
  const place = path.at(-1)
  if (place === undefined) return root
  return edited(root, path.slice(0, -1), (node) =>
    isGroup(node) ? { ...node, of: edit(node.of, place) } : node,
  )
}

const LAST_30: Window = { kind: 'last', amount: 30, unit: 'days' }
const ONCE = { op: 'at_least', n: 1 } as const

export function newLeaf(kind: LeafKind): Leaf {
  switch (kind) {
    case 'trait':
      return { kind, trait: '', test: { op: 'is_set' } }
    case 'event':
      return { kind, event: '', test: ONCE, window: LAST_30, filters: [], times: null }
    case 'event_measure':
      return {
        kind,
        event: '',
        measure: { kind: 'sum', path: '', test: { op: 'at_least', amount: 1000 } },
        window: LAST_30,
        filters: [],
        times: null,
      }
    case 'sequence':
      return {
        kind,
        steps: [
          { event: '', filters: [] },
          { event: '', filters: [] },
        ],
        within: { amount: 7, unit: 'days' },
        window: LAST_30,
      }
    case 'not_followed':
      return {
        kind,
        event: '',
        filters: [],
        next: { event: '', filters: [] },
        within: { amount: 3, unit: 'hours' },
        window: LAST_30,
      }
    case 'orders':
      return {
        kind,
        measure: { kind: 'count', test: ONCE },
        statuses: ['placed', 'paid'],
        window: { kind: 'all_time' },
        products: [],
        categories: [],
        vendors: [],
        price: null,
        fields: [],
      }
    case 'product':
      return {
        kind,
        action: 'bought',
        test: ONCE,
        window: LAST_30,
        products: [],
        categories: [],
        vendors: [],
        price: null,
      }
    case 'consent':
      return { kind, channel: 'email', state: 'granted', topic: '', purpose: '' }
    case 'message':
      return {
        kind,
        fact: 'opened',
        by: 'person',
        channel: '',
        sources: [],
        link: '',
        test: ONCE,
        window: LAST_30,
      }
    case 'visit':
      return { kind, field: 'utm_source', test: { op: 'eq', value: '' }, touch: 'any', window: { kind: 'all_time' } }
    case 'identifier':
      return { kind, identifier: 'email', present: true }
    case 'seen':
      return { kind, which: 'last', test: defaultDate() }
    case 'email_domain':
      return { kind, domains: [] }
    case 'segment':
      return { kind, segment_id: '', member: true }
    case 'everyone':
      return { kind }
  }
}

const KINDS: ReadonlySet<string> = new Set<LeafKind>([
  'trait', 'event', 'event_measure', 'sequence', 'not_followed', 'orders', 'product', 'consent',
  'message', 'visit', 'identifier', 'seen', 'email_domain', 'segment', 'everyone',
])

/** Whether nothing is left to fill in: only then the server is asked to count. */
export function isComplete(node: Node): boolean {
  if (isGroup(node)) return node.of.every(isComplete)
  if ('window' in node && !isWindowComplete(node.window)) return false
  switch (node.kind) {
    case 'trait':
      return node.trait !== '' && isTestComplete(node.test)
    case 'event':
      return node.event !== '' && areComplete(node.filters)
    case 'event_measure':
      return node.event !== '' && areComplete(node.filters) && isMeasureComplete(node.measure)
    case 'sequence':
      return node.steps.length > 1 && node.steps.every(isStepComplete)
    case 'not_followed':
      return isStepComplete(node) && isStepComplete(node.next)
    case 'orders':
      return (
        node.statuses.length > 0 &&
        isOrderMeasureComplete(node.measure) &&
        isAmountComplete(node.price) &&
        node.fields.every((field) => field.name !== '' && isTestComplete(field.test))
      )
    case 'product':
      return isAmountComplete(node.price)
    case 'visit':
      return isTestComplete(node.test)
    case 'seen':
      return isTestComplete(node.test)
    case 'email_domain':
      return node.domains.length > 0
    case 'segment':
      return node.segment_id !== ''
    default:
      return true
  }
}

const isStepComplete = (step: Step) => step.event !== '' && areComplete(step.filters)
const areComplete = (filters: PropertyFilter[]) =>
  filters.every((filter) => filter.path !== '' && isTestComplete(filter.test))
const isAmountComplete = (test: AmountTest | null) => test === null || !('low' in test) || test.low <= test.high

function isMeasureComplete(measure: EventMeasure): boolean {
  if (measure.kind === 'first_at' || measure.kind === 'last_at') return isTestComplete(measure.test)
  if (measure.kind === 'days') return true
  return measure.path !== '' && (measure.kind === 'values' || isAmountComplete(measure.test))
}

function isOrderMeasureComplete(measure: Measure): boolean {
  if (measure.kind === 'first_at' || measure.kind === 'last_at') return isTestComplete(measure.test)
  return measure.kind === 'count' || isAmountComplete(measure.test)
}

function isWindowComplete(window: Window): boolean {
  if (window.kind === 'between') return window.start !== '' && window.end !== '' && window.start <= window.end
  if (window.kind === 'ago') return window.low < window.high
  return 'at' in window ? window.at !== '' : true
}

export function sizeOf(node: Node): number {
  return isGroup(node) ? node.of.reduce((sum, child) => sum + sizeOf(child), 0) : 1
}
