/** Which tests fit a value of a type, and how one test becomes another without losing what was typed. */

import type { CountTest, DateTest, Scalar, Test, TestOp, Unit } from './types'

export type ValueType = 'string' | 'number' | 'bool' | 'date' | 'list'

const TEXT: TestOp[] = [
  'eq', 'neq', 'in', 'not_in', 'contains', 'starts_with', 'ends_with', 'is_set', 'is_not_set',
]
const NUMBER: TestOp[] = [
  'eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'between', 'in', 'is_set', 'is_not_set',
]
const BOOL: TestOp[] = ['is_true', 'is_false', 'is_set', 'is_not_set']
const LIST: TestOp[] = ['has_any', 'has_none', 'is_set', 'is_not_set']
export const DATE_OPS: DateTest['op'][] = [
  'in_last', 'more_than_ago', 'ago_between', 'in_period', 'in_next', 'before', 'after', 'between_dates',
]
/** What fits texts of visits, which are never numbers or dates. */
export const VISIT_OPS: TestOp[] = [...TEXT]

export function typeOf(name: string): ValueType {
  if (/^(number|int|integer|float|decimal)/i.test(name)) return 'number'
  if (/^bool/i.test(name)) return 'bool'
  if (/^date/i.test(name)) return 'date'
  if (/^(list|array)/i.test(name)) return 'list'
  return 'string'
}

export function opsFor(type: ValueType): TestOp[] {
  switch (type) {
    case 'number':
      return NUMBER
    case 'bool':
      return BOOL
    case 'date':
      return [...DATE_OPS, 'anniversary_in_next', 'is_set', 'is_not_set']
    case 'list':
      return LIST
    default:
      return TEXT
  }
}

/** What of a test can be carried over when its word changes. */
function parts(test: Test): { texts: string[]; number: number | null; days: number | null; unit: Unit; at: string } {
  const values: Scalar[] =
    'values' in test ? test.values : 'value' in test ? [test.value] : 'low' in test ? [test.low] : []
  const first = values[0]
  const number = typeof first === 'number' ? first : null
  return {
    texts: values.map(String).filter(Boolean),
    number,
    days: 'amount' in test ? test.amount : 'days' in test ? test.days : 'unit' in test && 'high' in test ? test.high : null,
    unit: 'unit' in test && (test.unit === 'minutes' || test.unit === 'hours' || test.unit === 'days') ? test.unit : 'days',
    at: 'at' in test ? test.at : 'start' in test ? test.start : '',
  }
}

export function withOp(test: Test, op: TestOp, type: ValueType): Test {
  const had = parts(test)
  const scalar: Scalar = type === 'number' ? (had.number ?? 0) : (had.texts[0] ?? '')
  switch (op) {
    case 'eq':
    case 'neq':
      return { op, value: scalar }
    case 'in':
    case 'not_in':
      return { op, values: type === 'number' ? had.texts.map(Number) : had.texts }
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return { op, value: had.texts[0] ?? '' }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { op, value: had.number ?? 0 }
    case 'between':
      return { op, low: had.number ?? 0, high: Math.max(had.number ?? 0, 100) }
    case 'before':
    case 'after':
      return { op, at: had.at }
    case 'between_dates':
      return { op, start: had.at, end: had.at }
    case 'in_last':
    case 'more_than_ago':
    case 'in_next':
      return { op, amount: had.days ?? 30, unit: had.unit }
    case 'ago_between':
      return { op, low: Math.min(7, (had.days ?? 30) - 1), high: had.days ?? 30, unit: had.unit }
    case 'in_period':
      return { op, which: 'this', unit: 'month' }
    case 'anniversary_in_next':
      return { op, days: had.days ?? 7 }
    case 'has_any':
    case 'has_none':
      return { op, values: had.texts }
    default:
      return { op }
  }
}

export const defaultDate = (): DateTest => ({ op: 'in_last', amount: 30, unit: 'days' })

export function defaultTest(type: ValueType): Test {
  const op = { string: 'eq', number: 'gte', bool: 'is_true', date: 'in_last', list: 'has_any' } as const
  return withOp({ op: 'is_set' }, op[type], type)
}

/** Whether the test has everything that the server needs. */
export function isComplete(test: Test): boolean {
  if ('values' in test) return test.values.length > 0
  if ('at' in test) return test.at !== ''
  if ('start' in test) return test.start !== '' && test.end !== '' && test.start <= test.end
  if ('low' in test) return test.low <= test.high
  if ('amount' in test) return test.amount > 0
  if ('value' in test) return test.value !== '' && !Number.isNaN(test.value)
  return true
}

export function withCountOp(test: CountTest, op: CountTest['op']): CountTest {
  const n = 'n' in test ? test.n : test.low
  return op === 'between' ? { op, low: n, high: Math.max(n + 1, 5) } : { op, n }
}
