import { useLingui } from '@lingui/react/macro'

import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'

/** A value of any JSON type as a person reads it. */
export function useTraitText(): (value: unknown, type?: string) => string {
  const { t } = useLingui()
  const format = useFormat()
  const text = (value: unknown, type = ''): string => {
    if (value === null || value === undefined || value === '') return NOTHING
    if (typeof value === 'boolean') return value ? t`yes` : t`no`
    if (typeof value === 'number') return format.number(value)
    if (typeof value === 'string') {
      if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return format.date(value)
      if (type === 'date' && !Number.isNaN(Date.parse(value))) return format.dateTime(value)
      return value
    }
    if (Array.isArray(value)) return value.map((item) => text(item)).join(', ')
    if (typeof value === 'object') {
      return Object.entries(value)
        .map(([name, part]) => `${name}: ${text(part)}`)
        .join(', ')
    }
    return String(value)
  }
  return text
}
