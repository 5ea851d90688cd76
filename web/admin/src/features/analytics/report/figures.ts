/** The counts of a report, in words, and the people behind them. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'

import { pageOf, type ReportOf } from '../../../lib/api/reportOf'
import type { Behind, ReportChoice, ReportDimension, ReportFigure, ReportPart } from '../../../lib/api/types'

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
    opened: t`Opened by anybody`,
    opened_person: t`Opened by people`,
    opened_machine: t`Opened by machines only`,
    clicked: t`Clicked by anybody`,
    clicked_person: t`Clicked by people`,
    clicked_machine: t`Clicked by machines only`,
    unsubscribed: t`Unsubscribed`,
    complained: t`Complained`,
    targets: t`Did the target action`,
    outliers: t`Orders far above the mean`,
  }
}

const LEAVING: Record<string, MessageDescriptor> = {
  too_often: msg`Too many letters`,
  not_interesting: msg`Not interesting`,
  not_needed: msg`Not needed any more`,
  never_asked: msg`Never subscribed`,
  other: msg`Something else`,
}

/** Returns what a reason of leaving is called. */
export function useLeavingNames(): (reason: string) => string {
  const { i18n } = useLingui()
  return (reason) => {
    const words = LEAVING[reason]
    return words ? i18n._(words) : reason
  }
}

export interface PeopleChoice extends ReportChoice {
  figure: ReportFigure
  arm?: string
  url?: string
  /** The number of a link in the letter of `arm`. */
  link?: string
  /** The reason that they gave for leaving. */
  why?: string
  /** The rule that told who opened or clicked, and for whom it holds them. */
  sign?: string
  verdict?: Behind['verdict']
  /** Without the control group. */
  lettered?: boolean
  /** Of the day, by the workspace's clock. */
  hour?: number
  /** A part of the report by something. */
  place?: Place
}

/** A row of the report by a trait, domain, device or segment. */
export type Place = Pick<Behind, 'by' | 'trait' | 'segment_id' | 'place' | 'value' | 'low'>

/** One word of an address for all of it. */
function placeText(place: Place): string {
  return new URLSearchParams(
    Object.entries(place).flatMap(([key, value]) =>
      [value].flat().flatMap((one) => (one || one === 0 ? [[key, String(one)]] : [])),
    ),
  ).toString()
}

const DIMENSIONS: ReportDimension[] = ['trait', 'domain', 'device', 'segment']
const KINDS: ReportPart['kind'][] = ['value', 'range', 'rest', 'none']

/** Null for what this page never wrote. */
export function placeOf(text: string): Place | null {
  const query = new URLSearchParams(text)
  const by = DIMENSIONS.find((one) => one === query.get('by'))
  if (!by) return null
  const low = query.get('low')
  return {
    by,
    place: KINDS.find((one) => one === query.get('place')) ?? 'value',
    ...(query.has('trait') && { trait: query.get('trait') ?? '' }),
    ...(query.has('segment_id') && { segment_id: query.getAll('segment_id') }),
    ...(query.has('value') && { value: query.get('value') ?? '' }),
    ...(low !== null && Number.isFinite(Number(low)) && { low: Number(low) }),
  }
}

/** The page with the people behind a figure. */
export function peopleHref(of: ReportOf, { figure, arm, url, link, why, sign, verdict, lettered, hour, place, ...choice }: PeopleChoice): string {
  const query = new URLSearchParams({
    ...of.asked,
    figure,
    ...(arm && { arm }),
    ...(url && { url }),
    ...(link && { link }),
    ...(why && { why }),
    ...(sign && { sign }),
    ...(verdict && { verdict }),
    ...(lettered && { lettered: 'true' }),
    ...(hour !== undefined && { hour: String(hour) }),
    ...(place && { place: placeText(place) }),
    ...searchOf(choice),
  })
  return `${pageOf(of)}/people?${query}`
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
