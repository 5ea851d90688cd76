import { useLingui } from '@lingui/react/macro'

import { StateLabel, type Tone } from '../../components/States'
import type { ExportSchedule, ExportSubject, FileExport, Forwarding } from '../../lib/api/types'

const TONES: Record<FileExport['state'], Tone> = {
  queued: 'idle',
  running: 'live',
  done: 'good',
  failed: 'bad',
  cancelled: 'dim',
  expired: 'dim',
}

export function ExportStateLabel({ state }: { state: FileExport['state'] }) {
  const { t } = useLingui()
  const names: Record<FileExport['state'], string> = {
    queued: t({ context: 'export', message: 'Waiting' }),
    running: t({ context: 'export', message: 'Being written' }),
    done: t({ context: 'export', message: 'Ready' }),
    failed: t({ context: 'export', message: 'Failed' }),
    cancelled: t({ context: 'export', message: 'Cancelled' }),
    expired: t({ context: 'export', message: 'Deleted by age' }),
  }
  return <StateLabel tone={TONES[state]}>{names[state]}</StateLabel>
}

export function useSubjectName(): (subject: ExportSubject) => string {
  const { t } = useLingui()
  return (subject) =>
    ({ profiles: t`Customers`, events: t`Events`, orders: t`Orders`, messages: t`Messages` })[subject]
}

/** The rhythm of a schedule as a sentence: “every day at 03:00”. */
export function useRhythmText(): (rhythm: ExportSchedule['rhythm']) => string {
  const { t } = useLingui()
  const days = useWeekdays()
  return ({ every, hour, minute, weekday }) => {
    const time = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
    if (every === 'hour') return t`every hour at minute ${minute}`
    if (every === 'day') return t`every day at ${time}`
    const day = days[weekday] ?? ''
    return t`every week, ${day}, at ${time}`
  }
}

/** The days of the week, Monday first, as they stand in a list. */
export function useWeekdays(): string[] {
  const { t } = useLingui()
  return [t`Monday`, t`Tuesday`, t`Wednesday`, t`Thursday`, t`Friday`, t`Saturday`, t`Sunday`]
}

export function useBytes(): (bytes: number) => string {
  const { i18n } = useLingui()
  return (bytes) => {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
    const place = Math.min(3, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
    return new Intl.NumberFormat(i18n.locale === 'ru' ? 'ru-RU' : 'en-GB', {
      style: 'unit',
      unit: units[place] ?? 'byte',
      maximumFractionDigits: place > 1 ? 1 : 0,
    }).format(bytes / 1000 ** place)
  }
}

export function ForwardingStateLabel({ forwarding }: { forwarding: Forwarding }) {
  const { t } = useLingui()
  if (forwarding.state === 'paused') return <StateLabel tone="idle">{t`Paused`}</StateLabel>
  if (forwarding.stopped_by === 'gone') {
    return <StateLabel tone="bad">{t`Off: the receiver said it is gone`}</StateLabel>
  }
  if (forwarding.state === 'off') return <StateLabel tone="dim">{t`Off`}</StateLabel>
  if (forwarding.failures > 0) return <StateLabel tone="warn">{t`The receiver does not answer`}</StateLabel>
  return <StateLabel tone="good">{t({ context: 'forwarding', message: 'On' })}</StateLabel>
}
