import { ActionIcon, Button, Group, NumberInput, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Panel } from '../../../components/Page'
import { PropertyFilters } from '../../../components/rules/PropertyFilters'
import { schemaQuery } from '../../../lib/api/endpoints/segments'
import type { Goal } from '../../../lib/api/types'
import { typeOf } from '../../../lib/rules/tests'
import { readFilters } from '../../../lib/rules/types'
import css from './Editor.module.css'
import type { SectionProps } from './MailingEditor'

const WEEK_HOURS = 168
export const GOALS_MAX = 10

/** The main target action, which decides, and others that explain. */
export function GoalSection({ draft, change, isReadOnly }: SectionProps) {
  const { t } = useLingui()
  const { goal } = draft
  const more = draft.more_goals ?? []
  const setMore = (place: number, next: Goal | null) =>
    change({ more_goals: more.flatMap((one, index) => (index === place ? (next ?? []) : one)) })
  return (
    <Panel
      id="goal"
      title={t`Target action`}
      hint={t`What people should do after the letter. It is counted in every group alike.`}
    >
      <Stack gap={12}>
        <GoalFields
          goal={goal ?? null}
          none={t`None: only openings and clicks`}
          isReadOnly={isReadOnly}
          onChange={(next) => change(next ? { goal: next } : { goal: null, more_goals: [] })}
        />
        {more.map((one, place) => (
          <div key={place} className={css.moreGoal} role="group" aria-label={t`Further target action ${place + 1}`}>
            <GoalFields
              goal={one}
              none={null}
              isReadOnly={isReadOnly}
              onChange={(next) => setMore(place, next)}
            />
            {!isReadOnly && (
              <ActionIcon aria-label={t`Remove this target action`} onClick={() => setMore(place, null)}>
                <IconX size={16} />
              </ActionIcon>
            )}
          </div>
        ))}
        {goal && !isReadOnly && more.length < GOALS_MAX - 1 && (
          <div>
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconPlus size={14} />}
              onClick={() => change({ more_goals: [...more, { ...goal, filters: [], revenue_property: null }] })}
            >
              <Trans>Another target action</Trans>
            </Button>
            {more.length === 0 && (
              <p style={{ margin: '4px 0 0', fontSize: 13, color: 'var(--text-dim)' }}>
                <Trans>The first one decides whether the mailing worked; further ones only explain.</Trans>
              </p>
            )}
          </div>
        )}
      </Stack>
    </Panel>
  )
}

interface GoalFieldsProps {
  goal: Goal | null
  /** What the choice of no event is called; null where there has to be one. */
  none: string | null
  isReadOnly: boolean
  onChange: (goal: Goal | null) => void
}

export function GoalFields({ goal, none, isReadOnly, onChange }: GoalFieldsProps) {
  const { t } = useLingui()
  const schema = useQuery(schemaQuery)
  const events = schema.data?.events ?? []
  const properties = events.find((event) => event.name === goal?.event)?.properties ?? []
  const numbers = properties.filter((property) => typeOf(property.type) === 'number')
  const set = (part: Partial<Goal>) => goal && onChange({ ...goal, ...part })
  const choose = (event: string) => {
    if (!event) return onChange(null)
    const next = events.find(({ name }) => name === event)?.properties ?? []
    const revenue = next.find(({ path }) => path === 'revenue' || path === 'total' || path === 'value')
    onChange({
      event,
      filters: [],
      window_hours: goal?.window_hours ?? WEEK_HOURS,
      revenue_property: revenue?.path ?? null,
    })
  }
  return (
    <Stack gap={12} flex={1}>
      <Group gap={12} align="flex-end">
        <Select
          label={t`Event`}
          w={260}
          searchable
          disabled={isReadOnly}
          nothingFoundMessage={t`No such event`}
          value={goal?.event ?? ''}
          data={[
            ...(none === null ? [] : [{ value: '', label: none }]),
            ...new Set([...(goal ? [goal.event] : []), ...events.map(({ name }) => name)]),
          ]}
          onChange={(event) => choose(event ?? goal?.event ?? '')}
        />
        {goal && (
          <WindowInput
            key={goal.event}
            hours={goal.window_hours ?? WEEK_HOURS}
            isReadOnly={isReadOnly}
            onChange={(window_hours) => set({ window_hours })}
          />
        )}
        {goal && (
          <Select
            label={t`Revenue from the property`}
            w={200}
            disabled={isReadOnly}
            value={goal.revenue_property ?? ''}
            data={[
              { value: '', label: t`Do not count revenue` },
              ...new Set([
                ...(goal.revenue_property ? [goal.revenue_property] : []),
                ...numbers.map(({ path }) => path),
              ]),
            ]}
            onChange={(path) => set({ revenue_property: path || null })}
          />
        )}
      </Group>
      {goal && !isReadOnly && (
        <PropertyFilters
          event={goal.event}
          properties={properties}
          filters={readFilters(goal.filters)}
          onChange={(filters) => set({ filters: filters.map((filter) => ({ ...filter })) })}
        />
      )}
    </Stack>
  )
}

interface WindowInputProps {
  hours: number
  isReadOnly: boolean
  onChange: (hours: number) => void
}

function WindowInput({ hours, isReadOnly, onChange }: WindowInputProps) {
  const { t } = useLingui()
  const [unit, setUnit] = useState<'days' | 'hours'>(hours % 24 === 0 ? 'days' : 'hours')
  const size = unit === 'days' ? 24 : 1
  return (
    <Group gap={4} align="flex-end" wrap="nowrap">
      <NumberInput
        label={<Trans>Within</Trans>}
        w={88}
        min={1}
        max={unit === 'days' ? 90 : 2160}
        disabled={isReadOnly}
        value={Math.round((hours / size) * 100) / 100}
        onChange={(value) => typeof value === 'number' && value > 0 && onChange(Math.round(value * size))}
      />
      <Select
        aria-label={t`Unit of the window`}
        w={100}
        disabled={isReadOnly}
        value={unit}
        data={[
          { value: 'days', label: t`days` },
          { value: 'hours', label: t`hours` },
        ]}
        onChange={(value) => {
          const next = value === 'hours' ? 'hours' : 'days'
          setUnit(next)
          if (next === 'days') onChange(Math.max(24, Math.round(hours / 24) * 24))
        }}
      />
    </Group>
  )
}
