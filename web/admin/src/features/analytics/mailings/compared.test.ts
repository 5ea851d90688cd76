import { expect, it } from 'vitest'

import type { Comparison, ReportArm } from '../../../lib/api/types'
import { lettersOf, liftsOf } from './compared'

const arm = (is_control: boolean, targets: number) => ({ is_control, targets, revenue: 1.5 }) as ReportArm
const row = (against: string, metric: Comparison['metric']) =>
  ({
    arm: 'A',
    against,
    metric,
    difference: 1,
    interval: [0, 2],
    lift: 0.1,
    lift_interval: [0, 0.2],
    p_value: 0.5,
    significant: false,
    always_valid: null,
  }) as unknown as Comparison

it('adds up the groups that got a letter', () => {
  expect(lettersOf({ arms: [arm(false, 3), arm(false, 4), arm(true, 100)] })).toMatchObject({ targets: 7, revenue: 3 })
})

it('takes the lifts against the control group, open while people still have time', () => {
  const comparisons = [row('control', 'targets'), row('A', 'targets'), row('control', 'revenue_per_person')]
  expect(liftsOf({ comparisons, complete: true }, 'targets')).toHaveLength(1)
  expect(liftsOf({ comparisons, complete: false }, 'revenue_per_person')[0]?.reading.isOpen).toBe(true)
})
