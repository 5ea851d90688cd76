import { expect, it } from 'vitest'

import type { HookField, HookMapping } from '../../lib/api/types'
import { inRows, isWhole, nameFrom, put, useOf } from './mapping'

const EMPTY: HookMapping = {
  event: 'Form Submitted',
  event_path: null,
  each: null,
  rules: [],
  order: null,
  consents: [],
  only_if: null,
  timezone: 'UTC',
  phone_region: 'RU',
}
const field = (path: string[], sample = '', lines: string[] = []): HookField => ({
  path,
  type: lines.length ? 'list' : 'text',
  sample,
  lines,
})

it('gives a field one use at a time', () => {
  const email = field(['Email'], 'a@example.com')
  let mapping = put(EMPTY, email, 'email')
  expect(useOf(mapping, ['Email'])).toBe('email')
  mapping = put(mapping, email, 'trait')
  expect(useOf(mapping, ['Email'])).toBe('trait')
  expect(mapping.rules).toHaveLength(1)
  mapping = put(mapping, email, 'consent')
  expect(mapping.rules).toHaveLength(0)
  expect(mapping.consents[0]?.value).toBe('a@example.com')
  expect(put(mapping, email, 'skip')).toEqual(EMPTY)
})

it('lets only one field be the e-mail', () => {
  const one = put(EMPTY, field(['a']), 'email')
  const two = put(one, field(['b']), 'email')
  expect(useOf(two, ['a'])).toBe('skip')
  expect(useOf(two, ['b'])).toBe('email')
})

it('makes an order of its parts and drops it with the last of them', () => {
  const lines = field(['payment', 'products'], '2', ['name', 'price', 'sku'])
  let mapping = put(EMPTY, lines, 'order_lines')
  expect(isWhole(mapping)).toBe(false)
  mapping = put(mapping, field(['payment', 'orderid'], '7'), 'order_id')
  expect(isWhole(mapping)).toBe(true)
  expect(mapping.order?.lines).toEqual({
    path: ['payment', 'products'],
    product_id: 'sku',
    name: 'name',
    price: 'price',
    quantity: '',
    category: '',
  })
  mapping = put(put(mapping, lines, 'skip'), field(['payment', 'orderid'], '7'), 'skip')
  expect(mapping.order).toBeNull()
})

it('makes names of fields', () => {
  expect(nameFrom('Ваше имя', 'trait')).toBe('ваше_имя')
  expect(nameFrom('CRM id', 'external')).toBe('crm_id')
  expect(nameFrom('Номер', 'external')).toBe('external_id')
})

it('takes rows of a list apart, and lets what spoke of single rows go', () => {
  const list = field(['data', 'leads'], '2', ['mail'])
  const before = put(put(EMPTY, field(['data', 'leads', '0', 'mail']), 'email'), field(['form']), 'property')
  const mapping = put(before, list, 'each')
  expect(mapping.each).toEqual(['data', 'leads'])
  expect(useOf(mapping, ['data', 'leads'])).toBe('each')
  expect(mapping.rules.map((rule) => rule.path)).toEqual([['form']])
  const whole = put(mapping, field(['data', 'leads', 'mail']), 'email')
  expect(inRows(whole, ['data', 'leads'])).toEqual({ ...mapping, each: null })
})
