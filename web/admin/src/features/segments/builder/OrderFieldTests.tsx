import { ActionIcon, Button, Group, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../components/AppLink'
import { TestInput } from '../../../components/rules/TestInput'
import { orderFieldChoicesQuery } from '../../../lib/api/endpoints/catalog'
import type { OrderFieldChoice } from '../../../lib/api/types'
import { DATE_OPS, defaultTest, typeOf, type ValueType } from '../../../lib/rules/tests'
import type { FieldTest, Test } from '../../../lib/rules/types'
import css from './Builder.module.css'

interface OrderFieldTestsProps {
  fields: FieldTest[]
  onChange: (fields: FieldTest[]) => void
}

const keyOf = (field: { level: string; name: string }) => `${field.level}:${field.name}`

/** Tests of fields of the company's own, such as the end of a licence: of the order or of a line. */
export function OrderFieldTests({ fields, onChange }: OrderFieldTestsProps) {
  const { t } = useLingui()
  const { data } = useQuery(orderFieldChoicesQuery)
  const known = new Map((data ?? []).map((one) => [keyOf({ level: one.level, name: one.field }), one]))
  const replace = (index: number, field: FieldTest) =>
    onChange(fields.map((old, place) => (place === index ? field : old)))
  const choices = (field: FieldTest) => {
    const of = (level: FieldTest['level']) =>
      (data ?? [])
        .filter((one) => one.level === level)
        .map((one) => ({ value: keyOf({ level, name: one.field }), label: one.title || one.field }))
    const groups = [
      { group: t`Fields of the order`, items: of('order') },
      { group: t`Fields of its lines`, items: of('line') },
    ].filter((one) => one.items.length > 0)
    if (!field.name || known.has(keyOf(field))) return groups
    // What a definition names is shown, though the fields are not here yet or nobody has it any more.
    return [...groups, { group: data ? t`Not known` : '…', items: [{ value: keyOf(field), label: field.name }] }]
  }
  if (data?.length === 0 && fields.length === 0) {
    return (
      <span className={css.text} style={{ color: 'var(--text-dim)', fontSize: 13, whiteSpace: 'normal' }}>
        <Trans>
          Orders have no fields of their own yet. <AppLink href="/catalogue/order-fields">Name them</AppLink> to ask
          for the end of a licence or the shop.
        </Trans>
      </span>
    )
  }
  return (
    <>
      {fields.map((field, index) => {
        const choice = known.get(keyOf(field))
        const type = choice ? typeOfField(choice) : typeOfTest(field.test)
        return (
          <Group key={index} gap={6} align="flex-start">
            <Select
              aria-label={t`Field of the order`}
              placeholder={t`Choose a field`}
              w={190}
              searchable
              nothingFoundMessage={t`No such field`}
              error={field.name === ''}
              value={field.name ? keyOf(field) : null}
              data={choices(field)}
              onChange={(key) => {
                const next = key === null ? undefined : known.get(key)
                if (!next) return
                const same = typeOfField(next) === type && field.name !== ''
                replace(index, {
                  name: next.field,
                  level: next.level,
                  test: same ? field.test : firstTest(typeOfField(next)),
                })
              }}
            />
            {field.name && (
              <TestInput
                label={choice?.title || field.name}
                test={field.test}
                type={type}
                values={choice ? samplesOf(choice) : undefined}
                onChange={(test) => replace(index, { ...field, test })}
              />
            )}
            <ActionIcon
              size={32}
              aria-label={t`Remove the field ${choice?.title || field.name}`}
              onClick={() => onChange(fields.filter((_, place) => place !== index))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        )
      })}
      <Button
        variant="subtle"
        mt={4}
        size="compact-sm"
        leftSection={<IconPlus size={14} />}
        onClick={() => onChange([...fields, { name: '', level: 'order', test: { op: 'is_set' } }])}
      >
        <Trans>Field of the order</Trans>
      </Button>
    </>
  )
}

const typeOfField = (choice: OrderFieldChoice): ValueType => typeOf(choice.type)

/** A date of an order is mostly one to come, such as the end of a licence. */
const firstTest = (type: ValueType): Test =>
  type === 'date' ? { op: 'in_next', amount: 30, unit: 'days' } : defaultTest(type)

/** The commonest values of a field in the form of a query, as inputs of values take them. */
const samplesOf = (choice: OrderFieldChoice) => (prefix: string) => ({
  queryKey: ['order-fields', 'samples', keyOf({ level: choice.level, name: choice.field }), choice.samples, prefix],
  queryFn: () =>
    choice.samples
      .map(String)
      .filter((value) => value.toLowerCase().startsWith(prefix.toLowerCase()))
      .map((value) => ({ value, count: null })),
  staleTime: Infinity,
})

/** What a test is made for, where the field itself is not known. */
function typeOfTest(test: Test): ValueType {
  if (test.op === 'is_true' || test.op === 'is_false') return 'bool'
  if (test.op === 'anniversary_in_next' || (DATE_OPS as string[]).includes(test.op)) return 'date'
  const value = 'values' in test ? test.values[0] : 'value' in test ? test.value : 'low' in test ? test.low : ''
  return typeof value === 'number' ? 'number' : 'string'
}
