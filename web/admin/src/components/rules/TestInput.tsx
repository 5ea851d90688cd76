import { Autocomplete, Group, NumberInput, Select, TagsInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import type { ValueCount } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { opsFor, type ValueType, withOp } from '../../lib/rules/tests'
import type { CalendarUnit, Test, TestOp, Unit } from '../../lib/rules/types'
import { DateField } from '../DateField'
import { CALENDAR_WORDS, TEST_WORDS, WHICH_WORDS } from './words'

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
        w={216}
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
  if (test.op === 'ago_between') {
    return (
      <AgoRange
        label={label}
        low={test.low}
        high={test.high}
        unit={test.unit}
        onChange={(range) => onChange({ ...test, ...range })}
      />
    )
  }
  if (test.op === 'in_period') {
    return (
      <CalendarPeriod
        label={label}
        which={test.which}
        unit={test.unit}
        choices={['this', 'last', 'next']}
        onChange={(which, unit) => onChange({ ...test, which, unit })}
      />
    )
  }
  if (test.op === 'anniversary_in_next') {
    return (
      <NumberInput
        aria-label={t`${label}: within how many days`}
        w={120}
        min={0}
        max={366}
        allowDecimal={false}
        suffix={' ' + t({ context: 'suffix', message: 'days' })}
        value={test.days}
        onChange={(days) => onChange({ ...test, days: Number(days) || 0 })}
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

interface KnownValue extends Omit<ValueCount, 'count'> {
  count: number | null
  label?: string
}

interface OneValueProps {
  label: string
  value: string
  values?: ValuesQuery | undefined
  onChange: (value: string) => void
}

function useChoices(values: ValuesQuery | undefined, text: string) {
  const [prefix] = useDebouncedValue(text, 200)
  const { data } = useQuery<KnownValue[]>({
    ...(values ? values(prefix) : { queryKey: ['no-values'], queryFn: () => [] }),
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

/** Several texts, chosen from what there is or typed in. */
export function ManyValues({
  label,
  value,
  values,
  onChange,
  placeholder,
}: Omit<OneValueProps, 'value' | 'onChange'> & {
  value: string[]
  onChange: (value: string[]) => void
  placeholder?: string
}) {
  const { t } = useLingui()
  const format = useFormat()
  const [text, setText] = useState('')
  const choices = useChoices(values, text)
  const known = new Map(choices.map((choice) => [String(choice.value), choice]))
  return (
    <TagsInput
      aria-label={label}
      placeholder={value.length ? '' : (placeholder ?? t`values, Enter after each`)}
      miw={200}
      maw={420}
      value={value}
      onChange={onChange}
      searchValue={text}
      onSearchChange={setText}
      data={[...known.keys()]}
      filter={({ options }) => options}
      renderOption={({ option }) => {
        const choice = known.get(option.value)
        const name = choice?.label && choice.label !== option.value ? choice.label : null
        return (
          <Group justify="space-between" w="100%" wrap="nowrap" gap={8}>
            <span>
              {name ?? option.value}
              {name && <span style={{ color: 'var(--text-dim)' }}> {option.value}</span>}
            </span>
            <span style={{ color: 'var(--text-dim)', fontSize: 12 }} className="tnum">
              {format.number(choice?.count)}
            </span>
          </Group>
        )
      }}
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
          { value: 'minutes', label: t`minutes` },
        ]}
        onChange={(value) => onChange(amount, (value ?? 'days') as Unit)}
      />
    </Group>
  )
}

interface AgoRangeProps {
  label: string
  low: number
  high: number
  unit: Unit
  onChange: (range: { low: number; high: number; unit: Unit }) => void
}

/** From so long to so long ago. */
export function AgoRange({ label, low, high, unit, onChange }: AgoRangeProps) {
  const { t } = useLingui()
  return (
    <Group gap={4} wrap="nowrap">
      <NumberInput
        aria-label={t`${label}: from`}
        w={72}
        min={0}
        allowDecimal={false}
        value={low}
        onChange={(value) => onChange({ low: Number(value) || 0, high, unit })}
      />
      –
      <NumberInput
        aria-label={t`${label}: to`}
        w={72}
        min={1}
        allowDecimal={false}
        error={low >= high}
        value={high}
        onChange={(value) => onChange({ low, high: Number(value) || 1, unit })}
      />
      <Select
        aria-label={t`${label}: unit of time`}
        w={96}
        value={unit}
        data={[
          { value: 'days', label: t`days` },
          { value: 'hours', label: t`hours` },
          { value: 'minutes', label: t`minutes` },
        ]}
        onChange={(value) => onChange({ low, high, unit: (value ?? 'days') as Unit })}
      />
    </Group>
  )
}

interface CalendarPeriodProps<W extends 'this' | 'last' | 'next'> {
  label: string
  which: W
  unit: CalendarUnit
  choices: W[]
  onChange: (which: W, unit: CalendarUnit) => void
}

const CALENDAR: CalendarUnit[] = ['day', 'week', 'month', 'quarter', 'year']

/** This, the last or the next day, week, month, quarter or year. */
export function CalendarPeriod<W extends 'this' | 'last' | 'next'>({
  label,
  which,
  unit,
  choices,
  onChange,
}: CalendarPeriodProps<W>) {
  const { t, i18n } = useLingui()
  return (
    <Group gap={4} wrap="nowrap">
      <Select
        aria-label={t`${label}: which period`}
        w={170}
        value={which}
        data={choices.map((value) => ({ value, label: i18n._(WHICH_WORDS[value]) }))}
        onChange={(value) => value && onChange(value as W, unit)}
      />
      <Select
        aria-label={t`${label}: period of the calendar`}
        w={110}
        value={unit}
        data={CALENDAR.map((value) => ({ value, label: i18n._(CALENDAR_WORDS[value]) }))}
        onChange={(value) => value && onChange(which, value as CalendarUnit)}
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
  return (
    <DateField
      aria-label={label}
      value={value.slice(0, 10) || null}
      error={value === ''}
      onChange={(day) => onChange(day ?? '')}
    />
  )
}
