/**
 * Date pickers speak in wall-clock strings without a zone ('2026-11-21 14:05:00'); the API speaks
 * UTC. These two turn one into the other in the workspace's zone.
 */

/** Minutes that `timeZone` is ahead of UTC at the given moment. */
function offsetMinutes(at: Date, timeZone: string): number {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
      .formatToParts(at)
      .map((part) => [part.type, Number(part.value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>
  const wall = Date.UTC(
    parts.year,
    parts.month - 1,
    parts.day,
    parts.hour,
    parts.minute,
    parts.second,
  )
  return Math.round((wall - Math.floor(at.getTime() / 1000) * 1000) / 60_000)
}

/** '2026-11-21 14:05:00' in the zone → '2026-11-21T11:05:00.000Z' */
export function toUtc(wall: string, timeZone: string): string {
  const asUtc = new Date(`${wall.replace(' ', 'T')}Z`)
  const first = offsetMinutes(asUtc, timeZone)
  // Near a change of summer time the offset at the guess may differ from the one at the answer.
  const second = offsetMinutes(new Date(asUtc.getTime() - first * 60_000), timeZone)
  return new Date(asUtc.getTime() - second * 60_000).toISOString()
}

/** The moment at which a day of the zone begins: '2026-11-21' → '2026-11-20T21:00:00.000Z' */
export function dayStart(day: string, timeZone: string): string {
  return toUtc(`${day} 00:00:00`, timeZone)
}

/** The moment at which the day is over, which is the beginning of the next. */
export function dayEnd(day: string, timeZone: string): string {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000)
  return dayStart(next.toISOString().slice(0, 10), timeZone)
}

/** The day of the zone to which a moment belongs. */
export function dayOf(utc: string, timeZone: string): string {
  return toWall(utc, timeZone).slice(0, 10)
}

/** The reverse: a UTC time as the wall clock of the zone shows it. */
export function toWall(utc: string, timeZone: string): string {
  const at = new Date(utc)
  const wall = new Date(at.getTime() + offsetMinutes(at, timeZone) * 60_000)
  return wall.toISOString().slice(0, 19).replace('T', ' ')
}
