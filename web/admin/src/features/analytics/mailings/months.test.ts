import { expect, it } from 'vitest'

import { monthPairs, monthsOf } from './months'

it('names every month of a period, over the end of a year', () => {
  expect(monthsOf('2025-11-20', '2026-02-01')).toEqual(['2025-11', '2025-12', '2026-01', '2026-02'])
  expect(monthsOf('2026-11-01', '2026-11-22')).toEqual(['2026-11'])
})

it('sets months beside those at the same place of the other period', () => {
  const totals = { sent: 5 } as never
  const pairs = monthPairs({
    since: '2026-01-01',
    until: '2026-02-28',
    against: { since: '2025-01-01', until: '2025-02-28' },
    months: [{ month: '2026-02', totals }],
    months_against: [{ month: '2025-01', totals }],
  })
  expect(pairs).toEqual([
    { month: '2026-01', totals: null, against: { month: '2025-01', totals } },
    { month: '2026-02', totals, against: { month: '2025-02', totals: null } },
  ])
})
