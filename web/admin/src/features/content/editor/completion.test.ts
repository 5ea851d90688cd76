import { describe, expect, it } from 'vitest'

import { placeOf } from './completion'

describe('what is offered inside the braces', () => {
  it('is a name where a value stands', () => {
    expect(placeOf('<p>{{ ')).toEqual({ kind: 'name', typed: '' })
    expect(placeOf('<p>{{ customer.fi')).toEqual({ kind: 'name', typed: 'customer.fi' })
    expect(placeOf('{% if customer.ci')).toEqual({ kind: 'name', typed: 'customer.ci' })
    expect(placeOf('{% for line in las')).toEqual({ kind: 'name', typed: 'las' })
  })
  it('is a filter behind a bar and a word of a tag at its beginning', () => {
    expect(placeOf('{{ customer.city | de')).toEqual({ kind: 'filter', typed: 'de' })
    expect(placeOf('{{ a }} {% i')).toEqual({ kind: 'tag', typed: 'i' })
  })
  it('is nothing outside, behind a name and inside quotes', () => {
    for (const text of ['', 'customer', '{{ a }} cust', '{{ customer.city wh', '{{ a | default: "c', '{% endif %}x']) {
      expect(placeOf(text)).toBeNull()
    }
  })
})
