/** The condition tree as the server reads it: `kind` names a node, `op` names a test. */

import type { components } from '../api/schema'
import type { Order } from '../api/types'

export type Scalar = string | number | boolean
export type Unit = 'minutes' | 'hours' | 'days'
export type CalendarUnit = 'day' | 'week' | 'month' | 'quarter' | 'year'

export type Test =
  | { op: 'eq' | 'neq'; value: Scalar }
  | { op: 'in' | 'not_in'; values: Scalar[] }
  | { op: 'contains' | 'starts_with' | 'ends_with'; value: string }
  | { op: 'gt' | 'gte' | 'lt' | 'lte'; value: number }
  | { op: 'between'; low: number; high: number }
  | { op: 'is_set' | 'is_not_set' | 'is_true' | 'is_false' }
  | { op: 'has_any' | 'has_none'; values: string[] }
  | { op: 'anniversary_in_next'; days: number }
  | DateTest
export type DateTest =
  | { op: 'before' | 'after'; at: string }
  | { op: 'between_dates'; start: string; end: string }
  | { op: 'in_last' | 'more_than_ago' | 'in_next'; amount: number; unit: Unit }
  | { op: 'ago_between'; low: number; high: number; unit: Unit }
  | { op: 'in_period'; which: 'this' | 'last' | 'next'; unit: CalendarUnit }
export type TestOp = Test['op']

export type CountTest =
  | { op: 'at_least' | 'at_most' | 'exactly'; n: number }
  | { op: 'between'; low: number; high: number }

export type AmountTest =
  | { op: 'at_least' | 'at_most'; amount: number }
  | { op: 'between'; low: number; high: number }

export type Window =
  | { kind: 'all_time' }
  | { kind: 'last'; amount: number; unit: Unit }
  | { kind: 'between'; start: string; end: string }
  | { kind: 'before' | 'after'; at: string }
  | { kind: 'ago'; low: number; high: number; unit: Unit }
  | { kind: 'period'; which: 'this' | 'last'; unit: CalendarUnit }

export interface Period {
  amount: number
  unit: Unit
}

/** Days of the week (1 is Monday; none: all) and the time of the day. */
export interface WeekTimes {
  days: number[]
  start: string
  end: string
}

export interface PropertyFilter {
  path: string
  test: Test
}

export interface Step {
  event: string
  filters: PropertyFilter[]
}

export type EventMeasure =
  | { kind: 'sum' | 'average' | 'smallest' | 'largest'; path: string; test: AmountTest }
  | { kind: 'days'; test: CountTest }
  | { kind: 'values'; path: string; test: CountTest }
  | { kind: 'first_at'; test: DateTest }
  | { kind: 'last_at'; test: DateTest }

export type OrderStatus = Order['status']

export type Measure =
  | { kind: 'count'; test: CountTest }
  | { kind: 'sum' | 'average' | 'largest' | 'units' | 'lines_sum'; test: AmountTest }
  | { kind: 'first_at'; test: DateTest }
  | { kind: 'last_at'; test: DateTest }

export interface FieldTest {
  name: string
  level: 'order' | 'line'
  test: Test
}

export type GroupKind = 'all' | 'any' | 'none'
export interface Group {
  kind: GroupKind
  of: Node[]
}

export const VISIT_FIELDS = [
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'country',
  'city',
  'device',
  'os',
  'browser',
] as const
export type VisitField = (typeof VISIT_FIELDS)[number]
export type MessageFact =
  | 'sent'
  | 'delivered'
  | 'bounced'
  | 'opened'
  | 'clicked'
  | 'unsubscribed'
  | 'complained'

export type Leaf =
  | { kind: 'everyone' }
  | { kind: 'trait'; trait: string; test: Test }
  | {
      kind: 'event'
      event: string
      test: CountTest
      window: Window
      filters: PropertyFilter[]
      times: WeekTimes | null
    }
  | {
      kind: 'event_measure'
      event: string
      measure: EventMeasure
      window: Window
      filters: PropertyFilter[]
      times: WeekTimes | null
    }
  | { kind: 'sequence'; steps: Step[]; within: Period | null; window: Window }
  | {
      kind: 'not_followed'
      event: string
      filters: PropertyFilter[]
      next: Step
      within: Period | null
      window: Window
    }
  | {
      kind: 'orders'
      measure: Measure
      statuses: OrderStatus[]
      window: Window
      products: string[]
      categories: string[]
      vendors: string[]
      price: AmountTest | null
      fields: FieldTest[]
    }
  | {
      kind: 'product'
      action: 'bought' | 'viewed' | 'added'
      test: CountTest
      window: Window
      products: string[]
      categories: string[]
      vendors: string[]
      price: AmountTest | null
    }
  | {
      kind: 'consent'
      channel: string
      state: 'none' | 'granted' | 'withdrawn'
      topic: string
      purpose: string
    }
  | {
      kind: 'message'
      fact: MessageFact
      by: 'person' | 'machine' | 'anybody'
      channel: string
      sources: string[]
      link: string
      test: CountTest
      window: Window
    }
  | { kind: 'visit'; field: VisitField; test: Test; touch: 'any' | 'first' | 'last'; window: Window }
  | { kind: 'identifier'; identifier: 'email' | 'phone' | 'user_id' | 'known'; present: boolean }
  | { kind: 'seen'; which: 'first' | 'last'; test: DateTest }
  | { kind: 'email_domain'; domains: string[] }
  | { kind: 'segment'; segment_id: string; member: boolean }
export type LeafKind = Leaf['kind']
export type LeafOf<K extends LeafKind> = Extract<Leaf, { kind: K }>

export type Node = Group | Leaf

/** The same tree as the API describes it; there fields with a default may be left out. */
export type Definition = NonNullable<components['schemas']['Segment']['definition']>

/** What is built here is what the API takes: a difference is an error of the type check. */
export const asDefinition = (node: Node): Definition => node

export const isGroup = (node: Node): node is Group =>
  node.kind === 'all' || node.kind === 'any' || node.kind === 'none'

/** The filters of an event; the API names them as JSON objects and checks them itself. */
export const readFilters = (filters: readonly object[]) => filters as PropertyFilter[]
