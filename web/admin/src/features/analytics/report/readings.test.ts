import { expect, it } from 'vitest'

import type { Comparison } from '../../../lib/api/types'
import { moreAsIf, readingOf } from './readings'

const row: Comparison = {
  arm: 'A',
  against: 'control',
  metric: 'targets',
  difference: 0.02,
  interval: [0.01, 0.03],
  lift: 0.2,
  lift_interval: [0.1, 0.3],
  p_value: 0.01,
  p_value_raw: 0.005,
  significant: true,
  power: 0.4,
  power_lift: 0.1,
  detectable_lift: 0.15,
  method: 'score test',
  always_valid: { lift: 0.21, lift_interval: [-0.05, null], p_value: 0.2, significant: false, method: 'counts' },
  with_history: null,
  needed: [],
}

it('reads the ordinary test when the window is over', () => {
  expect(readingOf(row, true)).toEqual({
    interval: { low: 0.01, high: 0.03, at: 0.02 },
    unit: 'difference',
    lift: 0.2,
    liftInterval: { low: 0.1, high: 0.3 },
    pValue: 0.01,
    significant: true,
    isOpen: false,
  })
})

it('reads the always-valid test before the end, an unknown end of its interval open', () => {
  expect(readingOf(row, false)).toEqual({
    interval: { low: -0.05, high: null, at: 0.21 },
    unit: 'lift',
    lift: 0.21,
    liftInterval: { low: -0.05, high: null },
    pValue: 0.2,
    significant: false,
    isOpen: false,
  })
})

it('draws nothing while the other group stands at zero', () => {
  const early = { lift: null, lift_interval: [-1, null], p_value: 1, significant: false, method: 'counts' }
  expect(readingOf({ ...row, always_valid: early }, false).interval).toBeNull()
})

it('judges revenue at the end only', () => {
  const revenue: Comparison = { ...row, metric: 'revenue_per_person', always_valid: null }
  expect(readingOf(revenue, false)).toMatchObject({ pValue: null, significant: false, isOpen: true })
})

it('says how many more people would do the same', () => {
  expect(moreAsIf(1 / 3)).toBeCloseTo(0.5)
  expect(moreAsIf(0)).toBeNull()
  expect(moreAsIf(1)).toBeNull()
})
