/** The counts of a report, in words, and the people behind them. */

import { useLingui } from '@lingui/react/macro'

import type { ReportFigure } from '../../../lib/api/types'

export function useFigureNames(): Record<ReportFigure, string> {
  const { t } = useLingui()
  return {
    assigned: t`People in the group`,
    skipped: t`Kept back`,
    sent: t({ context: 'letter', message: 'Sent' }),
    delivered: t`Delivered`,
    bounced: t`Not accepted`,
    failed: t`Not sent`,
    in_doubt: t`Delivery unknown`,
    opened_person: t`Opened by people`,
    opened_machine: t`Opened by machines only`,
    clicked_person: t`Clicked by people`,
    clicked_machine: t`Clicked by machines only`,
    unsubscribed: t`Unsubscribed`,
    complained: t`Complained`,
    targets: t`Did the target action`,
    outliers: t`Checks far above the mean`,
  }
}

export interface PeopleChoice {
  figure: ReportFigure
  arm?: string
  url?: string
  withoutOutliers?: boolean
}

/** The page with the people behind a figure. */
export function peopleHref(campaignId: string, { figure, arm, url, withoutOutliers }: PeopleChoice): string {
  const query = new URLSearchParams({
    figure,
    ...(arm && { arm }),
    ...(url && { url }),
    ...(withoutOutliers && { outliers: LEFT_OUT }),
  })
  return `/mailings/${campaignId}/people?${query}`
}

/** In an address: checks far above the mean don't count. */
export const LEFT_OUT = 'out'
