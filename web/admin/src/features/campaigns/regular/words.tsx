import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'

import { StateLabel, type Tone } from '../../../components/States'
import type { RegularMailing, RegularPlan, RegularRun } from '../../../lib/api/types'

const STATES: Record<RegularMailing['state'], { tone: Tone; label: MessageDescriptor }> = {
  draft: { tone: 'idle', label: msg`Draft` },
  active: { tone: 'live', label: msg({ context: 'regular mailing', message: 'Active' }) },
  paused: { tone: 'warn', label: msg`Paused` },
  finished: { tone: 'good', label: msg`Finished` },
}

export function RegularStateLabel({ state }: { state: RegularMailing['state'] }) {
  const { i18n } = useLingui()
  return <StateLabel tone={STATES[state].tone}>{i18n._(STATES[state].label)}</StateLabel>
}

const RUNS: Record<RegularRun['state'], { tone: Tone; label: MessageDescriptor }> = {
  queued: { tone: 'live', label: msg`Begins` },
  made: { tone: 'live', label: msg`Being launched` },
  launched: { tone: 'good', label: msg({ context: 'run', message: 'Went out' }) },
  nothing_new: { tone: 'dim', label: msg`Nothing new` },
  skipped: { tone: 'dim', label: msg`Left out by hand` },
  missed: { tone: 'warn', label: msg`Missed` },
  failed: { tone: 'bad', label: msg({ context: 'run', message: 'Failed' }) },
}

export function RunStateLabel({ state }: { state: RegularRun['state'] }) {
  const { i18n } = useLingui()
  return <StateLabel tone={RUNS[state].tone}>{i18n._(RUNS[state].label)}</StateLabel>
}

/** Days of the week from Monday, in the reader's language. */
export function useWeekdays(style: 'short' | 'long'): string[] {
  const { i18n } = useLingui()
  const format = new Intl.DateTimeFormat(i18n.locale, { weekday: style, timeZone: 'UTC' })
  // 1 January 2024 was a Monday.
  return [0, 1, 2, 3, 4, 5, 6].map((day) => format.format(new Date(Date.UTC(2024, 0, 1 + day))))
}

/** A plan as a sentence: every week on Monday and Thursday at 10:00. */
export function usePlanText(): (plan: RegularPlan) => string {
  const { t, i18n } = useLingui()
  const days = useWeekdays('long')
  return (plan) => {
    const { time, month_day } = plan
    const listed = new Intl.ListFormat(i18n.locale, { type: 'conjunction' }).format(
      [...plan.weekdays].sort((a, b) => a - b).map((day) => days[day - 1] ?? ''),
    )
    const when =
      plan.every === 'day'
        ? t`Every day at ${time}`
        : plan.every === 'month'
          ? t`Every month on day ${month_day} at ${time}`
          : t`Every week (${listed}) at ${time}`
    return plan.zone === 'own' ? `${when}, ${t`by each reader's clock`}` : when
  }
}
