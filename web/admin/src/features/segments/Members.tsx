import { Button } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconUserMinus } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { ExportButton } from '../../components/exports/ExportButton'
import { notifyError, notifyUndo } from '../../components/notify'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote, useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import { changeMembers, segmentMembersQuery } from '../../lib/api/endpoints/segments'
import type { ProfileRow, Segment } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useAccess } from '../../lib/hooks/useAccess'

/** Who is in the segment as of its last recount. */
export function Members({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [selected, setSelected] = useState<Set<string | number>>(new Set())
  const list = useInfiniteQuery(segmentMembersQuery(segment.id))
  const isStatic = segment.kind === 'static'
  const refresh = () => void client.invalidateQueries({ queryKey: ['segments', segment.id] })
  const remove = useMutation({
    mutationFn: (ids: number[]) => changeMembers(segment.id, { add: [], remove: ids }),
    onSuccess: (_, ids) => {
      setSelected(new Set())
      refresh()
      notifyUndo(t`People are taken off the list`, () => {
        void changeMembers(segment.id, { add: ids, remove: [] }).then(refresh)
      })
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const columns: Column<ProfileRow>[] = [
    { id: 'name', header: t({ context: 'person', message: 'Name' }), render: (row) => row.name || row.email || row.phone || `#${row.id}` },
    { id: 'email', header: t`E-mail`, hide: 'sm', render: (row) => row.email ?? NOTHING },
    { id: 'phone', header: t`Phone`, hide: 'md', render: (row) => row.phone ?? NOTHING },
    { id: 'seen', header: t`Last seen`, hide: 'sm', render: (row) => <Ago at={row.last_seen} /> },
  ]
  return (
    <Panel
      title={t`People`}
      flush
      actions={
        <>
          <ExportButton plan={{ subject: 'profiles', segment_id: segment.id }} name={segment.name} />
          <AppLink href={`/customers?segment=${segment.id}`} style={{ fontSize: 13 }}>
            <Trans>Open in customers</Trans>
          </AppLink>
        </>
      }
    >
      <DataTable
        label={t`People of the segment`}
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        href={(row) => `/customers/${row.id}`}
        total={list.data?.pages[0]?.total ?? segment.count}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        {...(isStatic && may('edit')
          ? {
              selection: { selected, onChange: setSelected },
              toolbar: selected.size > 0 ? <span /> : undefined,
              bulk: (
                <Button
                  variant="default"
                  leftSection={<IconUserMinus size={16} />}
                  loading={remove.isPending}
                  onClick={() => remove.mutate([...selected].map(Number))}
                >
                  <Trans>Take off the list: {selected.size}</Trans>
                </Button>
              ),
            }
          : {})}
        empty={
          <Empty title={t`Nobody is here`}>
            {isStatic ? (
              <Trans>Select people in the list of customers and choose “Add to a list”.</Trans>
            ) : (
              <Trans>No customer fits the conditions now. Loosen one of them, or wait for new data.</Trans>
            )}
          </Empty>
        }
      />
    </Panel>
  )
}
