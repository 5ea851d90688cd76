/** What computed traits and their measures are called. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

import type { EventMeasure, Kind, OrderMeasure } from './model'

export const KIND_WORDS: Record<Kind, MessageDescriptor> = {
  event: msg`from events`,
  orders: msg`from orders`,
  rfm: msg`RFM`,
  score: msg`score`,
}

export const EVENT_MEASURE_WORDS: Record<EventMeasure, MessageDescriptor> = {
  count: msg`how many times`,
  sum: msg`sum of a property`,
  average: msg`average of a property`,
  min: msg`least value of a property`,
  max: msg`greatest value of a property`,
  first_at: msg`when for the first time`,
  last_at: msg`when for the last time`,
  days_since: msg`days since the last time`,
  active_days: msg`on how many days`,
  first_value: msg`first value of a property`,
  last_value: msg`last value of a property`,
  most_frequent: msg`most frequent value of a property`,
  unique_count: msg`how many different values of a property`,
}

export const ORDER_MEASURE_WORDS: Record<OrderMeasure, MessageDescriptor> = {
  count: msg`number of orders`,
  revenue: msg`total of all orders`,
  average: msg`average order`,
  first_at: msg`date of the first order`,
  last_at: msg`date of the last order`,
  days_since: msg`days since the last order`,
  favourite_category: msg`favourite category`,
  favourite_product: msg`favourite product`,
  favourite_vendor: msg`favourite vendor`,
}

export const REASON_WORDS: Record<string, MessageDescriptor> = {
  created: msg`first time`,
  changed: msg`changed`,
  requested: msg`by hand`,
  new_facts: msg`new facts`,
  time: msg`time passed`,
}
