import { Group, SegmentedControl } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import { DateField } from '../../../../components/DateField'
import { type Days, type SpanName } from './spans'

interface SpanBarProps {
  name: SpanName
  days: Days
  today: string
  onChange: (change: { days?: string | undefined; since?: string | undefined; until?: string | undefined }) => void
  children?: ReactNode
}

/** Of which days the report is. */
export function SpanBar({ name, days, today, onChange, children }: SpanBarProps) {
  const { t } = useLingui()
  return (
    <Group gap={8} align="end">
      <SegmentedControl
        aria-label={t`Period`}
        value={name}
        onChange={(value) =>
          onChange(
            value === 'dates'
              ? { days: value, since: days.since, until: days.until }
              : { days: value, since: undefined, until: undefined },
          )
        }
        data={[
          { value: '7', label: t`7 days` },
          { value: '30', label: t`30 days` },
          { value: '90', label: t`90 days` },
          { value: 'all', label: t`All time` },
          { value: 'dates', label: t`Dates` },
        ]}
      />
      {name === 'dates' && (
        <>
          <DateField
            aria-label={t`From`}
            value={days.since ?? ''}
            max={days.until ?? today}
            onChange={(since) => since && onChange({ since })}
          />
          <DateField
            aria-label={t`To`}
            value={days.until ?? ''}
            min={days.since ?? ''}
            max={today}
            onChange={(until) => until && onChange({ until })}
          />
        </>
      )}
      {children}
    </Group>
  )
}
