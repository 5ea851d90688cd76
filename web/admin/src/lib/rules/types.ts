/** The condition tree as the server reads it: `kind` names a node, `op` names a test. */

import type { Order } from '../api/types'

export type Scalar = string | number | boolean
export type Unit = 'hours' | 'days'

export type Test =
  | { op: 'eq' | 'neq'; value: Scalar }
  | { op: 'in' | 'not_in'; values: Scalar[] }
  | { op: 'contains' | 'starts_with' | 'ends_with'; value: string }
  | { op: 'gt' | 'gte' | 'lt' | 'lte'; value: number }
  | { op: 'between'; low: number; high: number }
  | { op: 'is_set' | 'is_not_set' | 'is_true' | 'is_false' }
  | { op: 'before' | 'after'; at: string }
  | { op: 'between_dates'; start: string; end: string }
  | { op: 'in_last' | 'more_than_ago' | 'in_next'; amount: number; unit: Unit }
  | { op: 'has_any' | 'has_none'; values: string[] }
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

export interface PropertyFilter {
  path: string
  test: Test
}

export type OrderStatus = Order['status']

export type Measure =
  | { kind: 'count'; test: CountTest }
  | { kind: 'sum' | 'average'; test: AmountTest }
  | { kind: 'first_at' | 'last_at'; test: Test }

export type GroupKind = 'all' | 'any' | 'none'
export interface Group {
  kind: GroupKind
  of: Node[]
}

export type Leaf =
  | { kind: 'everyone' }
  | { kind: 'trait'; trait: string; test: Test }
  | { kind: 'event'; event: string; test: CountTest; window: Window; filters: PropertyFilter[] }
  | {
      kind: 'orders'
      measure: Measure
      statuses: OrderStatus[]
      window: Window
      products: string[]
      categories: string[]
    }
  | { kind: 'consent'; channel: string; state: 'none' | 'granted' | 'withdrawn'; topic: string }
  | { kind: 'identifier'; identifier: 'email' | 'phone' | 'user_id' | 'known'; present: boolean }
  | { kind: 'segment'; segment_id: string; member: boolean }
export type LeafKind = Leaf['kind']
export type LeafOf<K extends LeafKind> = Extract<Leaf, { kind: K }>

export type Node = Group | Leaf

export const isGroup = (node: Node): node is Group =>
  node.kind === 'all' || node.kind === 'any' || node.kind === 'none'

/** The filters of an event; the API names them as JSON objects and checks them itself. */
export const readFilters = (filters: readonly object[]) => filters as PropertyFilter[]
