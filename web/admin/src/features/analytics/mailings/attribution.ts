/** The rule by which an order belongs to a letter, in words: beside every number that follows it. */

import type { MessageDescriptor } from '@lingui/core'
import { msg, plural } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'

import type { AttributionModel, Touch } from '../../../lib/api/types'

export const MODELS: AttributionModel[] = ['last', 'first', 'position', 'any']
export const TOUCHES: Touch[] = ['clicked', 'opened', 'delivered']
export const WINDOW_DAYS = [1, 3, 7, 14, 30, 60, 90]

export interface Rule {
  model: AttributionModel
  touch: Touch
  days: number
}

export const MODEL_NAMES: Record<AttributionModel, MessageDescriptor> = {
  last: msg`Last touch`,
  first: msg`First touch`,
  position: msg`By position`,
  any: msg`Every touch`,
}
export const TOUCH_NAMES: Record<Touch, MessageDescriptor> = {
  clicked: msg({ context: 'touch', message: 'A click' }),
  opened: msg({ context: 'touch', message: 'An opening' }),
  delivered: msg({ context: 'touch', message: 'A delivery' }),
}

const RULES: Record<AttributionModel, Record<Touch, MessageDescriptor>> = {
  last: { clicked: msg`last click`, opened: msg`last opening`, delivered: msg`last delivery` },
  first: { clicked: msg`first click`, opened: msg`first opening`, delivered: msg`first delivery` },
  position: {
    clicked: msg`clicks by position`,
    opened: msg`openings by position`,
    delivered: msg`deliveries by position`,
  },
  any: { clicked: msg`every click`, opened: msg`every opening`, delivered: msg`every delivery` },
}

/** "last click within 7 days" */
export function useRuleText(): (rule: Rule) => string {
  const { t, i18n } = useLingui()
  return ({ model, touch, days }) => {
    const rule = i18n._(RULES[model][touch])
    const within = t`${plural(days, { one: 'within # day', other: 'within # days' })}`
    return `${rule} ${within}`
  }
}
