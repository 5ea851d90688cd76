import { useMemo } from 'react'

import { useFormat } from '../../lib/format/useFormat'
import { DAY_MS, midnights } from './midnights'

/** Words for the time of charts: days on a long axis, the clock on a short one. */
export function useTimeAxis() {
  const format = useFormat()
  return useMemo(
    () => ({
      formatTime: (at: number) => format.dateTime(new Date(at)),
      formatAxisTime: (at: number, spanMs: number) =>
        spanMs < 2 * DAY_MS ? format.time(new Date(at)) : format.shortDate(new Date(at)),
      axisTimes: (from: number, to: number, most: number) =>
        to - from < 2 * DAY_MS ? undefined : midnights(from, to, format.timeZone, most),
    }),
    [format],
  )
}
