import { describe, expect, it } from 'vitest'

import { fieldName } from './orderWords'

describe('fieldName', () => {
  it('keeps Latin names and joins the parts of a path', () => {
    expect(fieldName('licence.until')).toBe('licence_until')
    expect(fieldName('Delivery City')).toBe('delivery_city')
  })
  it('writes Russian in Latin letters', () => {
    expect(fieldName('Срок лицензии')).toBe('srok_litsenzii')
    expect(fieldName('Щука, ёж')).toBe('schuka_ezh')
  })
  it('never begins with a digit and is never empty', () => {
    expect(fieldName('1с код')).toBe('s_kod')
    expect(fieldName('…')).toBe('field')
  })
})
