import { describe, expect, it } from 'vitest'

import { KEY, keyOf } from './key'

describe('keyOf', () => {
  it('makes a key of a name in two languages', () => {
    expect(keyOf('Order receipt')).toBe('order-receipt')
    expect(keyOf('Чек по заказу № 1')).toBe('chek-po-zakazu-1')
    expect(keyOf('  Счёт!  ')).toBe('schet')
    expect(keyOf('—')).toBe('')
  })
  it('makes keys that the server takes', () => {
    for (const name of ['Щука', 'a'.repeat(200), '1 + 1']) expect(KEY.test(keyOf(name))).toBe(true)
  })
})
