/** The hours of a day with the people of each group, hours without anybody included. */

import type { Report } from '../../../lib/api/types'

export interface HourRow {
  /** 0 to 23, by the workspace's clock. */
  hour: number
  /** In the order of the groups. */
  counts: number[]
  total: number
}

export function hourRows(
  points: Report['hours'],
  arms: string[],
  metric: 'targets' | 'opens' | 'clicks',
): HourRow[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const counts = arms.map(
      (arm) => points.find((point) => point.hour === hour && point.arm === arm)?.[metric] ?? 0,
    )
    return { hour, counts, total: counts.reduce((sum, count) => sum + count, 0) }
  })
}

export const clock = (hour: number) => `${String(hour % 24).padStart(2, '0')}:00`
