import { Group, Select } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import { AmountOfTime, Day } from '../../../components/rules/TestInput'
import type { Window } from '../../../lib/rules/types'

type Kind = 'all_time' | 'last' | 'between'

function withKind(kind: Kind): Window {
  if (kind === 'last') return { kind, amount: 90, unit: 'days' }
  if (kind === 'between') return { kind, start: '', end: '' }
  return { kind }
}

/** The period whose facts count. */
export function WindowInput({ window, onChange }: { window: Window; onChange: (window: Window) => void }) {
  const { t } = useLingui()
  const label = t`Period`
  const choices = [
    { value: 'all_time', label: t`of all time` },
    { value: 'last', label: t`of the last` },
    { value: 'between', label: t`between the dates` },
  ]
  const known = choices.some((choice) => choice.value === window.kind)
  return (
    <>
      <Select
        aria-label={label}
        w={170}
        value={window.kind}
        data={known ? choices : [...choices, { value: window.kind, label: t`of another period` }]}
        onChange={(kind) => kind && kind !== window.kind && onChange(withKind(kind as Kind))}
      />
      {window.kind === 'last' && (
        <AmountOfTime
          label={label}
          amount={window.amount}
          unit={window.unit}
          onChange={(amount, unit) => onChange({ ...window, amount, unit })}
        />
      )}
      {window.kind === 'between' && (
        <Group gap={4} wrap="nowrap">
          <Day label={t`${label}: from`} value={window.start} onChange={(start) => onChange({ ...window, start })} />
          –
          <Day label={t`${label}: to`} value={window.end} onChange={(end) => onChange({ ...window, end })} />
        </Group>
      )}
    </>
  )
}
