import { Tooltip } from '@mantine/core'

import { NOTHING } from '../lib/format/format'
import { useFormat } from '../lib/format/useFormat'
import { useNow } from '../lib/hooks/useNow'

/** A relative time that carries the exact one, with its zone, on hover and focus. */
export function Ago({ at }: { at: string | null | undefined }) {
  const format = useFormat()
  const now = useNow()
  if (!at) return <span>{NOTHING}</span>
  return (
    <Tooltip label={`${format.dateTime(at)} (${format.timeZone})`}>
      <time dateTime={at}>{format.relative(at, now)}</time>
    </Tooltip>
  )
}

export function DateTime({ at }: { at: string | null | undefined }) {
  const format = useFormat()
  if (!at) return <span>{NOTHING}</span>
  return (
    <Tooltip label={format.timeZone}>
      <time dateTime={at}>{format.dateTime(at)}</time>
    </Tooltip>
  )
}
