import { expect, it } from 'vitest'

import { spanOf } from './periods'

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
