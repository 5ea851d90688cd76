import { expect, test } from 'vitest'

import { OUTSIDE, ribbons } from './ribbons'

const size = { width: 600, height: 200, bar: 12, gap: 10 }

test('places are as high as the people in them, with gaps between', () => {
  const links = [
    { source: 0, target: 0, count: 30 },
    { source: 0, target: 1, count: 10 },
    { source: OUTSIDE, target: 1, count: 40 },
  ]
  const made = ribbons(links, [0, 1, OUTSIDE], size)
  expect(made.sources.map((node) => [node.place, node.count])).toEqual([
    [0, 40],
    [OUTSIDE, 40],
  ])
  expect(made.targets.map((node) => [node.place, node.count])).toEqual([
    [0, 30],
    [1, 50],
  ])
  for (const side of [made.sources, made.targets]) {
    const used = side.reduce((sum, node) => sum + node.height, 0) + size.gap * (side.length - 1)
    expect(used).toBeCloseTo(size.height)
  }
  expect(made.ribbons).toHaveLength(3)
})

test('nothing moved, nothing is drawn', () => {
  expect(ribbons([], [0, OUTSIDE], size)).toEqual({ sources: [], targets: [], ribbons: [] })
})
