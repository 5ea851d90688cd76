import { Chip, Group, NumberInput, Radio, SegmentedControl, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { DateField } from '../../../components/DateField'
import { ErrorNote } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { TimeField } from '../../../components/TimeField'
import { regularMomentsQuery } from '../../../lib/api/endpoints/regular'
import type { RegularPlan } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Regular.module.css'
import { useWeekdays } from './words'

interface PlanFieldsProps {
  plan: RegularPlan
  onChange: (plan: RegularPlan) => void
  isReadOnly: boolean
}

/** When a regular mailing goes out, with its next moments counted by the server. */
export function PlanFields({ plan, onChange, isReadOnly }: PlanFieldsProps) {
  const { t } = useLingui()
  const { timeZone } = useFormat()
  const days = useWeekdays('short')
  const set = (part: Partial<RegularPlan>) => onChange({ ...plan, ...part })
  const moments = useQuery(regularMomentsQuery(plan))
  return (
    <Stack gap={12}>
      <SegmentedControl
        aria-label={t`How often`}
        disabled={isReadOnly}
        value={plan.every}
        onChange={(every) => set({ every: every as RegularPlan['every'] })}
        data={[
          { value: 'day', label: t`Every day` },
          { value: 'week', label: t`Every week` },
          { value: 'month', label: t`Every month` },
        ]}
      />
      {plan.every === 'week' && (
        <Chip.Group
          multiple
          value={plan.weekdays.map(String)}
          onChange={(chosen) => set({ weekdays: chosen.map(Number).sort((a, b) => a - b) })}
        >
          <Group gap={6} role="group" aria-label={t`Days of the week`}>
            {days.map((name, day) => (
              <Chip key={name} value={String(day + 1)} size="sm" disabled={isReadOnly}>
                {name}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      )}
      <Group gap={12} align="flex-start">
        {plan.every === 'month' && (
          <NumberInput
            label={t`Day of the month`}
            description={t`In a shorter month, its last day`}
            w={200}
            min={1}
            max={31}
            readOnly={isReadOnly}
            value={plan.month_day}
            onChange={(day) => typeof day === 'number' && day >= 1 && day <= 31 && set({ month_day: day })}
          />
        )}
        <TimeField label={t`Time`} w={84} readOnly={isReadOnly} value={plan.time} onChange={(time) => set({ time })} />
        <DateField
          label={t`Not before`}
          clearable
          readOnly={isReadOnly}
          value={plan.first_on}
          onChange={(first_on) => set({ first_on })}
        />
        <DateField
          label={t({ context: 'regular mailing', message: 'Last day' })}
          clearable
          readOnly={isReadOnly}
          value={plan.last_on}
          onChange={(last_on) => set({ last_on })}
        />
      </Group>
      <Radio.Group
        label={t`By whose clock`}
        value={plan.zone}
        onChange={(zone) => set({ zone: zone as RegularPlan['zone'] })}
      >
        <Group gap={16} mt={6}>
          <Radio value="workspace" disabled={isReadOnly} label={t`the workspace's (${timeZone})`} />
          <Radio value="own" disabled={isReadOnly} label={t`each reader's own`} />
        </Group>
      </Radio.Group>
      {moments.error && <ErrorNote error={moments.error} />}
      {moments.data && (
        <div>
          <span className={css.dim}>
            {moments.data.length > 0 ? <Trans>Next times:</Trans> : <Trans>This plan has no moment in the future.</Trans>}
          </span>
          <ul className={css.moments}>
            {moments.data.map((one) => (
              <li key={one.at}>
                {plan.zone === 'own' ? `${one.wall.replace('T', ' ')} · ${t`own clock`}` : <DateTime at={one.at} />}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Stack>
  )
}
