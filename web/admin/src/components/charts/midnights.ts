import { dayOf, dayStart } from '../../lib/format/zones'

export const DAY_MS = 86_400_000
const MOST = 8
const STEPS = [1, 2, 3, 5, 7, 14, 28, 91, 182, 364]

/** A few moments, a whole number of days apart, from the first on; in milliseconds. */
export function evenDays(from: number, to: number, most = MOST): number[] {
  const days = (to - from) / DAY_MS
  const gaps = Math.min(most, MOST) - 1
  const step = STEPS.find((size) => days / size <= gaps) ?? Math.ceil(days / gaps)
  return Array.from({ length: Math.floor(days / step) + 1 }, (_, index) => from + index * step * DAY_MS)
}

/** Beginnings of days, evenly apart by the calendar of a time zone. */
export function midnights(from: number, to: number, timeZone: string, most = MOST): number[] {
  // Half a day later is sure to be the day that begins next, whatever summer time does.
  return evenDays(from, to, most)
    .map((at) => midnightOf(at + DAY_MS / 2, timeZone))
    .filter((at) => at >= from && at <= to)
}

function midnightOf(at: number, timeZone: string): number {
  return Date.parse(dayStart(dayOf(new Date(at).toISOString(), timeZone), timeZone))
}
