import {
  Button,
  Group,
  Modal,
  NumberInput,
  PasswordInput,
  Radio,
  Select,
  Stack,
  Switch,
  TextInput,
} from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { PlanFields } from '../../components/exports/PlanFields'
import { ErrorNote, Note } from '../../components/States'
import {
  createSchedule,
  exportPlacesQuery,
  schedulesQuery,
  tryDestination,
  updateSchedule,
} from '../../lib/api/endpoints/exports'
import type { ExportDestination, ExportSchedule, ExportSubject, ScheduleInput } from '../../lib/api/types'
import { useSubjectName, useWeekdays } from './words'

type StoreDestination = Extract<ExportDestination, { kind: 's3' }>
const STORE: StoreDestination = { kind: 's3', endpoint: '', bucket: '', access_key: '', region: 'us-east-1', prefix: '' }

const PATTERN_WORDS = '{name}, {date}, {time}, {from}, {to}, {format}'

function draftOf(schedule: ExportSchedule | null): ScheduleInput {
  if (!schedule) {
    return {
      name: '',
      plan: { subject: 'events', format: 'csv' },
      rhythm: { every: 'day', hour: 3, minute: 0, weekday: 0 },
      destination: STORE,
      mode: 'new',
      pattern: '{name}-{to}',
      enabled: true,
    }
  }
  const { name, plan, rhythm, destination, mode, pattern, enabled } = schedule
  return { name, plan, rhythm, destination, mode, pattern, enabled }
}

export function ScheduleForm({ schedule, onClose }: { schedule: ExportSchedule | null; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const subjectName = useSubjectName()
  const weekdays = useWeekdays()
  const places = useQuery(exportPlacesQuery)
  const [draft, setDraft] = useState(() => draftOf(schedule))
  const [secret, setSecret] = useState('')
  const set = (part: Partial<ScheduleInput>) => setDraft((old) => ({ ...old, ...part }))
  const { rhythm, destination } = draft
  const byParts = draft.plan.subject === 'events' || draft.plan.subject === 'messages'
  const save = useMutation({
    mutationFn: () => {
      const data = { ...draft, ...(secret && { secret }) }
      return schedule ? updateSchedule(schedule.id, data) : createSchedule(data)
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: schedulesQuery.queryKey })
      onClose()
    },
  })
  const trial = useMutation({
    mutationFn: () => tryDestination(destination, secret || null, schedule?.id ?? null),
  })
  const setStore = (part: Partial<StoreDestination>) => {
    trial.reset()
    if (destination.kind === 's3') set({ destination: { ...destination, ...part } })
  }
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
                  mode: value === 'events' || value === 'messages' ? (draft.mode ?? 'new') : 'full',
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
              <TextInput
                type="time"
                label={t`At (zone of the workspace)`}
                value={`${String(rhythm.hour ?? 0).padStart(2, '0')}:${String(rhythm.minute ?? 0).padStart(2, '0')}`}
                onChange={(event) => {
                  const [hour, minute] = event.currentTarget.value.split(':').map(Number)
                  set({ rhythm: { ...rhythm, hour: hour || 0, minute: minute || 0 } })
                }}
              />
            )}
          </Group>
          <Radio.Group
            label={t`Where to`}
            value={destination.kind}
            onChange={(kind) => {
              trial.reset()
              set({ destination: kind === 's3' ? STORE : kind === 'folder' ? { kind: 'folder', path: '' } : { kind: 'download' } })
            }}
          >
            <Group gap={16} mt={4}>
              <Radio size="xs" value="s3" label={t`S3-compatible store`} />
              <Radio size="xs" value="folder" label={t`Folder of the server`} disabled={!places.data?.folder} />
              <Radio size="xs" value="download" label={t`List of exports`} disabled={draft.mode === 'new'} />
            </Group>
          </Radio.Group>
          {!places.data?.folder && destination.kind !== 's3' && (
            <Note level="info">
              <Trans>An administrator allows a folder by the setting exports.folder.</Trans>
            </Note>
          )}
          {destination.kind === 'folder' && (
            <TextInput
              label={t`Folder inside the one of the workspace`}
              placeholder="daily/crm"
              value={destination.path ?? ''}
              onChange={(event) => set({ destination: { kind: 'folder', path: event.currentTarget.value } })}
            />
          )}
          {destination.kind === 's3' && (
            <>
              <Group grow>
                <TextInput
                  label={t`Address of the store`}
                  placeholder="https://storage.yandexcloud.net"
                  value={destination.endpoint}
                  onChange={(event) => setStore({ endpoint: event.currentTarget.value.trim() })}
                />
                <TextInput
                  label={t`Region`}
                  value={destination.region ?? ''}
                  onChange={(event) => setStore({ region: event.currentTarget.value.trim() })}
                />
              </Group>
              <Group grow>
                <TextInput
                  label={t`Bucket`}
                  value={destination.bucket}
                  onChange={(event) => setStore({ bucket: event.currentTarget.value.trim() })}
                />
                <TextInput
                  label={t`Path in the bucket`}
                  placeholder="otklik/events"
                  value={destination.prefix ?? ''}
                  onChange={(event) => setStore({ prefix: event.currentTarget.value })}
                />
              </Group>
              <Group grow>
                <TextInput
                  label={t`Access key`}
                  autoComplete="off"
                  value={destination.access_key}
                  onChange={(event) => setStore({ access_key: event.currentTarget.value.trim() })}
                />
                <PasswordInput
                  label={t`Secret key`}
                  autoComplete="new-password"
                  placeholder={schedule ? t`kept; fill in to change` : ''}
                  visibilityToggleButtonProps={{ 'aria-label': t`Show` }}
                  value={secret}
                  onChange={(event) => {
                    trial.reset()
                    setSecret(event.currentTarget.value)
                  }}
                />
              </Group>
            </>
          )}
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
          {trial.data && (
            <Note level="ok">
              <Trans>A test file was written there and removed again.</Trans>
            </Note>
          )}
          {(save.error ?? trial.error) && <ErrorNote error={save.error ?? trial.error} />}
          <Group justify="flex-end" gap={8}>
            {destination.kind !== 'download' && (
              <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate()}>
                <Trans>Check the connection</Trans>
              </Button>
            )}
            <Button type="submit" loading={save.isPending} disabled={!draft.name.trim()}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
