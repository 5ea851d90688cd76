import { Group, Select, TextInput } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import { type Field, nameFrom, NAMED, parseField, type ValueType, writeField } from './fields'

export function useFieldLabel(): (kind: string) => string {
  const { t } = useLingui()
  const labels: Record<string, string> = {
    skip: t`— leave out —`,
    user_id: t`User id`,
    email: t`E-mail`,
    phone: t`Phone`,
    anonymous_id: t`Id of a visitor`,
    address: t`E-mail or phone`,
    first_seen: t`Date of registration`,
    trait: t`Trait`,
    external: t`Another identifier`,
    property: t`Property`,
    event: t`Name of the event`,
    message_id: t`Number of the event, to know repeats`,
    order_id: t`Order number`,
    time: t`Date and time`,
    granted_at: t`When they agreed`,
    withdrawn_at: t`When they refused`,
    status: t`Status`,
    channel: t`Channel`,
    topic: t`Topic`,
    purpose: t`Purpose of the consent`,
    text_version: t`Text of the consent and its version`,
    text: t`Text that was agreed to`,
    ip: t`IP address`,
    form: t`Address of the form`,
    note: t`Note`,
    product_id: t`Product code`,
    product_name: t`Product name`,
    category: t`Category`,
    quantity: t`Quantity`,
    price: t`Price`,
    line_total: t`Sum of the line`,
    total: t`Sum of the order`,
    currency: t`Currency`,
  }
  return (kind) => labels[kind] ?? kind
}

interface FieldInputProps {
  column: string
  fields: string[]
  value: string
  onChange: (text: string) => void
}

export function FieldInput({ column, fields, value, onChange }: FieldInputProps) {
  const { t } = useLingui()
  const fieldLabel = useFieldLabel()
  const field = parseField(value)
  const kinds = [...new Set([...fields.map((text) => parseField(text).kind), field.kind])]
  const set = (part: Partial<Field>) => onChange(writeField({ ...field, ...part }))
  return (
    <Group gap={6} wrap="nowrap">
      <Select
        aria-label={t`${column}: goes to`}
        w={220}
        searchable
        value={field.kind}
        data={[
          { value: 'skip', label: fieldLabel('skip') },
          ...kinds.filter((kind) => kind !== 'skip').map((kind) => ({ value: kind, label: fieldLabel(kind) })),
        ]}
        onChange={(kind) => kind && set({ kind, name: NAMED.has(kind) ? field.name || nameFrom(column) : '' })}
      />
      {NAMED.has(field.kind) && (
        <TextInput
          aria-label={t`${column}: name of the field`}
          w={160}
          error={!field.name}
          value={field.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
      )}
      {NAMED.has(field.kind) && field.kind !== 'external' && (
        <Select
          aria-label={t`${column}: type`}
          w={110}
          value={field.type}
          data={[
            { value: 'text', label: t`text` },
            { value: 'number', label: t`number` },
            { value: 'date', label: t`date` },
            { value: 'bool', label: t`yes or no` },
            { value: 'list', label: t`list` },
          ]}
          onChange={(type) => set({ type: (type ?? 'text') as ValueType })}
        />
      )}
    </Group>
  )
}
