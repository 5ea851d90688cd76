import { Input, MultiSelect, NumberInput, SegmentedControl, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { ManyValues } from '../../../components/rules/TestInput'
import { fieldValuesQuery } from '../../../lib/api/endpoints/segments'
import type { OrderStatus } from '../../../lib/rules/types'
import css from '../Computed.module.css'
import { type Bounds, isAscending, ORDER_MEASURES, type OrderMeasure, type OrderTrait, type RfmTrait } from '../model'
import { ORDER_MEASURE_WORDS } from '../words'
import { WindowInput } from './WindowInput'

function Statuses({ value, onChange }: { value: OrderStatus[]; onChange: (value: OrderStatus[]) => void }) {
  const { t } = useLingui()
  return (
    <MultiSelect
      label={t`Orders that count`}
      maw={480}
      value={value}
      error={value.length === 0 ? t`Choose at least one status` : undefined}
      data={[
        { value: 'placed', label: t`placed` },
        { value: 'paid', label: t`paid` },
        { value: 'cancelled', label: t`cancelled` },
        { value: 'returned', label: t`returned` },
      ]}
      onChange={(next) => onChange(next as OrderStatus[])}
    />
  )
}

interface OnlyProps {
  label: string
  of: 'product' | 'category' | 'vendor'
  value: string[]
  onChange: (value: string[]) => void
}

/** Which lines an order must have, chosen from what was really bought. */
function Only({ label, of, value, onChange }: OnlyProps) {
  const { t } = useLingui()
  return (
    <Input.Wrapper label={label} labelElement="div" maw={480}>
      <ManyValues
        label={label}
        placeholder={t`any`}
        value={value}
        values={(prefix) => fieldValuesQuery(of, prefix)}
        onChange={onChange}
      />
    </Input.Wrapper>
  )
}

export function OrdersEditor({ trait, onChange }: { trait: OrderTrait; onChange: (trait: OrderTrait) => void }) {
  const { t, i18n } = useLingui()
  return (
    <Stack gap={12}>
      <div className={css.fields}>
        <Select
          aria-label={t`What is computed`}
          w={260}
          value={trait.measure}
          data={ORDER_MEASURES.map((value) => ({ value, label: i18n._(ORDER_MEASURE_WORDS[value]) }))}
          onChange={(value) => value && onChange({ ...trait, measure: value as OrderMeasure })}
        />
        <WindowInput window={trait.window} onChange={(window) => onChange({ ...trait, window })} />
      </div>
      <Statuses value={trait.statuses} onChange={(statuses) => onChange({ ...trait, statuses })} />
      <Only
        label={t`Only with one of these products`}
        of="product"
        value={trait.products}
        onChange={(products) => onChange({ ...trait, products })}
      />
      <Only
        label={t`Only with one of these categories`}
        of="category"
        value={trait.categories}
        onChange={(categories) => onChange({ ...trait, categories })}
      />
      <Only
        label={t`Only with one of these vendors`}
        of="vendor"
        value={trait.vendors}
        onChange={(vendors) => onChange({ ...trait, vendors })}
      />
    </Stack>
  )
}

const FIXED: Bounds = { recency: [30, 90, 180, 365], frequency: [1, 2, 4, 8], monetary: [1000, 5000, 15_000, 50_000] }

export function RfmEditor({ trait, onChange }: { trait: RfmTrait; onChange: (trait: RfmTrait) => void }) {
  const { t } = useLingui()
  const rows: [keyof Bounds, string][] = [
    ['recency', t`Days since the last order`],
    ['frequency', t`Number of orders`],
    ['monetary', t`Total of all orders`],
  ]
  const bounds = trait.bounds
  return (
    <Stack gap={12}>
      <div className={css.fields}>
        <span className={css.text}>
          <Trans>Orders</Trans>
        </span>
        <WindowInput window={trait.window} onChange={(window) => onChange({ ...trait, window })} />
      </div>
      <Statuses value={trait.statuses} onChange={(statuses) => onChange({ ...trait, statuses })} />
      <div>
        <SegmentedControl
          aria-label={t`How buyers are rated from 1 to 5`}
          value={bounds ? 'fixed' : 'quintiles'}
          data={[
            { value: 'quintiles', label: t`Against each other` },
            { value: 'fixed', label: t`By fixed bounds` },
          ]}
          onChange={(how) => onChange({ ...trait, bounds: how === 'fixed' ? FIXED : null })}
        />
        <div className={css.dim} style={{ marginTop: 6 }}>
          {bounds ? (
            <Trans>Whoever is above a bound comes into the next part. Fewer days rate higher.</Trans>
          ) : (
            <Trans>Buyers are cut into five parts of equal size, by each of the three measures.</Trans>
          )}
        </div>
      </div>
      {bounds &&
        rows.map(([key, label]) => (
          <div key={key} className={css.fields}>
            <span className={css.text} style={{ width: 190 }}>
              {label}
            </span>
            {bounds[key].map((value, index) => (
              <NumberInput
                key={index}
                aria-label={t`${label}: bound ${index + 1}`}
                w={96}
                value={value}
                error={!isAscending(bounds[key])}
                onChange={(next) =>
                  onChange({
                    ...trait,
                    bounds: {
                      ...bounds,
                      [key]: bounds[key].map((old, place) => (place === index ? Number(next) : old)),
                    },
                  })
                }
              />
            ))}
          </div>
        ))}
    </Stack>
  )
}
