import { expect, it } from 'vitest'

import { hourRows } from './hours'

it('has every hour of the day, of the shown groups only', () => {
  const point = { targets: 1, opens: 2, clicks: 0 }
  const rows = hourRows(
    [
      { hour: 9, arm: 'A', ...point },
      { hour: 9, arm: 'B', ...point, opens: 5 },
      { hour: 23, arm: 'control', ...point },
    ],
    ['A', 'B'],
    'opens',
  )
  expect(rows).toHaveLength(24)
  expect(rows[9]).toEqual({ hour: 9, counts: [2, 5], total: 7 })
  expect(rows[23]?.total).toBe(0)
})
