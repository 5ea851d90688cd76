import { expect, it } from 'vitest'

import { nameFrom, parseField, writeField } from './fields'

it('reads and writes every form of a field', () => {
  for (const text of ['skip', 'email', 'trait:first_name', 'trait:age:number', 'trait:a:b:date', 'external:crm_id']) {
    expect(writeField(parseField(text))).toBe(text)
  }
  expect(parseField('trait:birthday:date')).toEqual({ kind: 'trait', name: 'birthday', type: 'date' })
  expect(parseField('property:colour')).toEqual({ kind: 'property', name: 'colour', type: 'text' })
})
it('makes a name of a title', () => {
  expect(nameFrom(' Дата рождения ')).toBe('дата_рождения')
  expect(nameFrom('UTM: source')).toBe('utm__source')
})
