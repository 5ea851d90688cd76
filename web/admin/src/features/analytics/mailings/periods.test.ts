import { expect, it, test } from 'vitest'

import { lastMonths, monthsOfYear, spanOf } from './periods'

it('names the month and the year up to today, and the whole month before', () => {
  expect(spanOf('month', '2026-11-22')).toEqual({ since: '2026-11-01', until: '2026-11-22' })
  expect(spanOf('year', '2026-11-22')).toEqual({ since: '2026-01-01', until: '2026-11-22' })
  expect(spanOf('last', '2026-11-22')).toEqual({ since: '2026-10-01', until: '2026-10-31' })
  expect(spanOf('last', '2024-03-31')).toEqual({ since: '2024-02-01', until: '2024-02-29' })
  expect(spanOf('last', '2026-01-05')).toEqual({ since: '2025-12-01', until: '2025-12-31' })
})

it('takes own days in either order, and the month where one is missing', () => {
  const own = { since: '2026-05-03', until: '2026-04-01' }
  expect(spanOf('dates', '2026-11-22', own)).toEqual({ since: '2026-04-01', until: '2026-05-03' })
  expect(spanOf('dates', '2026-11-22')).toEqual({ since: '2026-11-01', until: '2026-11-22' })
})

test('months are held against those of a year ago', () => {
  expect(lastMonths(12, '2026-11-22')).toEqual({ since: '2025-11-01', until: '2026-10-31' })
  expect(monthsOfYear(5, 12, '2026-11-22')).toEqual({ since: '2026-05-01', until: '2026-11-22' })
  expect(monthsOfYear(5, 12, '2026-03-02')).toEqual({ since: '2025-05-01', until: '2025-12-31' })
  expect(monthsOfYear(11, 2, '2026-12-05')).toEqual({ since: '2026-11-01', until: '2026-12-05' })
  expect(monthsOfYear(2, 2, '2028-03-05')).toEqual({ since: '2028-02-01', until: '2028-02-29' })
})
