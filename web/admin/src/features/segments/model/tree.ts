/**
 * Editing the condition tree: pure functions from tree to tree. A node is named by the path of
 * places that leads to it from the root; the root is always a group while it is edited.
 */

import { isComplete as isTestComplete } from '../../../lib/rules/tests'
import { type Group, type GroupKind, isGroup, type Leaf, type LeafKind, type Node, type Window } from '../../../lib/rules/types'

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
  const node = definition as Node
  if (node.kind === 'everyone') return EMPTY
  return isGroup(node) ? node : { kind: 'all', of: [node] }
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

export function newLeaf(kind: LeafKind): Leaf {
  switch (kind) {
    case 'trait':
      return { kind, trait: '', test: { op: 'is_set' } }
    case 'event':
      return { kind, event: '', test: { op: 'at_least', n: 1 }, window: { kind: 'last', amount: 30, unit: 'days' }, filters: [] }
    case 'orders':
      return {
        kind,
        measure: { kind: 'count', test: { op: 'at_least', n: 1 } },
        statuses: ['placed', 'paid'],
        window: { kind: 'all_time' },
        products: [],
        categories: [],
      }
    case 'consent':
      return { kind, channel: 'email', state: 'granted', topic: '' }
    case 'identifier':
      return { kind, identifier: 'email', present: true }
    case 'segment':
      return { kind, segment_id: '', member: true }
    case 'everyone':
      return { kind }
  }
}

/** Whether nothing is left to fill in: only then the server is asked to count. */
export function isComplete(node: Node): boolean {
  if (isGroup(node)) return node.of.every(isComplete)
  switch (node.kind) {
    case 'trait':
      return node.trait !== '' && isTestComplete(node.test)
    case 'event':
      return (
        node.event !== '' &&
        isWindowComplete(node.window) &&
        node.filters.every((filter) => filter.path !== '' && isTestComplete(filter.test))
      )
    case 'orders': {
      const { measure } = node
      const isDate = measure.kind === 'first_at' || measure.kind === 'last_at'
      return (
        node.statuses.length > 0 &&
        isWindowComplete(node.window) &&
        (!isDate || isTestComplete(measure.test))
      )
    }
    case 'segment':
      return node.segment_id !== ''
    default:
      return true
  }
}

function isWindowComplete(window: Window): boolean {
  if (window.kind === 'between') return window.start !== '' && window.end !== '' && window.start <= window.end
  return 'at' in window ? window.at !== '' : true
}

export function sizeOf(node: Node): number {
  return isGroup(node) ? node.of.reduce((sum, child) => sum + sizeOf(child), 0) : 1
}
