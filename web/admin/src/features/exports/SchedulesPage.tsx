import { ActionIcon, Button, Group, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil, IconPlayerPlay, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../components/DataTable'
import { notifyDone, notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, StateLabel, useErrorText } from '../../components/States'
import { Ago, DateTime } from '../../components/Time'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import { deleteSchedule, exportsQuery, runSchedule, schedulesQuery } from '../../lib/api/endpoints/exports'
import type { ExportSchedule } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Exports.module.css'
import { ExportsNav } from './ExportsNav'
import { ScheduleForm } from './ScheduleForm'
import { ExportStateLabel, useRhythmText, useSubjectName } from './words'

/** What leaves by itself: to a folder or to a store, and how the last run went. */
export function SchedulesPage() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const subjectName = useSubjectName()
  const rhythmText = useRhythmText()
  const list = useQuery(schedulesQuery)
  const [edited, setEdited] = useState<ExportSchedule | 'new' | null>(null)
  const { hidden, hide } = useDeferredDelete(deleteSchedule, schedulesQuery.queryKey)
  const run = useMutation({
    mutationFn: runSchedule,
    onSuccess: () => {
      notifyDone(t`The file is being written`)
      void client.invalidateQueries({ queryKey: exportsQuery.queryKey })
      void client.invalidateQueries({ queryKey: schedulesQuery.queryKey })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const columns: Column<ExportSchedule>[] = [
    {
      id: 'name',
      header: t({ context: 'schedule', message: 'Name' }),
      render: (row) => (
        <>
          <span style={{ fontWeight: 500 }}>{row.name}</span>
          <div className={css.dim}>
            {subjectName(row.plan.subject)} · {row.mode === 'new' ? t`only what is new` : t`everything`}
          </div>
        </>
      ),
    },
    {
      id: 'rhythm',
      header: t({ context: 'schedule', message: 'When' }),
      hide: 'sm',
      render: (row) => (
        <>
          {rhythmText(row.rhythm)}
          <div className={css.dim}>
            {row.enabled ? (
              <>
                <Trans>next</Trans> <DateTime at={row.next_at} />
              </>
            ) : (
              <StateLabel tone="dim">{t`Switched off`}</StateLabel>
            )}
          </div>
        </>
      ),
    },
    {
      id: 'where',
      header: t`Where to`,
      hide: 'md',
      render: ({ destination: to, destination_name }) => (
        <>
          {destination_name || t`list of exports`}
          {to.kind === 's3' && (
            <div className={css.dim}>
              {to.bucket}/{to.prefix}
            </div>
          )}
          {to.kind === 'folder' && <div className={css.dim}>{t`folder ${to.path || '/'}`}</div>}
        </>
      ),
    },
    {
      id: 'last',
      header: t`Last run`,
      render: ({ last }) =>
        last ? (
          <>
            <ExportStateLabel state={last.state} />
            <div className={css.dim}>{last.error ?? <Ago at={last.finished_at ?? last.created_at} />}</div>
          </>
        ) : (
          NOTHING
        ),
    },
    {
      id: 'do',
      header: '',
      width: 120,
      align: 'right',
      render: (row) => (
        <Group gap={4} justify="flex-end" wrap="nowrap">
          {may('edit') && (
            <Tooltip label={t`Make a file now`}>
              <ActionIcon aria-label={t`Make a file of ${row.name} now`} onClick={() => run.mutate(row.id)}>
                <IconPlayerPlay size={16} />
              </ActionIcon>
            </Tooltip>
          )}
          {may('edit') && (
            <>
              <Tooltip label={t`Edit`}>
                <ActionIcon aria-label={t`Edit the schedule ${row.name}`} onClick={() => setEdited(row)}>
                  <IconPencil size={16} />
                </ActionIcon>
              </Tooltip>
              <Tooltip label={t`Delete`}>
                <ActionIcon
                  aria-label={t`Delete the schedule ${row.name}`}
                  onClick={() => hide(row.id, t`The schedule “${row.name}” is deleted`)}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Tooltip>
            </>
          )}
        </Group>
      ),
    },
  ]
  const add = may('edit') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>
      <Trans>New schedule</Trans>
    </Button>
  )
  return (
    <Page title={t`Exports`} actions={add}>
      <ExportsNav />
      <Panel flush>
        <DataTable
          label={t`Schedules`}
          columns={columns}
          rows={list.data?.filter((row) => !hidden.has(row.id))}
          rowKey={(row) => row.id}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          empty={
            <Empty title={t`No schedules yet`} action={add}>
              <Trans>
                A schedule puts a file into the list of exports, a folder or an S3 store every hour, day or week; of
                events and messages it can take only what is new.
              </Trans>
            </Empty>
          }
        />
      </Panel>
      {edited && <ScheduleForm schedule={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Page>
  )
}
