import { ActionIcon, Group, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import { deleteDestination, destinationsQuery } from '../../lib/api/endpoints/exports'
import type { ExportDestination } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useAccess } from '../../lib/hooks/useAccess'
import { DestinationForm } from './DestinationForm'
import css from './Exports.module.css'
import { ExportsNav } from './ExportsNav'
import { OwnerOnly } from './OwnerOnly'

/** Folders and stores that owners have set up, and what writes to them. */
export function DestinationsPage() {
  const { t } = useLingui()
  const may = useAccess()
  const list = useQuery(destinationsQuery)
  const [edited, setEdited] = useState<ExportDestination | 'new' | null>(null)
  const { hidden, hide } = useDeferredDelete(deleteDestination, destinationsQuery.queryKey)
  const columns: Column<ExportDestination>[] = [
    {
      id: 'name',
      header: t({ context: 'destination', message: 'Name' }),
      render: (row) => <span style={{ fontWeight: 500 }}>{row.name}</span>,
    },
    {
      id: 'where',
      header: t`Where to`,
      render: ({ place }) =>
        place.kind === 's3' ? (
          <>
            {place.bucket}/{place.prefix}
            <div className={css.dim}>{place.endpoint}</div>
          </>
        ) : (
          t`folder ${place.path || '/'}`
        ),
    },
    {
      id: 'schedules',
      header: t`Schedules`,
      hide: 'sm',
      render: (row) => row.schedules.join(', ') || NOTHING,
    },
    {
      id: 'do',
      header: '',
      width: 96,
      align: 'right',
      render: (row) =>
        may('manage') && (
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <Tooltip label={t`Edit`}>
              <ActionIcon aria-label={t`Edit the destination ${row.name}`} onClick={() => setEdited(row)}>
                <IconPencil size={16} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={row.schedules.length > 0 ? t`Schedules write there` : t`Delete`}>
              <ActionIcon
                aria-label={t`Delete the destination ${row.name}`}
                {...(row.schedules.length > 0 && { 'data-disabled': true, 'aria-disabled': true })}
                onClick={() => row.schedules.length === 0 && hide(row.id, t`The destination “${row.name}” is deleted`)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Tooltip>
          </Group>
        ),
    },
  ]
  const add = (
    <OwnerOnly onClick={() => setEdited('new')}>
      <Trans>New destination</Trans>
    </OwnerOnly>
  )
  return (
    <Page title={t`Exports`} actions={add}>
      <ExportsNav />
      <Panel flush>
        <DataTable
          label={t`Destinations`}
          columns={columns}
          rows={list.data?.filter((row) => !hidden.has(row.id))}
          rowKey={(row) => row.id}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          empty={
            <Empty title={t`No destinations yet`} action={may('manage') ? add : undefined}>
              <Trans>
                An owner sets up an S3 store or a folder of the server once; then everybody who may edit can make
                schedules that write there.
              </Trans>
            </Empty>
          }
        />
      </Panel>
      {edited && <DestinationForm destination={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Page>
  )
}
