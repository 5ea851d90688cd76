/** The months of a period beside those of the one it is held against. Pure. */

import type { MailingsReport, MailingsTotals } from '../../../lib/api/types'

export interface MonthPair {
  /** 'YYYY-MM' */
  month: string
  totals: MailingsTotals | null
  /** The month at the same place of the other period. */
  against: { month: string; totals: MailingsTotals | null } | null
}

/** Every month of the period, also those in which nothing was sent; `against` in the same order. */
export function monthPairs(report: Pick<MailingsReport, 'since' | 'until' | 'against' | 'months' | 'months_against'>): MonthPair[] {
  const others = report.against ? monthsOf(report.against.since, report.against.until) : []
  return monthsOf(report.since, report.until).map((month, place) => {
    const other = others[place]
    return {
      month,
      totals: totalsOf(report.months, month),
      against: other === undefined ? null : { month: other, totals: totalsOf(report.months_against, other) },
    }
  })
}

const totalsOf = (months: MailingsReport['months'], month: string) =>
  months.find((one) => one.month === month)?.totals ?? null

export function monthsOf(since: string, until: string): string[] {
  const [first, last] = [placeOf(since), placeOf(until)]
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const place = first + index
    return `${Math.floor(place / 12)}-${String((place % 12) + 1).padStart(2, '0')}`
  })
}

const placeOf = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
