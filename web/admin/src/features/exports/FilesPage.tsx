import { ActionIcon, Button, Group, Menu, Progress, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload, IconPlus, IconRefresh, IconTrash, IconX } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../components/DataTable'
import { ExportForm } from '../../components/exports/ExportButton'
import { notifyError } from '../../components/notify'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import {
  cancelExport,
  deleteExport,
  exportsQuery,
  isUnderWay,
  linkExport,
  retryExport,
} from '../../lib/api/endpoints/exports'
import type { ExportSubject, FileExport } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './Exports.module.css'
import { ExportsNav } from './ExportsNav'
import { ExportStateLabel, useBytes, useSubjectName } from './words'

const SUBJECTS: ExportSubject[] = ['profiles', 'events', 'orders', 'messages']

/** Files that were taken out: who, when, how much, and the file itself while it is kept. */
export function FilesPage() {
  const { t } = useLingui()
  const format = useFormat()
  const bytes = useBytes()
  const may = useAccess()
  const subjectName = useSubjectName()
  const list = useInfiniteQuery(exportsQuery)
  const [making, setMaking] = useState<ExportSubject | null>(null)
  const { hidden, hide } = useDeferredDelete(deleteExport, exportsQuery.queryKey)
  const columns: Column<FileExport>[] = [
    {
      id: 'name',
      header: t({ context: 'file', message: 'Name' }),
      render: (row) => (
        <>
          <span style={{ fontWeight: 500 }}>{row.name}</span>
          <div className={css.dim}>
            {subjectName(row.plan.subject)} · {row.file_name}
          </div>
        </>
      ),
    },
    {
      id: 'state',
      header: t`State`,
      render: (row) => (
        <>
          <ExportStateLabel state={row.state} />
          {row.state === 'running' && row.rows_expected ? (
            <Progress
              value={Math.min(100, (row.rows / row.rows_expected) * 100)}
              size={3}
              mt={4}
              aria-label={t`Progress`}
            />
          ) : null}
          {row.error && <div className={css.dim}>{row.error}</div>}
        </>
      ),
    },
    { id: 'rows', header: t`Rows`, align: 'right', hide: 'sm', render: (row) => format.number(row.rows) },
    {
      id: 'size',
      header: t`Size`,
      align: 'right',
      hide: 'md',
      render: (row) => (row.size ? bytes(row.size) : NOTHING),
    },
    { id: 'who', header: t`Who`, hide: 'md', render: (row) => row.created_by || NOTHING },
    { id: 'at', header: t`When`, hide: 'sm', render: (row) => <Ago at={row.created_at} /> },
    {
      id: 'do',
      header: '',
      width: 96,
      align: 'right',
      render: (row) => (
        <FileActions
          row={row}
          onDelete={may('edit') ? () => hide(row.id, t`The file “${row.name}” is deleted`) : undefined}
        />
      ),
    },
  ]
  const make = (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} />}>
          <Trans>New export</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {SUBJECTS.map((subject) => (
          <Menu.Item key={subject} onClick={() => setMaking(subject)}>
            {subjectName(subject)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
  return (
    <Page title={t`Exports`} actions={make}>
      <ExportsNav />
      <Panel flush>
        <DataTable
          label={t`Exports`}
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items).filter((row) => !hidden.has(row.id))}
          rowKey={(row) => row.id}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          empty={
            <Empty title={t`Nothing was exported yet`}>
              <Trans>
                Customers, events, orders and messages leave as CSV, JSON Lines or Parquet: here, by the button above
                the lists, by schedule, or in one request to the API.
              </Trans>
            </Empty>
          }
        />
      </Panel>
      {making && (
        <ExportForm plan={{ subject: making }} name={subjectName(making)} onClose={() => setMaking(null)} />
      )}
    </Page>
  )
}

function FileActions({ row, onDelete }: { row: FileExport; onDelete: (() => void) | undefined }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const errorText = useErrorText()
  const refresh = () => void client.invalidateQueries({ queryKey: exportsQuery.queryKey })
  const failed = (error: unknown) => notifyError(errorText(error))
  const download = useMutation({
    mutationFn: () => linkExport(row.id),
    onSuccess: ({ url }) => window.location.assign(new URL(url).pathname),
    onError: failed,
  })
  const cancel = useMutation({ mutationFn: () => cancelExport(row.id), onSuccess: refresh, onError: failed })
  const retry = useMutation({ mutationFn: () => retryExport(row.id), onSuccess: refresh, onError: failed })
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      {row.state === 'done' && row.destination.kind === 'download' && (
        <Tooltip label={t`Download`}>
          <ActionIcon
            aria-label={t`Download the file ${row.name}`}
            loading={download.isPending}
            onClick={() => download.mutate()}
          >
            <IconDownload size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {row.state === 'failed' && (
        <Tooltip label={t`Try again`}>
          <ActionIcon aria-label={t`Try the export ${row.name} again`} onClick={() => retry.mutate()}>
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {isUnderWay(row) ? (
        <Tooltip label={t`Cancel`}>
          <ActionIcon aria-label={t`Cancel the export ${row.name}`} onClick={() => cancel.mutate()}>
            <IconX size={16} />
          </ActionIcon>
        </Tooltip>
      ) : (
        onDelete && (
          <Tooltip label={t`Delete`}>
            <ActionIcon aria-label={t`Delete the export ${row.name}`} onClick={onDelete}>
              <IconTrash size={16} />
            </ActionIcon>
          </Tooltip>
        )
      )}
    </Group>
  )
}
