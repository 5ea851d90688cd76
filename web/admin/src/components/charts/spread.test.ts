import { expect, it } from 'vitest'

import { spread } from './spread'

it('leaves labels alone that have room', () => {
  expect(spread([10, 50, 90], 16)).toEqual([10, 50, 90])
})
it('moves colliding labels apart around their middle, in their order', () => {
  expect(spread([50, 50], 16)).toEqual([42, 58])
  expect(spread([52, 50, 51], 16)).toEqual([67, 35, 51])
})
it('pushes a neighbour only when it is in the way', () => {
  const [a = 0, b = 0, c = 0] = spread([40, 42, 56], 16)
  expect(b - a).toBeCloseTo(16)
  expect(c - b).toBeCloseTo(16)
})
