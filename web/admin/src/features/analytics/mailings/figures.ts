/** The figures of mailings: what they are called, what they are shares of, which way is good. */

import { useLingui } from '@lingui/react/macro'

import type { MailingsFigure, MailingsTotals } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import type { Kind } from './changes'

export interface TotalFigure {
  id: string
  label: string
  kind: Kind
  /** Null: it can't be told. */
  of: (totals: MailingsTotals) => number | null
  /** How many people stand behind a share. */
  count?: (totals: MailingsTotals) => number
  good: -1 | 0 | 1
  /** Whose list it opens. */
  people: MailingsFigure
  /** Follows the rule by which an order belongs to a letter. */
  attributed?: boolean
}

type Count = 'delivered' | 'bounced' | 'opened' | 'clicked' | 'unsubscribed' | 'complained'

export function useTotalFigures(): { letters: TotalFigure[]; orders: TotalFigure[] } {
  const { t } = useLingui()
  const share = (id: Count, label: string, base: 'sent' | 'delivered', good: -1 | 1): TotalFigure => ({
    id,
    label,
    kind: 'share',
    of: (totals) => (totals[base] ? totals[id] / totals[base] : null),
    count: (totals) => totals[id],
    people: id,
    good,
  })
  return {
    letters: [
      { id: 'sent', label: t({ context: 'letter', message: 'Sent' }), kind: 'count', of: (totals) => totals.sent, people: 'sent', good: 0 },
      { id: 'people', label: t`People reached`, kind: 'count', of: (totals) => totals.people, people: 'sent', good: 0 },
      share('delivered', t`Delivered`, 'sent', 1),
      share('opened', t`Opened by people`, 'delivered', 1),
      share('clicked', t`Clicked by people`, 'delivered', 1),
      share('unsubscribed', t`Unsubscribed`, 'delivered', -1),
      share('complained', t`Complained`, 'delivered', -1),
      share('bounced', t`Not accepted`, 'sent', -1),
    ],
    orders: [
      {
        id: 'attributed_orders',
        label: t`Orders from letters`,
        kind: 'count',
        of: (totals) => totals.attributed_orders,
        people: 'attributed',
        good: 1,
        attributed: true,
      },
      {
        id: 'attributed_revenue',
        label: t`Revenue from letters`,
        kind: 'money',
        of: (totals) => totals.attributed_revenue,
        people: 'attributed',
        good: 1,
        attributed: true,
      },
      { id: 'orders', label: t`All orders`, kind: 'count', of: (totals) => totals.orders, people: 'buyers', good: 1 },
      { id: 'revenue', label: t`All revenue`, kind: 'money', of: (totals) => totals.revenue, people: 'buyers', good: 1 },
      { id: 'buyers', label: t`Buyers`, kind: 'count', of: (totals) => totals.buyers, people: 'buyers', good: 1 },
    ],
  }
}

/** What a list of people is of. */
export function usePeopleNames(): Record<MailingsFigure, string> {
  const { t } = useLingui()
  return {
    assigned: t`People in the groups`,
    sent: t({ context: 'letter', message: 'Sent' }),
    delivered: t`Delivered`,
    bounced: t`Not accepted`,
    opened: t`Opened by people`,
    clicked: t`Clicked by people`,
    unsubscribed: t`Unsubscribed`,
    complained: t`Complained`,
    buyers: t`Buyers`,
    attributed: t`Orders from letters`,
  }
}

/** A figure as text; money in the currency of the report. */
export function useShowFigure(currency: string | null): (kind: Kind, value: number | null) => string {
  const format = useFormat()
  return (kind, value) => {
    if (value === null) return NOTHING
    if (kind === 'money') return format.money(Math.round(value * 100) / 100, currency)
    if (kind === 'count') return format.number(Math.round(value * 10) / 10)
    return format.percent(value, value === 0 || value === 1 ? 0 : value < 0.1 ? 2 : 1)
  }
}
