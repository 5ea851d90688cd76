/** "Show only to…" and "repeat for each": what can be asked, and the sentence that says it back. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

import type { LetterVariable } from '../../../../lib/api/types'
import type { ConditionTest, TestOp } from './document'

type ValueType = LetterVariable['type']

export const OP_WORDS: Record<TestOp, MessageDescriptor> = {
  eq: msg`is`,
  ne: msg`is not`,
  contains: msg`contains`,
  gt: msg`more than`,
  lt: msg`less than`,
  set: msg`is known`,
  not_set: msg`is not known`,
}
const OPS: Record<ValueType, TestOp[]> = {
  string: ['eq', 'ne', 'contains', 'set', 'not_set'],
  number: ['eq', 'ne', 'gt', 'lt', 'set', 'not_set'],
  bool: ['eq', 'set', 'not_set'],
  date: ['gt', 'lt', 'set', 'not_set'],
  list: ['contains', 'set', 'not_set'],
  object: ['set', 'not_set'],
}
export const opsOf = (type: ValueType | undefined): TestOp[] => OPS[type ?? 'string']
export const needsValue = (op: TestOp): boolean => op !== 'set' && op !== 'not_set'

const firstValue = (type: ValueType | undefined): ConditionTest['value'] =>
  type === 'number' ? 0 : type === 'bool' ? true : ''

/** A test of a variable that was just chosen. */
export function testOf(path: string, type: ValueType | undefined): ConditionTest {
  const op = opsOf(type)[0] ?? 'set'
  return needsValue(op) ? { path, op, value: firstValue(type) } : { path, op }
}

/** The same test with another comparison; a value is kept while it still has a meaning. */
export function withOp(test: ConditionTest, op: TestOp, type: ValueType | undefined): ConditionTest {
  if (!needsValue(op)) return { path: test.path, op }
  return { path: test.path, op, value: test.value ?? firstValue(type) }
}

/** The dotted path of a name that Liquid needs brackets for; null where a part has a dot or a sign of its own. */
export function pathOf(name: string): string | null {
  const path = name.replace(/\["([^".]+)"\]/g, '.$1')
  return /^[^\p{Cc}[\](){}<>"'|%,:;=!?\\]+$/u.test(path) ? path : null
}

/** What people call a variable; an own trait nobody named goes by its key. */
export const nameOf = (variables: LetterVariable[], path: string): string =>
  variables.find(({ name }) => pathOf(name) === path)?.title || path.replace(/^customer\./, '')

/** Variables by the paths that a document keeps. */
const byPath = (variables: LetterVariable[]): LetterVariable[] =>
  variables.flatMap((one) => {
    const path = pathOf(one.name)
    return path === null ? [] : [{ ...one, name: path }]
  })

/** Variables whose value can be compared: those of a line of an order belong to no person. */
export const comparable = (variables: LetterVariable[]): LetterVariable[] =>
  byPath(variables).filter((one) => one.group !== 'line' && one.group !== 'item' && one.name !== 'orders')

export const lists = (variables: LetterVariable[]): LetterVariable[] =>
  byPath(variables).filter((one) => one.type === 'list' && one.group !== 'line' && one.group !== 'item')
