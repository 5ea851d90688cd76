import { Button, Group, MultiSelect, NumberInput, Select, TagsInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'

import { TestInput } from '../../../components/rules/TestInput'
import { DATE_OPS, defaultTest } from '../../../lib/rules/tests'
import type { AmountTest, LeafOf, Measure, OrderStatus } from '../../../lib/rules/types'
import css from './Builder.module.css'
import { CountInput } from './CountInput'
import type { FieldsProps } from './LeafFields'
import { WindowInput } from './WindowInput'

function withKind(measure: Measure, kind: Measure['kind']): Measure {
  switch (kind) {
    case 'count':
      return { kind, test: { op: 'at_least', n: 1 } }
    case 'sum':
    case 'average':
      return {
        kind,
        test:
          measure.kind === 'sum' || measure.kind === 'average'
            ? measure.test
            : { op: 'at_least', amount: 100 },
      }
    default:
      return {
        kind,
        test: measure.kind === 'first_at' || measure.kind === 'last_at' ? measure.test : defaultTest('date'),
      }
  }
}

const isPlain = (node: LeafOf<'orders'>) =>
  node.window.kind === 'all_time' &&
  node.products.length === 0 &&
  node.categories.length === 0 &&
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
          { value: 'first_at', label: t`first order` },
          { value: 'last_at', label: t`last order` },
        ]}
        onChange={(kind) => kind && set(withKind(measure, kind as Measure['kind']))}
      />
      {measure.kind === 'count' && (
        <CountInput label={t`Orders`} test={measure.test} onChange={(test) => set({ kind: 'count', test })} />
      )}
      {(measure.kind === 'sum' || measure.kind === 'average') && (
        <AmountInput test={measure.test} onChange={(test) => set({ kind: measure.kind, test })} />
      )}
      {(measure.kind === 'first_at' || measure.kind === 'last_at') && (
        <TestInput
          label={t`Date of the order`}
          test={measure.test}
          type="date"
          ops={DATE_OPS}
          onChange={(test) => set({ kind: measure.kind, test })}
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
            <TagsInput
              aria-label={t`Products`}
              placeholder={node.products.length ? '' : t`any products`}
              miw={200}
              acceptValueOnBlur
              value={node.products}
              onChange={(products) => onChange({ ...node, products })}
            />
            <TagsInput
              aria-label={t`Categories`}
              placeholder={node.categories.length ? '' : t`any categories`}
              miw={200}
              acceptValueOnBlur
              value={node.categories}
              onChange={(categories) => onChange({ ...node, categories })}
            />
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

function AmountInput({ test, onChange }: { test: AmountTest; onChange: (test: AmountTest) => void }) {
  const { t } = useLingui()
  const from = 'amount' in test ? test.amount : test.low
  return (
    <>
      <Select
        aria-label={t`Sum: how to compare`}
        w={130}
        value={test.op}
        data={[
          { value: 'at_least', label: t`at least` },
          { value: 'at_most', label: t`at most` },
          { value: 'between', label: t`between` },
        ]}
        onChange={(op) =>
          onChange(
            op === 'between'
              ? { op, low: from, high: from * 2 || 100 }
              : { op: op === 'at_most' ? 'at_most' : 'at_least', amount: from },
          )
        }
      />
      {'amount' in test ? (
        <NumberInput
          aria-label={t`Sum`}
          w={110}
          min={0}
          value={test.amount}
          onChange={(amount) => onChange({ ...test, amount: Number(amount) || 0 })}
        />
      ) : (
        <Group gap={4} wrap="nowrap">
          <NumberInput aria-label={t`Sum: from`} w={110} min={0} value={test.low} onChange={(low) => onChange({ ...test, low: Number(low) || 0 })} />
          –
          <NumberInput aria-label={t`Sum: to`} w={110} min={0} error={test.low > test.high} value={test.high} onChange={(high) => onChange({ ...test, high: Number(high) || 0 })} />
        </Group>
      )}
    </>
  )
}
