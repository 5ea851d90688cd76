/** The words by which people choose a test. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

import type { CalendarUnit, CountTest, TestOp } from '../../lib/rules/types'

export const TEST_WORDS: Record<TestOp, MessageDescriptor> = {
  eq: msg`is`,
  neq: msg`is not`,
  in: msg`is one of`,
  not_in: msg`is none of`,
  contains: msg`contains`,
  starts_with: msg`starts with`,
  ends_with: msg`ends with`,
  gt: msg`more than`,
  gte: msg`at least`,
  lt: msg`less than`,
  lte: msg`at most`,
  between: msg`between`,
  is_set: msg`is known`,
  is_not_set: msg`is not known`,
  is_true: msg`yes`,
  is_false: msg`no`,
  before: msg`before`,
  after: msg`after`,
  between_dates: msg`between the dates`,
  in_last: msg`within the last`,
  more_than_ago: msg`more than … ago`,
  in_next: msg`within the next`,
  ago_between: msg`between … and … ago`,
  in_period: msg`in the calendar period`,
  anniversary_in_next: msg`anniversary within`,
  has_any: msg`has any of`,
  has_none: msg`has none of`,
}

export const COUNT_WORDS: Record<CountTest['op'], MessageDescriptor> = {
  at_least: msg({ context: 'times', message: 'at least' }),
  at_most: msg({ context: 'times', message: 'at most' }),
  exactly: msg`exactly`,
  between: msg({ context: 'times', message: 'between' }),
}

export const WHICH_WORDS: Record<'this' | 'last' | 'next', MessageDescriptor> = {
  this: msg({ context: 'calendar', message: 'this' }),
  last: msg({ context: 'calendar', message: 'last' }),
  next: msg({ context: 'calendar', message: 'next' }),
}

export const CALENDAR_WORDS: Record<CalendarUnit, MessageDescriptor> = {
  day: msg({ context: 'calendar', message: 'day' }),
  week: msg({ context: 'calendar', message: 'week' }),
  month: msg({ context: 'calendar', message: 'month' }),
  quarter: msg({ context: 'calendar', message: 'quarter' }),
  year: msg({ context: 'calendar', message: 'year' }),
}
