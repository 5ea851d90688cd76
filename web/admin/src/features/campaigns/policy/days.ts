/** Holidays as the rules write them, 'MM-DD' for every year or 'YYYY-MM-DD' for one; pure. */

import type { Holiday } from '../../../lib/api/types'

/** A day of a leap year stands for one of every year, so that 29 February can be shown too. */
const LEAP_YEAR = '2024'

export const isYearly = (holiday: Holiday): boolean => holiday.day.length === 5

export function holidayText(holiday: Holiday, locale: string): string {
  const yearly = isYearly(holiday)
  const day = new Date(`${yearly ? `${LEAP_YEAR}-` : ''}${holiday.day}T00:00:00Z`)
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    day: 'numeric',
    month: 'long',
    ...(yearly ? {} : { year: 'numeric' }),
    timeZone: 'UTC',
  }).format(day)
}

/** Adds days that are not there yet; those of every year come first, in the order of the calendar. */
export function addHolidays(present: Holiday[], added: Holiday[]): Holiday[] {
  const days = new Map([...present, ...added].map((one) => [one.day, one]))
  // What is there keeps its name.
  for (const one of present) days.set(one.day, one)
  return [...days.values()].sort((a, b) => a.day.length - b.day.length || a.day.localeCompare(b.day))
}
