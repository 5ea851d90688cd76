import { describe, expect, it } from 'vitest'

import { comparable, pathOf, testOf, withOp } from './conditions'

describe('a condition', () => {
  it('begins with a value of the type of its variable', () => {
    expect(testOf('customer.city', 'string')).toEqual({ path: 'customer.city', op: 'eq', value: '' })
    expect(testOf('customer.is_company', 'bool')).toEqual({ path: 'customer.is_company', op: 'eq', value: true })
    expect(testOf('customer.address', 'object')).toEqual({ path: 'customer.address', op: 'set' })
  })
  it('loses its value only where a comparison has none', () => {
    const test = { path: 'customer.city', op: 'eq', value: 'Тверь' } as const
    expect(withOp(test, 'contains', 'string')).toEqual({ ...test, op: 'contains' })
    expect(withOp(test, 'set', 'string')).toEqual({ path: 'customer.city', op: 'set' })
    expect(withOp({ path: 'customer.age', op: 'set' }, 'gt', 'number').value).toBe(0)
  })
  it('asks for what Liquid writes in brackets by its dotted path', () => {
    const variable = { name: 'events["Product Viewed"].price', group: 'event', type: 'number', title: '', sample: null } as const
    expect(comparable([variable]).map(({ name }) => name)).toEqual(['events.Product Viewed.price'])
    expect(pathOf('customer.city')).toBe('customer.city')
    expect(pathOf('events["page.viewed"].url')).toBeNull()
  })
})
