import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { orderFieldsQuery } from '../../lib/api/endpoints/catalog'
import type { Order } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './OrderFacts.module.css'

type Values = Order['fields']

/** How the values of a workspace's fields read: by their titles and types. */
function useFieldTexts(): (values: Values) => { field: string; title: string; text: string }[] {
  const { t } = useLingui()
  const format = useFormat()
  const { data: fields } = useQuery(orderFieldsQuery)
  return (values) =>
    Object.entries(values).map(([field, value]) => {
      const known = fields?.find((one) => one.field === field)
      const text =
        typeof value === 'boolean'
          ? value
            ? t`yes`
            : t`no`
          : typeof value === 'number'
            ? format.number(value)
            : known?.type === 'date'
              ? value.length > 10
                ? format.dateTime(value)
                : format.date(`${value}T12:00:00Z`)
              : value
      return { field, title: known?.title ?? field, text }
    })
}

/** What an order says beyond its sum: where it was made, and the fields of the workspace. */
export function OrderFacts({ order }: { order: Order }) {
  const { t } = useLingui()
  const texts = useFieldTexts()
  const made: [string, string | null][] = [
    [t`Number for the buyer`, order.number],
    [t({ context: 'order', message: 'Made at' }), order.source],
    [t`Shop`, order.shop],
  ]
  const known = made.filter((one): one is [string, string] => one[1] !== null)
  const fields = texts(order.fields)
  if (known.length + fields.length === 0) return null
  return (
    <dl className={css.facts}>
      {known.map(([name, value]) => (
        <Fact key={name} name={name} value={value} />
      ))}
      {fields.map((one) => (
        <Fact key={one.field} name={one.title} value={one.text} />
      ))}
    </dl>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}

/** The lines of an order, each with its own fields below its name. */
export function OrderLines({ order }: { order: Order }) {
  const format = useFormat()
  const texts = useFieldTexts()
  return (
    <table className={css.lines}>
      <tbody>
        {order.lines.map((line, index) => (
          <tr key={index}>
            <td>
              {line.name || line.product_id}
              {texts(line.fields).map((one) => (
                <div key={one.field} className={css.dim}>
                  {one.title}: {one.text}
                </div>
              ))}
            </td>
            <td className="tnum">
              {format.number(line.quantity)} × {format.money(line.price, order.currency)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
