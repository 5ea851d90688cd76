import { describe, expect, it } from 'vitest'

import { begin, JOINED_WITHIN_MS, record, redo, STEPS_MAX, undo } from './history'

describe('undo', () => {
  it('goes back and forth', () => {
    const made = record(record(begin('a'), 'b', null, 1), 'c', null, 2)
    expect(undo(made).now).toBe('b')
    expect(undo(undo(made)).now).toBe('a')
    expect(undo(undo(undo(made))).now).toBe('a')
    expect(redo(undo(made)).now).toBe('c')
    expect(redo(made)).toBe(made)
  })
  it('takes typing in one field as one step', () => {
    let typed = record(begin(''), 'start', null, 0)
    for (let i = 1; i <= 50; i += 1) typed = record(typed, 'x'.repeat(i), 'block-1', 1000 + i * 100)
    expect(undo(typed).now).toBe('start')
  })
  it('begins a new step after a pause, in another field and after an undo', () => {
    const one = record(begin('a'), 'b', 'f', 0)
    expect(undo(record(one, 'c', 'f', JOINED_WITHIN_MS)).now).toBe('b')
    expect(undo(record(one, 'c', 'g', 1)).now).toBe('b')
    const back = undo(record(one, 'c', null, 1))
    expect(undo(record(back, 'd', 'f', 2)).now).toBe('b')
  })
  it('forgets what was undone when something new is done', () => {
    const back = undo(record(begin('a'), 'b', null, 1))
    expect(record(back, 'c', null, 2).future).toEqual([])
  })
  it(`keeps at most ${STEPS_MAX} steps`, () => {
    let made = begin(0)
    for (let i = 1; i <= STEPS_MAX + 20; i += 1) made = record(made, i, null, i)
    expect(made.past).toHaveLength(STEPS_MAX)
    expect(made.past[0]).toBe(20)
  })
  it('makes no step of a change that changes nothing', () => {
    const made = begin('a')
    expect(record(made, 'a', null, 1)).toBe(made)
  })
})
