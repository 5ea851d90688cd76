/** Calendar days as texts: what the fields of dates show and what people type into them. Pure. */

import type { Lang } from '../api/types'

/** Beginnings of the names of months, as people shorten them, in the order of the year. */
const MONTHS = [
  ['jan', 'янв'],
  ['feb', 'фев'],
  ['mar', 'мар'],
  ['apr', 'апр'],
  ['may', 'мая', 'май'],
  ['jun', 'июн'],
  ['jul', 'июл'],
  ['aug', 'авг'],
  ['sep', 'сен'],
  ['oct', 'окт'],
  ['nov', 'ноя'],
  ['dec', 'дек'],
]
const SHORT = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** '2026-11-21' as a field shows it: 21.11.2026 in Russian, 21 Nov 2026 in English. */
export function showDay(day: string, lang: Lang): string {
  const [year, month, date] = day.slice(0, 10).split('-')
  if (!year || !month || !date) return ''
  return lang === 'ru' ? `${date}.${month}.${year}` : `${Number(date)} ${SHORT[Number(month) - 1]} ${year}`
}

/**
 * Reads a typed day as 'YYYY-MM-DD', or null when it names no day. The day comes before the month,
 * as both languages of the product write it; a month in words may stand on either side. Two digits
 * of a year are read only when asked: somebody still typing 21.11.2026 has passed 21.11.20.
 */
export function parseDay(text: string, withShortYears = false): string | null {
  const typed = text
    .trim()
    .toLowerCase()
    .replace(/\s*(г\.?|года)$/, '')
  const iso = /^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$/.exec(typed)
  if (iso) return asDay(iso[1], iso[2], iso[3])
  const digits = /^(\d{1,2})[-./ ]\s?(\d{1,2})[-./ ]\s?(\d{4}|\d{2})$/.exec(typed) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(typed)
  if (digits) {
    if (digits[3]?.length === 2 && !withShortYears) return null
    return asDay(digits[3], digits[2], digits[1])
  }
  const words =
    /^(?<day>\d{1,2})[ -]?(?<month>\p{L}{3,})\.?,?[ -]?(?<year>\d{4})$/u.exec(typed) ??
    /^(?<month>\p{L}{3,})\.? ?(?<day>\d{1,2}),? (?<year>\d{4})$/u.exec(typed)
  const name = words?.groups?.month
  const month = name ? MONTHS.findIndex((starts) => starts.some((start) => name.startsWith(start))) : -1
  return month < 0 ? null : asDay(words?.groups?.year, String(month + 1), words?.groups?.day)
}

function asDay(year = '', month = '', date = ''): string | null {
  // Two digits mean the nearest such year: birthdays lie back, terms a little ahead.
  const full = year.length === 2 ? Number(year) + (Number(year) < 70 ? 2000 : 1900) : Number(year)
  const day = `${String(full).padStart(4, '0')}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  const at = new Date(`${day}T00:00:00Z`)
  // The engine turns 31 February into March; a day that is not in the calendar is none.
  return full >= 1000 && !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === day ? day : null
}
