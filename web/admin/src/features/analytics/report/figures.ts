/** The counts of a report, in words, and the people behind them. */

import { useLingui } from '@lingui/react/macro'

import type { ReportChoice, ReportFigure } from '../../../lib/api/types'

export function useFigureNames(): Record<ReportFigure, string> {
  const { t } = useLingui()
  return {
    assigned: t`People in the group`,
    skipped: t`Left out`,
    sent: t({ context: 'letter', message: 'Sent' }),
    delivered: t`Delivered`,
    bounced: t`Not accepted`,
    failed: t`Not sent`,
    in_doubt: t`In doubt`,
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

export interface PeopleChoice extends ReportChoice {
  figure: ReportFigure
  arm?: string
  url?: string
  /** The number of a link in the letter of `arm`. */
  link?: string
}

/** The page with the people behind a figure. */
export function peopleHref(campaignId: string, { figure, arm, url, link, ...choice }: PeopleChoice): string {
  const query = new URLSearchParams({
    figure,
    ...(arm && { arm }),
    ...(url && { url }),
    ...(link && { link }),
    ...searchOf(choice),
  })
  return `/mailings/${campaignId}/people?${query}`
}

/** What of an address says how the report is read. */
export interface ChoiceSearch {
  goal?: string
  outliers?: string
  part?: string
}

/** In an address: checks far above the mean don't count. */
const LEFT_OUT = 'out'

export function choiceOf({ goal, outliers, part }: ChoiceSearch): ReportChoice {
  const place = Number(goal)
  return {
    ...(Number.isInteger(place) && place > 0 && { goal: place }),
    ...(outliers === LEFT_OUT && { without_outliers: true }),
    ...(part === 'rest' && { part }),
  }
}

export function searchOf({ goal, without_outliers, part }: ReportChoice): ChoiceSearch {
  return {
    ...(goal && { goal: String(goal) }),
    ...(without_outliers && { outliers: LEFT_OUT }),
    ...(part === 'rest' && { part }),
  }
}
