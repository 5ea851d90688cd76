/** What of a mailing is held beside others. Pure. */

import type { ComparedMailing, Metric, ReportArm } from '../../../lib/api/types'
import { type Reading, readingOf } from '../report/readings'

const COUNTS = [
  'assigned',
  'sent',
  'delivered',
  'bounced',
  'opened_person',
  'clicked_person',
  'unsubscribed',
  'complained',
  'targets',
  'revenue',
] as const

/** The groups that got a letter, together. */
export function lettersOf({ arms }: Pick<ComparedMailing, 'arms'>): Record<(typeof COUNTS)[number], number> {
  const letters = arms.filter((arm: ReportArm) => !arm.is_control)
  const sum = (name: (typeof COUNTS)[number]) => letters.reduce((all, arm) => all + arm[name], 0)
  return Object.fromEntries(COUNTS.map((name) => [name, sum(name)])) as ReturnType<typeof lettersOf>
}

export interface Lift {
  arm: string
  reading: Reading
}

/** The lifts of a mailing's letters against its control group. */
export function liftsOf(
  { comparisons, complete }: Pick<ComparedMailing, 'comparisons' | 'complete'>,
  metric: Metric,
): Lift[] {
  return comparisons
    .filter((row) => row.metric === metric && row.against === 'control')
    .map((row) => ({ arm: row.arm, reading: readingOf(row, complete) }))
}
