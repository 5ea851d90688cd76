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

/** The reverse: a UTC time as the wall clock of the zone shows it. */
export function toWall(utc: string, timeZone: string): string {
  const at = new Date(utc)
  const wall = new Date(at.getTime() + offsetMinutes(at, timeZone) * 60_000)
  return wall.toISOString().slice(0, 19).replace('T', ' ')
}
