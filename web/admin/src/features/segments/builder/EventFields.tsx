import { ActionIcon, Button, Group, MultiSelect, Select } from '@mantine/core'
import { TimePicker } from '@mantine/dates'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconClock, IconPlus, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'

import '@mantine/dates/styles.layer.css'

import { PropertyFilters } from '../../../components/rules/PropertyFilters'
import { AmountOfTime, TestInput } from '../../../components/rules/TestInput'
import { schemaQuery } from '../../../lib/api/endpoints/segments'
import { DATE_OPS, defaultDate } from '../../../lib/rules/tests'
import type {
  DateTest,
  EventMeasure,
  LeafOf,
  Period,
  PropertyFilter,
  Step,
  WeekTimes,
} from '../../../lib/rules/types'
import { AmountInput } from './AmountInput'
import css from './Builder.module.css'
import { CountInput } from './CountInput'
import type { FieldsProps } from './LeafFields'
import { WindowInput } from './WindowInput'

interface EventSelectProps {
  label: string
  event: string
  onChange: (event: string) => void
}

function EventSelect({ label, event, onChange }: EventSelectProps) {
  const { t } = useLingui()
  const { data } = useQuery(schemaQuery)
  const names = (data?.events ?? []).map((one) => one.name)
  return (
    <Select
      aria-label={label}
      placeholder={t`Choose an event`}
      w={200}
      searchable
      nothingFoundMessage={t`No such event`}
      error={!event}
      value={event || null}
      data={[...new Set([...names, ...(event ? [event] : [])])]}
      onChange={(next) => next && onChange(next)}
    />
  )
}

interface FiltersProps {
  event: string
  filters: PropertyFilter[]
  onChange: (filters: PropertyFilter[]) => void
}

function Filters({ event, filters, onChange }: FiltersProps) {
  const { data } = useQuery(schemaQuery)
  if (!event) return null
  return (
    <PropertyFilters
      event={event}
      properties={data?.events.find((one) => one.name === event)?.properties ?? []}
      filters={filters}
      onChange={onChange}
    />
  )
}

interface ClockProps {
  label: string
  value: string
  error?: boolean
  onChange: (value: string) => void
}

/** A time of the day in 24 hours, whatever the browser's country is used to. */
function Clock({ label, value, error, onChange }: ClockProps) {
  const { t } = useLingui()
  return (
    <TimePicker
      w={84}
      error={error}
      hoursInputLabel={t`${label}: hours`}
      minutesInputLabel={t`${label}: minutes`}
      value={value}
      // Half a time is none yet; the old one stands until the new one is whole.
      onChange={(next) => next && next.slice(0, 5) !== value && onChange(next.slice(0, 5))}
    />
  )
}

/** Days of the week and the time of the day, hidden until they are wanted. */
function TimesInput({ times, onChange }: { times: WeekTimes | null; onChange: (times: WeekTimes | null) => void }) {
  const { t } = useLingui()
  if (!times) {
    return (
      <div>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconClock size={14} />}
          onClick={() => onChange({ days: [], start: '09:00', end: '18:00' })}
        >
          <Trans>Days of the week and time of the day</Trans>
        </Button>
      </div>
    )
  }
  const days = [t`Monday`, t`Tuesday`, t`Wednesday`, t`Thursday`, t`Friday`, t`Saturday`, t`Sunday`]
  return (
    <Group gap={6} align="flex-start">
      <MultiSelect
        aria-label={t`Days of the week`}
        placeholder={times.days.length ? '' : t`any day`}
        miw={200}
        value={times.days.map(String)}
        data={days.map((label, index) => ({ value: String(index + 1), label }))}
        onChange={(next) => onChange({ ...times, days: next.map(Number) })}
      />
      <Clock label={t`Time of the day: from`} value={times.start} onChange={(start) => onChange({ ...times, start })} />
      <span className={css.text}>–</span>
      <Clock
        label={t`Time of the day: to`}
        error={times.start === times.end}
        value={times.end === '24:00' ? '00:00' : times.end}
        onChange={(end) => onChange({ ...times, end: end === '00:00' ? '24:00' : end })}
      />
      <ActionIcon size={32} aria-label={t`At any time of the day`} onClick={() => onChange(null)}>
        <IconX size={16} />
      </ActionIcon>
    </Group>
  )
}

