import { describe, expect, it } from 'vitest'

import type { Group, LeafOf, Node } from '../../../lib/rules/types'
import { definitionOf, editedOf, isComplete, newLeaf, pasted, reduce, reduceEdited, rootOf, sizeOf } from './tree'

const trait = (name: string): LeafOf<'trait'> => ({ kind: 'trait', trait: name, test: { op: 'is_set' } })
const root: Group = { kind: 'all', of: [trait('a'), { kind: 'any', of: [trait('b'), trait('c')] }, trait('d')] }
const names = (node: Node): unknown =>
  'of' in node ? { [node.kind]: node.of.map(names) } : node.kind === 'trait' ? node.trait : node.kind

describe('opening and saving', () => {
  it('makes a group of a single condition, and nothing of everybody', () => {
    expect(names(rootOf(trait('x')))).toEqual({ all: ['x'] })
    expect(rootOf({ kind: 'everyone' }).of).toEqual([])
    expect(rootOf(null).of).toEqual([])
  })
  it('leaves empty groups out, and saves nothing chosen as everybody', () => {
    expect(names(definitionOf({ kind: 'all', of: [trait('a'), { kind: 'none', of: [] }] }))).toEqual({ all: ['a'] })
    expect(definitionOf({ kind: 'all', of: [{ kind: 'any', of: [] }] })).toEqual({ kind: 'everyone' })
  })
})

describe('editing', () => {
  it('adds to the group that the path names', () => {
    expect(names(reduce(root, { do: 'add', at: [1], node: trait('x') }))).toEqual({
      all: ['a', { any: ['b', 'c', 'x'] }, 'd'],
    })
  })
  it('replaces, removes and duplicates one node', () => {
    expect(names(reduce(root, { do: 'replace', at: [1, 0], node: trait('x') }))).toEqual({
      all: ['a', { any: ['x', 'c'] }, 'd'],
    })
    expect(names(reduce(root, { do: 'remove', at: [1, 1] }))).toEqual({ all: ['a', { any: ['b'] }, 'd'] })
    expect(names(reduce(root, { do: 'duplicate', at: [0] }))).toEqual({
      all: ['a', 'a', { any: ['b', 'c'] }, 'd'],
    })
  })
  it('moves among neighbours and stops at the ends', () => {
    expect(names(reduce(root, { do: 'move', at: [2], by: -1 }))).toEqual({
      all: ['a', 'd', { any: ['b', 'c'] }],
    })
    expect(reduce(root, { do: 'move', at: [0], by: -1 })).toEqual(root)
  })
  it('wraps a node into a group and takes a group apart', () => {
    const wrapped = reduce(root, { do: 'wrap', at: [0] })
    expect(names(wrapped)).toEqual({ all: [{ any: ['a'] }, { any: ['b', 'c'] }, 'd'] })
    expect(names(reduce(wrapped, { do: 'unwrap', at: [0] }))).toEqual(names(root))
  })
  it('changes how a group joins its conditions', () => {
    expect(names(reduce(root, { do: 'kind', at: [], kind: 'none' }))).toEqual({
      none: ['a', { any: ['b', 'c'] }, 'd'],
    })
  })
  it('never changes the tree it was given', () => {
    const before = JSON.stringify(root)
    for (const action of [
      { do: 'remove', at: [1, 0] },
      { do: 'move', at: [1], by: 1 },
      { do: 'wrap', at: [1] },
      { do: 'unwrap', at: [1] },
    ] as const) {
      reduce(root, action)
    }
    expect(JSON.stringify(root)).toBe(before)
  })
})

describe('completeness', () => {
  it('waits until every field is filled in', () => {
    expect(isComplete(newLeaf('event'))).toBe(false)
    expect(isComplete({ ...(newLeaf('event') as LeafOf<'event'>), event: 'Order Completed' })).toBe(true)
    expect(isComplete(newLeaf('trait'))).toBe(false)
    expect(isComplete(newLeaf('orders'))).toBe(true)
    expect(isComplete(newLeaf('segment'))).toBe(false)
    expect(isComplete({ kind: 'all', of: [newLeaf('consent'), newLeaf('segment')] })).toBe(false)
  })
  it('counts conditions, not groups', () => {
    expect(sizeOf(root)).toBe(4)
  })
})

describe('taking steps back', () => {
  it('undoes and redoes, and forgets what was undone when something new is done', () => {
    let edited = editedOf(root)
    edited = reduceEdited(edited, { do: 'remove', at: [0] })
    edited = reduceEdited(edited, { do: 'kind', at: [], kind: 'any' })
    edited = reduceEdited(edited, { do: 'undo' })
    expect(names(edited.root)).toEqual({ all: [{ any: ['b', 'c'] }, 'd'] })
    edited = reduceEdited(edited, { do: 'redo' })
    expect(edited.root.kind).toBe('any')
    edited = reduceEdited(reduceEdited(edited, { do: 'undo' }), { do: 'remove', at: [1] })
    expect(reduceEdited(edited, { do: 'redo' })).toBe(edited)
    expect(names(edited.root)).toEqual({ all: [{ any: ['b', 'c'] }] })
  })
})

describe('pasting', () => {
  it('takes a definition and fills in what may be left out', () => {
    const group = pasted('{"kind":"sequence","steps":[{"event":"A"},{"event":"B"}]}')
    expect(group?.of[0]).toMatchObject({ kind: 'sequence', steps: [{ event: 'A', filters: [] }, { event: 'B', filters: [] }] })
  })

  it('refuses everything else', () => {
    for (const text of ['', '{', '5', 'null', '{"kind":"nonsense"}', '{"kind":"all","of":[5]}']) {
      expect(pasted(text)).toBeNull()
    }
  })
})

describe('new conditions', () => {
  it('asks for what is missing in each of them', () => {
    const unfinished = ['trait', 'event', 'event_measure', 'sequence', 'not_followed', 'visit', 'email_domain', 'segment'] as const
    const ready = ['orders', 'product', 'consent', 'message', 'identifier', 'seen'] as const
    expect(unfinished.filter((kind) => kind !== 'trait' && isComplete(newLeaf(kind)))).toEqual([])
    expect(ready.filter((kind) => !isComplete(newLeaf(kind)))).toEqual([])
  })
})
