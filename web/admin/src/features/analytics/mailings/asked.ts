/** What the report of all mailings is asked for, as its address has it. Pure. */

import type { MailingsAsked, MailingsBehind, MailingsFigure } from '../../../lib/api/types'
import { MODELS, type Rule, TOUCHES } from './attribution'
import { type Period, PERIODS, type Span, spanOf } from './periods'

export type Against = 'none' | 'before' | 'year'
const AGAINST: Against[] = ['none', 'before', 'year']
export const SEGMENTS_MAX = 10

export interface MailingsSearch {
  period?: string
  since?: string
  until?: string
  against?: string
  model?: string
  touch?: string
  days?: string
  /** Only people of this segment. */
  segment?: string
  /** Those that stand side by side, with commas. */
  segments?: string
  sort?: string
}

export interface Asked {
  period: Period
  span: Span
  today: string
  against: Against
  rule: Rule
  segment: string | undefined
  segments: string[]
}

/** What of an address is one of the words that are known; else the first of them. */
function known<Word extends string>(text: string | undefined, words: readonly [Word, ...Word[]] | Word[]): Word {
  return words.find((word) => word === text) ?? (words[0] as Word)
}

/** `today`: the day it is in the zone of the workspace. */
export function askedOf(search: MailingsSearch, today: string): Asked {
  const period = known(search.period, PERIODS)
  const days = Number(search.days)
  return {
    period,
    today,
    span: spanOf(period, today, search),
    against: known(search.against ?? 'before', AGAINST),
    rule: {
      model: known(search.model, MODELS),
      touch: known(search.touch, TOUCHES),
      days: Number.isInteger(days) && days >= 1 && days <= 90 ? days : 7,
    },
    segment: search.segment,
    segments: [...new Set((search.segments ?? '').split(',').filter(Boolean))].slice(0, SEGMENTS_MAX),
  }
}

/** The same for the server. */
export function queryOf({ span, against, rule, segment }: Asked): MailingsAsked {
  return {
    ...span,
    against,
    model: rule.model,
    touch: rule.touch,
    window_days: rule.days,
    ...(segment && { segment }),
  }
}

/** Whom a figure counts: of one mailing or all, of a month or the whole period. */
export interface Whom {
  figure: MailingsFigure
  mailing?: string
  month?: string
  /** Another than the page's; null: everybody. */
  segment?: string | null
}

/** The page with the people behind a figure; the days are written out, as the way back shows them. */
export function peopleHref(search: MailingsSearch, { figure, mailing, month, segment }: Whom): string {
  const whose = segment === undefined ? search.segment : segment
  const entries = Object.entries({ ...search, segment: whose, figure, mailing, month })
  const query = new URLSearchParams(entries.flatMap(([key, value]) => (value ? [[key, value]] : [])))
  return `/reports/people?${query}`
}

const FIGURES: MailingsFigure[] = [
  'assigned',
  'sent',
  'delivered',
  'bounced',
  'opened',
  'clicked',
  'unsubscribed',
  'complained',
  'buyers',
  'attributed',
]

export interface PeopleSearch extends MailingsSearch {
  figure?: string
  mailing?: string
  month?: string
}

export function behindOf({ figure, mailing, month, ...search }: PeopleSearch, today: string): MailingsBehind {
  const { against: _, ...asked } = queryOf(askedOf(search, today))
  return {
    ...asked,
    figure: FIGURES.find((one) => one === figure) ?? 'sent',
    ...(mailing && { campaign_id: mailing }),
    ...(month && /^\d{4}-\d{2}$/.test(month) && { month }),
  }
}
