/** Of which days the report of a mailing that goes on is, as its address says it. Pure. */

export const SPANS = ['7', '30', '90', 'all', 'dates'] as const
export type SpanName = (typeof SPANS)[number]

export interface OngoingSearch {
  days?: string
  since?: string
  until?: string
  edition?: string
}

/** The days asked for, the last one included; nothing of all that there is. */
export interface Days {
  since?: string
  until?: string
}

export function spanName({ days, since, until }: OngoingSearch, usual: SpanName): SpanName {
  return SPANS.find((one) => one === days) ?? (since || until ? 'dates' : usual)
}

/** `today`: the day it is in the zone of the workspace. */
export function daysOf(search: OngoingSearch, usual: SpanName, today: string): Days {
  const name = spanName(search, usual)
  if (name === 'all') return {}
  if (name !== 'dates') return { since: daysBefore(today, Number(name) - 1), until: today }
  const since = search.since ?? daysBefore(today, 29)
  const until = search.until ?? today
  return since <= until ? { since, until } : { since: until, until: since }
}

function daysBefore(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - count * 86_400_000).toISOString().slice(0, 10)
}
