import { expect, test } from 'vitest'

import { askedOf, behindOf, peopleHref, searchOf } from './search'

test('an address says which group is looked at, and back', () => {
  const asked = { group: '2026-07-01T00:00:00Z', without_outliers: true }
  expect(askedOf(searchOf(asked))).toEqual(asked)
  expect(askedOf({ outliers: 'some' })).toEqual({})
  expect(behindOf({ figure: 'nothing', side: 'both', month: 'June' })).toEqual({ figure: 'people' })
  const href = peopleHref(asked, { figure: 'buyers', side: 'kept', month: '2026-06' })
  const search = Object.fromEntries(new URLSearchParams(href.split('?')[1]))
  expect(behindOf(search)).toEqual({ ...asked, figure: 'buyers', side: 'kept', month: '2026-06' })
})
