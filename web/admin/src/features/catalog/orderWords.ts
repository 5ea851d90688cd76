import { useLingui } from '@lingui/react/macro'

import type { OrderField, OrderStatus } from '../../lib/api/types'

export function useStatusWords(): Record<OrderStatus, string> {
  const { t } = useLingui()
  return { placed: t`placed`, paid: t`paid`, cancelled: t`cancelled`, returned: t`returned` }
}

export function useTypeWords(): Record<OrderField['type'], string> {
  const { t } = useLingui()
  return { text: t`text`, number: t`number`, date: t`date`, bool: t`yes or no` }
}

const LETTERS: Record<string, string> = Object.fromEntries(
  [
    ...'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
  ].map((letter, index) => [
    letter,
    'a b v g d e e zh z i y k l m n o p r s t u f h ts ch sh sch  y  e yu ya'.split(' ')[index] ?? '',
  ]),
)

/** A name for segments and letters out of a name of any language. */
export function fieldName(source: string): string {
  const plain = [...source.toLowerCase()].map((letter) => LETTERS[letter] ?? letter).join('')
  const name = plain.replace(/[^a-z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '')
  return name.slice(0, 60) || 'field'
}
