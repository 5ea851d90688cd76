/** Months of a calendar as texts, 'YYYY-MM'; pure. */

const DAY_MS = 86_400_000

export function monthOf(day: string): string {
  return day.slice(0, 7)
}

export function addMonths(month: string, count: number): string {
  const [year = 2000, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7)
}

export function dayAfter(day: string): string {
  return new Date(new Date(`${day}T00:00:00Z`).getTime() + DAY_MS).toISOString().slice(0, 10)
}

/** The days of a month in whole weeks from Monday to Sunday, 'YYYY-MM-DD'. */
export function weeksOf(month: string): string[][] {
  const first = new Date(`${month}-01T00:00:00Z`)
  const start = first.getTime() - ((first.getUTCDay() + 6) % 7) * DAY_MS
  const end = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1)
  const weeks: string[][] = []
  for (let at = start; at < end; at += 7 * DAY_MS) {
    weeks.push(Array.from({ length: 7 }, (_, day) => new Date(at + day * DAY_MS).toISOString().slice(0, 10)))
  }
  return weeks
}