export function EventFields({ node, onChange }: FieldsProps<LeafOf<'event'>>) {
  const { t } = useLingui()
  return (
    <>
      <EventSelect label={t`Event`} event={node.event} onChange={(event) => onChange({ ...node, event, filters: [] })} />
      <CountInput label={t`Event`} test={node.test} onChange={(test) => onChange({ ...node, test })} />
      <span className={css.text}>
        <Trans>times</Trans>
      </span>
      <WindowInput label={t`Event`} window={node.window} onChange={(window) => onChange({ ...node, window })} />
      {node.event && (
        <div className={css.more}>
          <Filters event={node.event} filters={node.filters} onChange={(filters) => onChange({ ...node, filters })} />
          <TimesInput times={node.times} onChange={(times) => onChange({ ...node, times })} />
        </div>
      )}
    </>
  )
}

function measureOf(measure: EventMeasure, kind: EventMeasure['kind']): EventMeasure {
  const path = 'path' in measure ? measure.path : ''
  switch (kind) {
    case 'days':
      return { kind, test: { op: 'at_least', n: 3 } }
    case 'values':
      return { kind, path, test: { op: 'at_least', n: 3 } }
    case 'first_at':
    case 'last_at':
      return {
        kind,
        test: measure.kind === 'first_at' || measure.kind === 'last_at' ? measure.test : defaultDate(),
      }
    default:
      return { kind, path, test: { op: 'at_least', amount: 1000 } }
  }
}

export function EventMeasureFields({ node, onChange }: FieldsProps<LeafOf<'event_measure'>>) {
  const { t } = useLingui()
  const { data } = useQuery(schemaQuery)
  const { measure } = node
  const set = (next: EventMeasure) => onChange({ ...node, measure: next })
  const paths = data?.events.find((one) => one.name === node.event)?.properties.map((one) => one.path) ?? []
  return (
    <>
      <EventSelect label={t`Event`} event={node.event} onChange={(event) => onChange({ ...node, event, filters: [] })} />
      <Select
        aria-label={t`What of the events`}
        w={200}
        value={measure.kind}
        data={[
          { value: 'sum', label: t`sum of a property` },
          { value: 'average', label: t`average of a property` },
          { value: 'largest', label: t`largest value` },
          { value: 'smallest', label: t`smallest value` },
          { value: 'values', label: t`different values` },
          { value: 'days', label: t`different days` },
          { value: 'first_at', label: t`the first time ever` },
          { value: 'last_at', label: t`the last time` },
        ]}
        onChange={(kind) => {
          if (!kind) return
          const next = measureOf(measure, kind as EventMeasure['kind'])
          // "The first time ever" looks at all time, whatever window stood there before.
          onChange({ ...node, measure: next, window: kind === 'first_at' ? { kind: 'all_time' } : node.window })
        }}
      />
      {'path' in measure && (
        <Select
          aria-label={t`Property of the event`}
          placeholder={t`property`}
          w={160}
          searchable
          error={!measure.path}
          value={measure.path || null}
          data={[...new Set([...paths, ...(measure.path ? [measure.path] : [])])]}
          onChange={(path) => path && set({ ...measure, path })}
        />
      )}
      {(measure.kind === 'days' || measure.kind === 'values') && (
        <CountInput label={t`Number`} test={measure.test} onChange={(test) => set({ ...measure, test })} />
      )}
      {(measure.kind === 'sum' ||
        measure.kind === 'average' ||
        measure.kind === 'largest' ||
        measure.kind === 'smallest') && (
        <AmountInput label={t`Value`} test={measure.test} onChange={(test) => set({ ...measure, test })} />
      )}
      {(measure.kind === 'first_at' || measure.kind === 'last_at') && (
        <TestInput
          label={t`Date of the event`}
          test={measure.test}
          type="date"
          ops={DATE_OPS}
          onChange={(test) => set({ ...measure, test: test as DateTest })}
        />
      )}
      {measure.kind !== 'first_at' && measure.kind !== 'last_at' && (
        <WindowInput label={t`Event`} window={node.window} onChange={(window) => onChange({ ...node, window })} />
      )}
      {node.event && (
        <div className={css.more}>
          <Filters event={node.event} filters={node.filters} onChange={(filters) => onChange({ ...node, filters })} />
          <TimesInput times={node.times} onChange={(times) => onChange({ ...node, times })} />
        </div>
      )}
    </>
  )
}

