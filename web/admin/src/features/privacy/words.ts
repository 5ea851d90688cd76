import { useLingui } from '@lingui/react/macro'

import type { ErasureBasis, Law, PersonRequest, RequestKind } from '../../lib/api/types'

/** Words of the laws on personal data, as the interface says them. */
export function usePrivacyWords() {
  const { t } = useLingui()
  const kinds: Record<RequestKind, string> = {
    access: t`Access, a copy of the data`,
    rectification: t`Rectification`,
    erasure: t`Erasure`,
    objection: t`Objection to marketing`,
    withdrawal: t`Withdrawal of consent`,
    stop: t`Demand to stop processing`,
  }
  const laws: Record<Law, string> = { '152-fz': t`152-FZ`, gdpr: t`GDPR` }
  const bases: Record<ErasureBasis, string> = {
    request: t`The person demands it (152-FZ, art. 14 and 20)`,
    withdrawal: t`Consent to processing is withdrawn (152-FZ, art. 21, 5)`,
    purpose_reached: t`The purpose is reached (152-FZ, art. 21, 4)`,
    unlawful: t`The processing was unlawful (152-FZ, art. 21, 3)`,
    gdpr: t`Right to erasure (GDPR, art. 17)`,
    company: t`Our own decision: the data are not needed`,
  }
  return { kinds, laws, bases }
}

/** How much of a term is left, in words. */
export function useCountdown(): (request: PersonRequest) => string {
  const { t, i18n } = useLingui()
  return ({ urgency, left, left_unit }) => {
    if (urgency === 'closed') return ''
    if (urgency === 'today') return t`today is the last day`
    const days = countDays(i18n.locale, Math.abs(left), left_unit === 'working_days')
    if (urgency === 'overdue') return left === 0 ? t`the term is over` : t`late by ${days}`
    return t`${days} left`
  }
}

/** A day of the calendar in words; it has no time zone, so none may move it. */
export function useDay(): (day: string) => string {
  const { i18n } = useLingui()
  const format = new Intl.DateTimeFormat(i18n.locale === 'ru' ? 'ru-RU' : 'en-GB', {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
  return (day) => format.format(new Date(`${day}T00:00:00Z`)).replace(/\s?г\.$/, '')
}

/** «3 рабочих дня», "1 day": the noun agrees with the number. */
export function countDays(locale: string, count: number, working: boolean): string {
  const form = new Intl.PluralRules(locale).select(count)
  const ru = working
    ? { one: 'рабочий день', few: 'рабочих дня', many: 'рабочих дней' }
    : { one: 'день', few: 'дня', many: 'дней' }
  const en = working ? { one: 'working day', other: 'working days' } : { one: 'day', other: 'days' }
  const words: Record<string, string> = locale === 'ru' ? ru : en
  return `${count} ${words[form] ?? words.many ?? words.other}`
}

export const URGENCY_TONES = { overdue: 'bad', today: 'bad', soon: 'warn', calm: 'good', closed: 'dim' } as const
