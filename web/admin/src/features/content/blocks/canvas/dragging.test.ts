// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'

import type { Place } from '../core/edit'
import { type Dragged, findPlace, nextPlace } from './dragging'

const BETWEEN: Place[] = [
  { kind: 'row', before: 'a' },
  { kind: 'row', before: null },
]
const INSIDE: Place = { kind: 'column', row: 'a', column: 0, before: null }

/** Places one below the other, 40 px high each: between rows, in a row, between rows. */
const PLACES = [BETWEEN[0], INSIDE, BETWEEN[1]].map((place, order) => ({
  id: `place-${order}`,
  disabled: false,
  data: { current: { place, order, row: order, column: 0, position: 0 } },
}))
const RECTS = new Map(
  PLACES.map(({ id }, order) => [id, { left: 0, top: order * 40, right: 600, bottom: order * 40 + 40, width: 600, height: 40 }]),
)
const active = (dragged: Dragged) => ({ id: 'dragged', data: { current: { dragged } } })
const BLOCK: Dragged = { from: 'block', id: 'b' }
const ROW: Dragged = { from: 'row', id: 'a' }

function foundAt(dragged: Dragged, y: number) {
  const found = findPlace({
    active: active(dragged),
    collisionRect: { left: 0, top: y, right: 10, bottom: y + 10, width: 10, height: 10 },
    droppableRects: RECTS,
    droppableContainers: PLACES,
    pointerCoordinates: { x: 300, y },
  } as unknown as Parameters<typeof findPlace>[0])
  return found[0]?.id
}

function steppedTo(dragged: Dragged, from: string, code: string) {
  const event = new KeyboardEvent('keydown', { code })
  const context = {
    active: active(dragged),
    over: { id: from },
    droppableRects: RECTS,
    droppableContainers: { getEnabled: () => PLACES.toReversed() },
  }
  return nextPlace(event, { context } as unknown as Parameters<typeof nextPlace>[1])
}

describe('what is dragged', () => {
  it('falls where the pointer is, a row only between rows', () => {
    expect(foundAt(BLOCK, 60)).toBe('place-1')
    expect(foundAt(BLOCK, 3)).toBe('place-0')
    expect(foundAt(ROW, 75)).toBe('place-2')
  })
  it('walks by keyboard from place to place in the order of reading', () => {
    expect(steppedTo(BLOCK, 'place-0', 'ArrowDown')).toEqual({ x: 0, y: 40 })
    expect(steppedTo(BLOCK, 'place-1', 'ArrowUp')).toEqual({ x: 0, y: 0 })
    expect(steppedTo(ROW, 'place-0', 'ArrowDown')).toEqual({ x: 0, y: 80 })
    expect(steppedTo(ROW, 'place-2', 'ArrowRight')).toEqual({ x: 0, y: 80 })
    expect(steppedTo(BLOCK, 'place-0', 'KeyX')).toBeUndefined()
  })
})
