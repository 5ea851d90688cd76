/** The words by which people choose a test. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

import type { CountTest, TestOp } from '../../lib/rules/types'

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
  has_any: msg`has any of`,
  has_none: msg`has none of`,
}

export const COUNT_WORDS: Record<CountTest['op'], MessageDescriptor> = {
  at_least: msg({ context: 'times', message: 'at least' }),
  at_most: msg({ context: 'times', message: 'at most' }),
  exactly: msg`exactly`,
  between: msg({ context: 'times', message: 'between' }),
}
