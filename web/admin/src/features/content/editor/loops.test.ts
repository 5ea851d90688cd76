import { describe, expect, it } from 'vitest'

import type { LetterVariable } from '../../../lib/api/types'
import { openLoops, withLoops } from './loops'

const variable = (name: string, group: LetterVariable['group']): LetterVariable => ({
  name,
  group,
  type: 'string',
  title: '',
  sample: null,
})
const VARIABLES = [
  variable('last_order.number', 'order'),
  variable('line.price', 'line'),
  variable('item.title', 'item'),
  variable('now', 'system'),
]
const namesAt = (before: string) => withLoops(before, VARIABLES).map(({ name }) => name)

describe('what is offered inside loops', () => {
  it('is what the list of the loop holds, under the name of the loop', () => {
    expect(namesAt('{% for o in orders %}{{ ')).toEqual(['o.number', 'last_order.number', 'now'])
    expect(namesAt('{% for o in orders %}{% for x in o.lines limit: 2 %}{{ ')[0]).toBe('x.price')
    expect(namesAt('{%- for l in last_order.lines -%}{{ ')[0]).toBe('l.price')
    expect(namesAt('{% for l in orders[0].lines %}{{ ')[0]).toBe('l.price')
    for (const list of ['articles', 'feeds.blog', 'feeds["blog"]']) {
      expect(namesAt(`{% for a in ${list} %}{{ `)[0]).toBe('a.title')
    }
  })
  it('is everything else outside of them', () => {
    expect(namesAt('{% for o in orders %}{% endfor %}{{ ')).toEqual(VARIABLES.map(({ name }) => name))
    expect(openLoops('{% for t in customer.tags %}')).toEqual([{ name: 't', kind: null }])
  })
})
