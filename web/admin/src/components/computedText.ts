import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'

import { NOTHING } from '../lib/format/format'
import { useFormat } from '../lib/format/useFormat'

/** Groups of RFM by their codes. */
export const GROUP_WORDS: Record<string, MessageDescriptor> = {
  champions: msg`Champions`,
  loyal: msg`Loyal`,
  potential_loyal: msg`Potentially loyal`,
  new: msg`New`,
  promising: msg`Promising`,
  need_attention: msg`Need attention`,
  about_to_sleep: msg`About to sleep`,
  at_risk: msg`At risk`,
  cant_lose: msg`Can't lose`,
  hibernating: msg`Hibernating`,
  lost: msg`Lost`,
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** Says a value of a computed trait: a number, a date, a text, or the parts of a score or of RFM. */
export function useComputedText(): (value: unknown) => string {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const one = (value: unknown): string => {
    if (value === null || value === undefined) return NOTHING
    if (typeof value === 'number') return format.number(value)
    if (typeof value === 'boolean') return value ? t`yes` : t`no`
    if (typeof value === 'string' && MOMENT.test(value)) return format.dateTime(value)
    return String(value)
  }
  return (value) => {
    if (typeof value !== 'object' || value === null) return one(value)
    const parts = value as Record<string, unknown>
    if ('group' in parts) {
      const group = GROUP_WORDS[String(parts['group'])]
      const cell = [parts['recency'], parts['frequency'], parts['monetary']].map(one).join('–')
      return `${group ? i18n._(group) : String(parts['group'])} · ${cell}`
    }
    return Object.values(parts).map(one).join(' · ')
  }
}
