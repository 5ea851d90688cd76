import { describe, expect, it } from 'vitest'

import { draftOf, isComplete, nameFrom } from './model'

const LEVELS: [string, string, string] = ['cold', 'warm', 'hot']

describe('a definition of a computed trait', () => {
  it('is not complete before an event is chosen', () => {
    const draft = draftOf('event', LEVELS)
    expect(isComplete(draft)).toBe(false)
    if (draft.kind !== 'event') throw new Error(draft.kind)
    expect(isComplete({ ...draft, event: 'Viewed' })).toBe(true)
    expect(isComplete({ ...draft, event: 'Viewed', measure: { kind: 'sum' } })).toBe(false)
  })

  it('is complete at once where orders say everything', () => {
    expect(isComplete(draftOf('orders', LEVELS))).toBe(true)
    expect(isComplete(draftOf('rfm', LEVELS))).toBe(true)
  })

  it('needs levels that begin above each other', () => {
    const draft = draftOf('score', LEVELS)
    if (draft.kind !== 'score') throw new Error(draft.kind)
    const ready = { ...draft, actions: [{ ...draft.actions[0]!, event: 'Viewed' }] }
    expect(isComplete(ready)).toBe(true)
    expect(isComplete({ ...ready, levels: ready.levels.toReversed() })).toBe(false)
  })

  it('is called by its title', () => {
    expect(nameFrom(' Total revenue, ₽ ')).toBe('total_revenue')
    expect(nameFrom('Любимая категория')).toBe('любимая_категория')
  })
})
