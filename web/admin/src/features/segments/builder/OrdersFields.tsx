import { ActionIcon, Button, Group, MultiSelect, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'

import { ManyValues, TestInput } from '../../../components/rules/TestInput'
import { fieldValuesQuery } from '../../../lib/api/endpoints/segments'
import { DATE_OPS, defaultDate } from '../../../lib/rules/tests'
import type { AmountTest, DateTest, LeafOf, Measure, OrderStatus } from '../../../lib/rules/types'
import { AmountInput } from './AmountInput'
import css from './Builder.module.css'
import { CountInput } from './CountInput'
import type { FieldsProps } from './LeafFields'
import { OrderFieldTests } from './OrderFieldTests'
import { WindowInput } from './WindowInput'

function withKind(measure: Measure, kind: Measure['kind']): Measure {
  switch (kind) {
    case 'count':
      return { kind, test: { op: 'at_least', n: 1 } }
    case 'first_at':
    case 'last_at':
      return {
        kind,
        test: measure.kind === 'first_at' || measure.kind === 'last_at' ? measure.test : defaultDate(),
      }
    default:
      return { kind, test: amountOf(measure) ?? { op: 'at_least', amount: 100 } }
  }
}

function amountOf(measure: Measure): AmountTest | null {
  if (measure.kind === 'count' || measure.kind === 'first_at' || measure.kind === 'last_at') return null
  return measure.test
}

const isPlain = (node: LeafOf<'orders'>) =>
  node.window.kind === 'all_time' &&
  node.products.length === 0 &&
  node.categories.length === 0 &&
  node.vendors.length === 0 &&
  node.price === null &&
  node.fields.length === 0 &&
  [...node.statuses].sort().join() === 'paid,placed'

export function OrdersFields({ node, onChange }: FieldsProps<LeafOf<'orders'>>) {
  const { t } = useLingui()
  const [isOpen, setOpen] = useState(!isPlain(node))
  const { measure } = node
  const set = (next: Measure) => onChange({ ...node, measure: next })
  return (
    <>
      <Select
        aria-label={t`What of the orders`}
        w={190}
        value={measure.kind}
        data={[
          { value: 'count', label: t`number of orders` },
          { value: 'sum', label: t`sum of orders` },
          { value: 'average', label: t`average order` },
          { value: 'largest', label: t`largest order` },
          { value: 'units', label: t`pieces of products` },
          { value: 'lines_sum', label: t`sum of products` },
          { value: 'first_at', label: t`first order` },
          { value: 'last_at', label: t`last order` },
        ]}
        onChange={(kind) => kind && set(withKind(measure, kind as Measure['kind']))}
      />
      {measure.kind === 'count' && (
        <CountInput label={t`Orders`} test={measure.test} onChange={(test) => set({ kind: 'count', test })} />
      )}
      {measure.kind !== 'count' && measure.kind !== 'first_at' && measure.kind !== 'last_at' && (
        <AmountInput label={t`Sum`} test={measure.test} onChange={(test) => set({ ...measure, test })} />
      )}
      {(measure.kind === 'first_at' || measure.kind === 'last_at') && (
        <TestInput
          label={t`Date of the order`}
          test={measure.test}
          type="date"
          ops={DATE_OPS}
          onChange={(test) => set({ ...measure, test: test as DateTest })}
        />
      )}
      {isOpen ? (
        <div className={css.more}>
          <Group gap={6} align="flex-start">
            <span className={css.text}>
              <Trans>counting orders</Trans>
            </span>
            <WindowInput
              label={t`Orders`}
              window={node.window}
              onChange={(window) => onChange({ ...node, window })}
            />
            <MultiSelect
              aria-label={t`Statuses of orders`}
              miw={220}
              error={node.statuses.length === 0}
              value={node.statuses}
              data={[
                { value: 'placed', label: t`placed` },
                { value: 'paid', label: t`paid` },
                { value: 'cancelled', label: t`cancelled` },
                { value: 'returned', label: t`returned` },
              ]}
              onChange={(statuses) => onChange({ ...node, statuses: statuses as OrderStatus[] })}
            />
            <ProductChoice
              products={node.products}
              categories={node.categories}
              vendors={node.vendors}
              price={node.price}
              onChange={(chosen) => onChange({ ...node, ...chosen })}
            />
            <OrderFieldTests fields={node.fields} onChange={(fields) => onChange({ ...node, fields })} />
          </Group>
        </div>
      ) : (
        <Button variant="subtle" mt={4} size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => setOpen(true)}>
          <Trans>Which orders</Trans>
        </Button>
      )}
    </>
  )
}

interface Chosen {
  products: string[]
  categories: string[]
  vendors: string[]
  price: AmountTest | null
}

interface ProductChoiceProps extends Chosen {
  /** Where the vendors to suggest are named: by what was bought, or by what was looked at. */
  vendorsOf?: 'vendor' | 'viewed_vendor'
  onChange: (chosen: Partial<Chosen>) => void
}

/** Which products are meant: by name or id, by category, by vendor, by price. */
export function ProductChoice({
  products,
  categories,
  vendors,
  price,
  vendorsOf = 'vendor',
  onChange,
}: ProductChoiceProps) {
  const { t } = useLingui()
  return (
    <>
      <ManyValues
        label={t`Products`}
        placeholder={t`any products`}
        value={products}
        values={(prefix) => fieldValuesQuery('product', prefix)}
        onChange={(next) => onChange({ products: next })}
      />
      <ManyValues
        label={t`Categories`}
        placeholder={t`any categories`}
        value={categories}
        values={(prefix) => fieldValuesQuery('category', prefix)}
        onChange={(next) => onChange({ categories: next })}
      />
      <ManyValues
        label={t`Vendors`}
        placeholder={t`any vendors`}
        value={vendors}
        values={(prefix) => fieldValuesQuery(vendorsOf, prefix)}
        onChange={(next) => onChange({ vendors: next })}
      />
      {price ? (
        <Group gap={4} wrap="nowrap" align="flex-start">
          <span className={css.text}>
            <Trans>price</Trans>
          </span>
          <AmountInput label={t`Price`} test={price} onChange={(test) => onChange({ price: test })} />
          <ActionIcon size={32} aria-label={t`Any price`} onClick={() => onChange({ price: null })}>
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ) : (
        <Button
          variant="subtle"
          mt={4}
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange({ price: { op: 'at_least', amount: 1000 } })}
        >
          <Trans>Price</Trans>
        </Button>
      )}
    </>
  )
}
