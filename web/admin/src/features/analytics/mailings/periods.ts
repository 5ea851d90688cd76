/** Which days a report of mailings is about, in days of the workspace's calendar. Pure. */

export const PERIODS = ['month', 'last', 'year', 'dates'] as const
export type Period = (typeof PERIODS)[number]

/** 'YYYY-MM-DD' both; the last day belongs to it. */
export interface Span {
  since: string
  until: string
}

/** `today`: the day it is in the zone of the workspace. */
export function spanOf(period: Period, today: string, own: Partial<Span> = {}): Span {
  const [year, month] = [today.slice(0, 4), today.slice(0, 7)]
  if (period === 'last') {
    const until = dayBefore(`${month}-01`)
    return { since: `${until.slice(0, 7)}-01`, until }
  }
  if (period === 'year') return { since: `${year}-01-01`, until: today }
  const thisMonth = { since: `${month}-01`, until: today }
  if (period === 'month') return thisMonth
  const since = own.since ?? thisMonth.since
  const until = own.until ?? today
  return since <= until ? { since, until } : { since: until, until: since }
}

function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)
}

/** Whole months before this one, so many of them. */
export function lastMonths(count: number, today: string): Span {
  const until = dayBefore(`${today.slice(0, 7)}-01`)
  const place = Number(today.slice(0, 4)) * 12 + Number(today.slice(5, 7)) - 1 - count
  return { since: `${monthAt(place)}-01`, until }
}

/** From one month to another (1 to 12) of the latest year in which the first of them has begun. */
export function monthsOfYear(from: number, to: number, today: string): Span {
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7))]
  const first = (from <= month ? year : year - 1) * 12 + from - 1
  const last = dayBefore(`${monthAt(first + ((to - from + 12) % 12) + 1)}-01`)
  return { since: `${monthAt(first)}-01`, until: last < today ? last : today }
}

/** '2026-05' for a count of months since the year 0. */
const monthAt = (place: number) =>
  `${String(Math.floor(place / 12)).padStart(4, '0')}-${String((place % 12) + 1).padStart(2, '0')}`
