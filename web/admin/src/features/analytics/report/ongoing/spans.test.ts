import { expect, it } from 'vitest'

import { daysOf, spanName } from './spans'

const TODAY = '2026-03-01'

it('counts today as the last of so many days', () => {
  expect(daysOf({}, '30', TODAY)).toEqual({ since: '2026-01-31', until: TODAY })
  expect(daysOf({ days: '7' }, '30', TODAY)).toEqual({ since: '2026-02-23', until: TODAY })
  expect(daysOf({ days: 'all' }, '30', TODAY)).toEqual({})
})

it('takes dates of its own, whichever of them comes first', () => {
  const search = { since: '2026-02-10', until: '2026-01-05' }
  expect(spanName(search, '30')).toBe('dates')
  expect(daysOf(search, '30', TODAY)).toEqual({ since: '2026-01-05', until: '2026-02-10' })
  expect(spanName({ days: 'ever' }, 'all')).toBe('all')
})
