import { Button, Group, Modal, NumberInput, Radio, Select, Stack, Switch, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { PlanFields } from '../../components/exports/PlanFields'
import { ErrorNote, Note } from '../../components/States'
import { TimeField } from '../../components/TimeField'
import { createSchedule, destinationsQuery, schedulesQuery, updateSchedule } from '../../lib/api/endpoints/exports'
import type { ExportSchedule, ExportSubject, ScheduleInput } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { useSubjectName, useWeekdays } from './words'

/** The choice of no destination: the file waits in the list of exports. */
const LIST = ''
const PATTERN_WORDS = '{name}, {date}, {time}, {from}, {to}, {format}'

function draftOf(schedule: ExportSchedule | null): ScheduleInput {
  if (!schedule) {
    return {
      name: '',
      plan: { subject: 'events', format: 'csv' },
      rhythm: { every: 'day', hour: 3, minute: 0, weekday: 0 },
      destination_id: null,
      mode: 'full',
      pattern: '{name}-{to}',
      enabled: true,
    }
  }
  const { name, plan, rhythm, destination_id, mode, pattern, enabled } = schedule
  return { name, plan, rhythm, destination_id, mode, pattern, enabled }
}

export function ScheduleForm({ schedule, onClose }: { schedule: ExportSchedule | null; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const subjectName = useSubjectName()
  const weekdays = useWeekdays()
  const may = useAccess()
  const destinations = useQuery(destinationsQuery)
  const [draft, setDraft] = useState(() => draftOf(schedule))
  const set = (part: Partial<ScheduleInput>) => setDraft((old) => ({ ...old, ...part }))
  const { rhythm } = draft
  // The list of exports has whole files only: nobody loads a chain of parts by hand.
  const isKept = draft.destination_id != null
  const byParts = isKept && (draft.plan.subject === 'events' || draft.plan.subject === 'messages')
  const save = useMutation({
    mutationFn: () => (schedule ? updateSchedule(schedule.id, draft) : createSchedule(draft)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: schedulesQuery.queryKey })
      onClose()
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={schedule ? t`Schedule` : t`New schedule`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={16}>
          <TextInput
            label={t`Name`}
            data-autofocus
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <Select
            label={t`Where to`}
            allowDeselect={false}
            value={draft.destination_id ?? LIST}
            data={[
              { value: LIST, label: t`List of exports` },
              ...(destinations.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={(id) => set({ destination_id: id || null, ...(!id && { mode: 'full' as const }) })}
          />
          {destinations.data?.length === 0 && (
            <Note level="info">
              {may('manage') ? (
                <Trans>
                  Files can also go to a store or a folder:{' '}
                  <AppLink href="/exports/destinations">set up a destination</AppLink>.
                </Trans>
              ) : (
                <Trans>Files can also go to a store or a folder, once an owner has set one up as a destination.</Trans>
              )}
            </Note>
          )}
          <Group grow align="flex-start">
            <Select
              label={t`What to take out`}
              allowDeselect={false}
              value={draft.plan.subject}
              data={(['profiles', 'events', 'orders', 'messages'] as const).map((value) => ({
                value,
                label: subjectName(value),
              }))}
              onChange={(value) =>
                value &&
                set({
                  plan: { subject: value as ExportSubject, format: draft.plan.format ?? 'csv' },
                  mode: value === 'events' || value === 'messages' ? (draft.mode ?? 'full') : 'full',
                })
              }
            />
            <Radio.Group
              label={t`How much`}
              value={draft.mode ?? 'full'}
              onChange={(mode) => set({ mode: mode as 'full' | 'new' })}
            >
              <Stack gap={6} mt={4}>
                <Radio size="xs" value="full" label={t`everything each time`} />
                <Radio size="xs" value="new" label={t`only what came since the last file`} disabled={!byParts} />
              </Stack>
            </Radio.Group>
          </Group>
          <PlanFields plan={draft.plan} onChange={(plan) => set({ plan })} withPeriod={false} />
          <Group grow align="flex-end">
            <Select
              label={t`How often`}
              allowDeselect={false}
              value={rhythm.every}
              data={[
                { value: 'hour', label: t`every hour` },
                { value: 'day', label: t`every day` },
                { value: 'week', label: t`every week` },
              ]}
              onChange={(every) => every && set({ rhythm: { ...rhythm, every: every as 'hour' | 'day' | 'week' } })}
            />
            {rhythm.every === 'week' && (
              <Select
                label={t`Day of the week`}
                allowDeselect={false}
                value={String(rhythm.weekday ?? 0)}
                data={weekdays.map((label, day) => ({ value: String(day), label }))}
                onChange={(day) => set({ rhythm: { ...rhythm, weekday: Number(day) } })}
              />
            )}
            {rhythm.every === 'hour' ? (
              <NumberInput
                label={t`At minute`}
                min={0}
                max={59}
                value={rhythm.minute ?? 0}
                onChange={(minute) => set({ rhythm: { ...rhythm, minute: Number(minute) || 0 } })}
              />
            ) : (
              <TimeField
                label={t`At (zone of the workspace)`}
                value={`${String(rhythm.hour ?? 0).padStart(2, '0')}:${String(rhythm.minute ?? 0).padStart(2, '0')}`}
                onChange={(time) => {
                  const [hour, minute] = time.split(':').map(Number)
                  set({ rhythm: { ...rhythm, hour: hour || 0, minute: minute || 0 } })
                }}
              />
            )}
          </Group>
          <TextInput
            label={t`Name of the file`}
            description={t`In its name can stand: ${PATTERN_WORDS}`}
            value={draft.pattern ?? ''}
            onChange={(event) => set({ pattern: event.currentTarget.value })}
          />
          <Switch
            label={t`The schedule is on`}
            checked={draft.enabled ?? true}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
          />
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button type="submit" loading={save.isPending} disabled={!draft.name.trim()}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
