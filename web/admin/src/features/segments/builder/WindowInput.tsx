import { Group, Select } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import { AgoRange, AmountOfTime, CalendarPeriod, Day } from '../../../components/rules/TestInput'
import type { Window } from '../../../lib/rules/types'

interface WindowInputProps {
  label: string
  window: Window
  onChange: (window: Window) => void
}

function withKind(window: Window, kind: Window['kind']): Window {
  const at = 'at' in window ? window.at : 'start' in window ? window.start : ''
  switch (kind) {
    case 'last':
      return { kind, amount: 30, unit: 'days' }
    case 'ago':
      return { kind, low: 7, high: 30, unit: 'days' }
    case 'period':
      return { kind, which: 'this', unit: 'month' }
    case 'between':
      return { kind, start: at, end: at }
    case 'before':
    case 'after':
      return { kind, at }
    default:
      return { kind: 'all_time' }
  }
}

/** From when to when things count. */
export function WindowInput({ label, window, onChange }: WindowInputProps) {
  const { t } = useLingui()
  return (
    <Group gap={6} align="flex-start">
      <Select
        aria-label={t`${label}: when`}
        w={170}
        value={window.kind}
        data={[
          { value: 'all_time', label: t`at any time` },
          { value: 'last', label: t`within the last` },
          { value: 'ago', label: t`between … and … ago` },
          { value: 'period', label: t`in the calendar period` },
          { value: 'between', label: t`between the dates` },
          { value: 'after', label: t`after` },
          { value: 'before', label: t`before` },
        ]}
        onChange={(kind) => kind && onChange(withKind(window, kind as Window['kind']))}
      />
      {window.kind === 'last' && (
        <AmountOfTime
          label={label}
          amount={window.amount}
          unit={window.unit}
          onChange={(amount, unit) => onChange({ ...window, amount, unit })}
        />
      )}
      {window.kind === 'ago' && (
        <AgoRange
          label={label}
          low={window.low}
          high={window.high}
          unit={window.unit}
          onChange={(range) => onChange({ ...window, ...range })}
        />
      )}
      {window.kind === 'period' && (
        <CalendarPeriod
          label={label}
          which={window.which}
          unit={window.unit}
          choices={['this', 'last']}
          onChange={(which, unit) => onChange({ ...window, which, unit })}
        />
      )}
      {window.kind === 'between' && (
        <Group gap={4} wrap="nowrap">
          <Day label={t`${label}: from`} value={window.start} onChange={(start) => onChange({ ...window, start })} />
          –
          <Day label={t`${label}: to`} value={window.end} onChange={(end) => onChange({ ...window, end })} />
        </Group>
      )}
      {'at' in window && (
        <Day label={t`${label}: date`} value={window.at} onChange={(at) => onChange({ ...window, at })} />
      )}
    </Group>
  )
}
