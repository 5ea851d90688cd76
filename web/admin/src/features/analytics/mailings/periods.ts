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
