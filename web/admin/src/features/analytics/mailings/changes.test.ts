import { expect, it } from 'vitest'

import { changeOf, sorted } from './changes'

it('tells by how much, and whether less or more is good', () => {
  expect(changeOf(120, 100, 'money', 1)).toEqual({ by: expect.closeTo(0.2), tone: 'good' })
  expect(changeOf(0.02, 0.03, 'share', -1)).toEqual({ by: expect.closeTo(-0.01), tone: 'good' })
  expect(changeOf(0.03, 0.02, 'share', -1)?.tone).toBe('bad')
  expect(changeOf(120, 100, 'count', 0)?.tone).toBeNull()
})

it('has no percentage of nothing', () => {
  expect(changeOf(5, 0, 'count', 1)).toBeNull()
  expect(changeOf(0, 0, 'count', 1)).toEqual({ by: 0, tone: null })
  expect(changeOf(null, 3, 'share', 1)).toBeNull()
})

it('sorts by a column in both directions, what has no figure last', () => {
  const rows = [{ n: 2 }, { n: null }, { n: 3 }]
  const by = (row: { n: number | null }) => row.n
  expect(sorted(rows, 'n', by).map(by)).toEqual([2, 3, null])
  expect(sorted(rows, '-n', by).map(by)).toEqual([3, 2, null])
})