function StepFields({ label, step, onChange }: { label: string; step: Step; onChange: (step: Step) => void }) {
  return (
    <>
      <EventSelect label={label} event={step.event} onChange={(event) => onChange({ ...step, event, filters: [] })} />
      <Filters event={step.event} filters={step.filters} onChange={(filters) => onChange({ ...step, filters })} />
    </>
  )
}

interface WithinProps {
  label: string
  within: Period | null
  none: string
  some: string
  onChange: (within: Period | null) => void
}

function Within({ label, within, none, some, onChange }: WithinProps) {
  return (
    <Group gap={6} align="flex-start">
      <Select
        aria-label={label}
        w={210}
        value={within ? 'some' : 'none'}
        data={[
          { value: 'some', label: some },
          { value: 'none', label: none },
        ]}
        onChange={(value) => onChange(value === 'some' ? { amount: 3, unit: 'days' } : null)}
      />
      {within && (
        <AmountOfTime
          label={label}
          amount={within.amount}
          unit={within.unit}
          onChange={(amount, unit) => onChange({ amount, unit })}
        />
      )}
    </Group>
  )
}

const STEPS_MAX = 10

export function SequenceFields({ node, onChange }: FieldsProps<LeafOf<'sequence'>>) {
  const { t } = useLingui()
  const replace = (index: number, step: Step) =>
    onChange({ ...node, steps: node.steps.map((old, place) => (place === index ? step : old)) })
  return (
    <div className={css.more}>
      {node.steps.map((step, index) => (
        <Group key={index} gap={6} align="flex-start">
          <span className={css.text} style={{ minWidth: 56, color: 'var(--text-dim)', fontSize: 13 }}>
            {index === 0 ? <Trans>first</Trans> : <Trans>then</Trans>}
          </span>
          <StepFields label={t`Step ${index + 1}`} step={step} onChange={(next) => replace(index, next)} />
          {node.steps.length > 2 && (
            <ActionIcon
              size={32}
              aria-label={t`Remove step ${index + 1}`}
              onClick={() => onChange({ ...node, steps: node.steps.filter((_, place) => place !== index) })}
            >
              <IconX size={16} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {node.steps.length < STEPS_MAX && (
        <div>
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={14} />}
            onClick={() => onChange({ ...node, steps: [...node.steps, { event: '', filters: [] }] })}
          >
            <Trans>Step</Trans>
          </Button>
        </div>
      )}
      <Group gap={6} align="flex-start">
        <Within
          label={t`How long the sequence may take`}
          within={node.within}
          some={t`all within`}
          none={t`however long it took`}
          onChange={(within) => onChange({ ...node, within })}
        />
        <WindowInput label={t`Sequence`} window={node.window} onChange={(window) => onChange({ ...node, window })} />
      </Group>
    </div>
  )
}

export function UnfollowedFields({ node, onChange }: FieldsProps<LeafOf<'not_followed'>>) {
  const { t } = useLingui()
  return (
    <div className={css.more}>
      <Group gap={6} align="flex-start">
        <span className={css.text}>
          <Trans>did</Trans>
        </span>
        <StepFields
          label={t`Event`}
          step={node}
          onChange={({ event, filters }) => onChange({ ...node, event, filters })}
        />
        <WindowInput label={t`Event`} window={node.window} onChange={(window) => onChange({ ...node, window })} />
      </Group>
      <Group gap={6} align="flex-start">
        <span className={css.text}>
          <Trans>and did not do</Trans>
        </span>
        <StepFields label={t`The event that did not follow`} step={node.next} onChange={(next) => onChange({ ...node, next })} />
        <Within
          label={t`For how long it did not follow`}
          within={node.within}
          some={t`in the time after it:`}
          none={t`since then`}
          onChange={(within) => onChange({ ...node, within })}
        />
      </Group>
    </div>
  )
}
