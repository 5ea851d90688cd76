import { Select, Stack, TextInput } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import { Panel } from '../../components/Page'
import { Note } from '../../components/States'
import type { HookField, HookMapping } from '../../lib/api/types'
import { type Order, samePath } from './mapping'
import css from './Sources.module.css'

interface OrderFormProps {
  mapping: HookMapping
  fields: HookField[]
  onChange: (mapping: HookMapping) => void
}

/** What the order of a call means, and the fields inside each of its products. */
export function OrderForm({ mapping, fields, onChange }: OrderFormProps) {
  const { t } = useLingui()
  const { order } = mapping
  if (!order) return null
  const set = (part: Partial<Order>) => onChange({ ...mapping, order: { ...order, ...part } })
  const list = fields.find((field) => samePath(field.path, order.lines?.path))
  const labels = {
    name: t`Product name`,
    product_id: t`Product code`,
    price: t`Price`,
    quantity: t`Quantity`,
    category: t`Category`,
  }
  return (
    <Panel title={t`Order`}>
      <Stack gap={12}>
        {order.order_id.length === 0 && (
          <Note level="warn">{t`Choose the field with the number of the order.`}</Note>
        )}
        <div className={css.form}>
          <Select
            label={t`The call means`}
            w={200}
            value={order.event}
            data={[
              { value: 'Order Completed', label: t`the order is placed` },
              { value: 'Order Paid', label: t`the order is paid` },
              { value: 'Order Updated', label: t`the order has changed` },
              { value: 'Order Cancelled', label: t`the order is cancelled` },
              { value: 'Order Refunded', label: t`the order is given back` },
            ]}
            onChange={(value) => value && set({ event: value as Order['event'] })}
          />
          <TextInput
            label={t`Currency`}
            placeholder="RUB"
            w={110}
            maxLength={3}
            value={order.currency}
            onChange={(event) => set({ currency: event.currentTarget.value.toUpperCase() })}
          />
        </div>
        {order.lines && (
          <div className={css.form}>
            {(Object.keys(labels) as (keyof typeof labels)[]).map((key) => (
              <Select
                key={key}
                label={labels[key]}
                w={150}
                clearable
                clearButtonProps={{ 'aria-label': t`None` }}
                value={order.lines?.[key] || null}
                data={[...new Set([...(list?.lines ?? []), ...(order.lines?.[key] ? [order.lines[key]] : [])])]}
                onChange={(value) => order.lines && set({ lines: { ...order.lines, [key]: value ?? '' } })}
              />
            ))}
          </div>
        )}
      </Stack>
    </Panel>
  )
}
