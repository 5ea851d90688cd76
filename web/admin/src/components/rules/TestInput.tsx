import { Autocomplete, Group, NumberInput, Select, TagsInput } from '@mantine/core'
import { DateInput } from '@mantine/dates'
import { useDebouncedValue } from '@mantine/hooks'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import '@mantine/dates/styles.layer.css'

import type { ValueCount } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { opsFor, type ValueType, withOp } from '../../lib/rules/tests'
import type { Test, TestOp, Unit } from '../../lib/rules/types'
import { TEST_WORDS } from './words'

/** Known values of a field, for a prefix; the form of a query of TanStack. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type ValuesQuery = (prefix: string) => any

interface TestInputProps {
  test: Test
  type: ValueType
  onChange: (test: Test) => void
  values?: ValuesQuery | undefined
  ops?: TestOp[]
  /** What is tested, for screen readers. */
  label: string
}

/** A word and what it is compared with, in one row. */
export function TestInput({ test, type, onChange, values, ops, label }: TestInputProps) {
  const { t, i18n } = useLingui()
  const words = ops ?? opsFor(type)
  return (
    <>
      <Select
        aria-label={t`${label}: how to compare`}
        w={196}
        value={test.op}
        data={(words.includes(test.op) ? words : [test.op, ...words]).map((op) => ({
          value: op,
          label: i18n._(TEST_WORDS[op]),
        }))}
        onChange={(op) => op && onChange(withOp(test, op as TestOp, type))}
      />
      <Operand test={test} type={type} onChange={onChange} values={values} label={label} />
    </>
  )
}

function Operand({ test, type, onChange, values, label }: Omit<TestInputProps, 'ops'>) {
  const { t } = useLingui()
  if ('values' in test) {
    return (
      <ManyValues
        label={t`${label}: values`}
        value={test.values.map(String)}
        values={values}
        onChange={(next) =>
          onChange(
            test.op === 'in' || test.op === 'not_in'
              ? { op: test.op, values: type === 'number' ? next.map(Number).filter((n) => !Number.isNaN(n)) : next }
              : { op: test.op, values: next },
          )
        }
      />
    )
  }
  if ('low' in test) {
    return (
      <Group gap={4} wrap="nowrap">
        <NumberInput
          aria-label={t`${label}: from`}
          w={96}
          value={test.low}
          onChange={(low) => onChange({ ...test, low: Number(low) })}
        />
        –
        <NumberInput
          aria-label={t`${label}: to`}
          w={96}
          value={test.high}
          error={test.low > test.high}
          onChange={(high) => onChange({ ...test, high: Number(high) })}
        />
      </Group>
    )
  }
  if ('amount' in test) {
    return (
      <AmountOfTime
        label={label}
        amount={test.amount}
        unit={test.unit}
        onChange={(amount, unit) => onChange({ ...test, amount, unit })}
      />
    )
  }
  if ('at' in test) {
    return <Day label={t`${label}: date`} value={test.at} onChange={(at) => onChange({ ...test, at })} />
  }
  if ('start' in test) {
    return (
      <Group gap={4} wrap="nowrap">
        <Day label={t`${label}: from`} value={test.start} onChange={(start) => onChange({ ...test, start })} />
        –
        <Day label={t`${label}: to`} value={test.end} onChange={(end) => onChange({ ...test, end })} />
      </Group>
    )
  }
  if ('value' in test) {
    if (typeof test.value === 'number' || type === 'number') {
      return (
        <NumberInput
          aria-label={t`${label}: value`}
          w={120}
          value={Number(test.value)}
          onChange={(value) => onChange({ ...test, value: Number(value) } as Test)}
        />
      )
    }
    return (
      <OneValue
        label={t`${label}: value`}
        value={String(test.value)}
        values={values}
        onChange={(value) => onChange({ ...test, value } as Test)}
      />
    )
  }
  return null
}

interface OneValueProps {
  label: string
  value: string
  values?: ValuesQuery | undefined
  onChange: (value: string) => void
}

function useChoices(values: ValuesQuery | undefined, text: string) {
  const [prefix] = useDebouncedValue(text, 200)
  const { data } = useQuery<ValueCount[]>({
    ...(values ? values(prefix) : { queryKey: ['no-values'] }),
    enabled: Boolean(values),
  })
  return data ?? []
}

function OneValue({ label, value, values, onChange }: OneValueProps) {
  const { t } = useLingui()
  const format = useFormat()
  const choices = useChoices(values, value)
  const counts = new Map(choices.map((choice) => [String(choice.value), choice.count]))
  return (
    <Autocomplete
      aria-label={label}
      placeholder={t`value`}
      w={180}
      value={value}
      onChange={onChange}
      data={[...counts.keys()]}
      filter={({ options }) => options}
      renderOption={({ option }) => (
        <Group justify="space-between" w="100%" wrap="nowrap" gap={8}>
          <span>{option.value}</span>
          <span style={{ color: 'var(--text-dim)', fontSize: 12 }} className="tnum">
            {format.number(counts.get(option.value))}
          </span>
        </Group>
      )}
    />
  )
}

function ManyValues({
  label,
  value,
  values,
  onChange,
}: Omit<OneValueProps, 'value' | 'onChange'> & { value: string[]; onChange: (value: string[]) => void }) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const choices = useChoices(values, text)
  return (
    <TagsInput
      aria-label={label}
      placeholder={value.length ? '' : t`values, Enter after each`}
      miw={220}
      maw={420}
      value={value}
      onChange={onChange}
      searchValue={text}
      onSearchChange={setText}
      data={choices.map((choice) => String(choice.value))}
      acceptValueOnBlur
      clearable={false}
    />
  )
}

interface AmountOfTimeProps {
  label: string
  amount: number
  unit: Unit
  onChange: (amount: number, unit: Unit) => void
}

export function AmountOfTime({ label, amount, unit, onChange }: AmountOfTimeProps) {
  const { t } = useLingui()
  return (
    <Group gap={4} wrap="nowrap">
      <NumberInput
        aria-label={t`${label}: how many`}
        w={72}
        min={1}
        allowDecimal={false}
        value={amount}
        onChange={(value) => onChange(Number(value) || 1, unit)}
      />
      <Select
        aria-label={t`${label}: unit of time`}
        w={96}
        value={unit}
        data={[
          { value: 'days', label: t`days` },
          { value: 'hours', label: t`hours` },
        ]}
        onChange={(value) => onChange(amount, (value ?? 'days') as Unit)}
      />
    </Group>
  )
}

interface DayProps {
  label: string
  value: string
  onChange: (value: string) => void
}

export function Day({ label, value, onChange }: DayProps) {
  const { t, i18n } = useLingui()
  return (
    <DateInput
      aria-label={label}
      placeholder={t`date`}
      w={140}
      locale={i18n.locale}
      firstDayOfWeek={1}
      valueFormat="D MMM YYYY"
      value={value.slice(0, 10) || null}
      error={value === ''}
      onChange={(day) => onChange(day ?? '')}
    />
  )
}
