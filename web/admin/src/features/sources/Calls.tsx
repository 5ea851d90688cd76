import { Button, Group, Menu, SegmentedControl } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconRefresh } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../components/DataTable'
import { notifyDone, notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote, useErrorText } from '../../components/States'
import { DateTime } from '../../components/Time'
import { replayCalls, sourceCallsQuery } from '../../lib/api/endpoints/sources'
import type { HookCall, HookSource } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { useAccess } from '../../lib/hooks/useAccess'
import { CallDetails } from './CallDetails'
import { CallState, useCallStates } from './states'

type Shown = HookCall['state'] | 'all'

/** The log of calls: what came, what became of it, and once more where that was wrong. */
export function Calls({ source }: { source: HookSource }) {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const states = useCallStates()
  const [shown, setShown] = useState<Shown>('all')
  const [open, setOpen] = useState<string | null>(null)
  const list = useInfiniteQuery(sourceCallsQuery(source.id, shown === 'all' ? null : shown))
  const columns: Column<HookCall>[] = [
    { id: 'at', header: t`When`, render: (row) => <DateTime at={row.received_at} /> },
    { id: 'state', header: t`State`, render: (row) => <CallState state={row.state} /> },
    { id: 'reason', header: t`Reason`, hide: 'sm', render: (row) => row.reason },
    { id: 'events', header: t`Events`, align: 'right', render: (row) => format.number(row.events) },
    {
      id: 'repeats',
      header: t`Repeats`,
      align: 'right',
      hide: 'sm',
      render: (row) => format.number(row.repeats),
    },
    { id: 'size', header: t`Size`, align: 'right', hide: 'md', render: (row) => format.bytes(row.size) },
  ]
  return (
    <Panel flush>
      <DataTable
        label={t({ context: 'source', message: 'Calls' })}
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        onOpen={(row) => setOpen(row.id)}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        toolbar={
          <Group gap={12} justify="space-between" style={{ flex: 1 }}>
            <SegmentedControl
              aria-label={t`State`}
              size="xs"
              style={{ maxWidth: '100%', overflowX: 'auto' }}
              value={shown}
              onChange={(value) => setShown(value as Shown)}
              data={[
                { value: 'all', label: t`All` },
                ...(['mapped', 'caught', 'failed', 'ignored', 'refused'] as const).map((value) => ({
                  value,
                  label: states[value],
                })),
              ]}
            />
            {may('edit') && source.mapping && <Replay source={source} />}
          </Group>
        }
        empty={
          <Empty title={shown === 'all' ? t`Nobody has called yet` : t`There are no such calls`}>
            <Trans>Every call to the address of the source stands here, with what became of it.</Trans>
          </Empty>
        }
      />
      {open && <CallDetails source={source} callId={open} onClose={() => setOpen(null)} />}
    </Panel>
  )
}

const DAY_MS = 86_400_000

function Replay({ source }: { source: HookSource }) {
  const { t } = useLingui()
  const format = useFormat()
  const client = useQueryClient()
  const errorText = useErrorText()
  const replay = useMutation({
    mutationFn: (which: { states?: HookCall['state'][]; since?: string }) => replayCalls(source.id, which),
    onSuccess: ({ calls }) => {
      void client.invalidateQueries({ queryKey: ['sources', source.id] })
      notifyDone(t`Calls in work once more: ${format.number(calls)}`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const since = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString()
  return (
    <Menu>
      <Menu.Target>
        <Button size="compact-sm" variant="default" loading={replay.isPending} leftSection={<IconRefresh size={14} />}>
          <Trans>Replay</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={!source.failed} onClick={() => replay.mutate({ states: ['failed'] })}>
          <Trans>All that failed: {format.number(source.failed)}</Trans>
        </Menu.Item>
        <Menu.Item disabled={!source.caught} onClick={() => replay.mutate({ states: ['caught'] })}>
          <Trans>All that were caught: {format.number(source.caught)}</Trans>
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>
          <Trans>What was made once is not made again</Trans>
        </Menu.Label>
        <Menu.Item onClick={() => replay.mutate({ since: since(1) })}>
          <Trans>Everything of the last 24 hours</Trans>
        </Menu.Item>
        <Menu.Item onClick={() => replay.mutate({ since: since(7) })}>
          <Trans>Everything of the last 7 days</Trans>
        </Menu.Item>
        <Menu.Item onClick={() => replay.mutate({ since: since(source.keep_days) })}>
          <Trans>Everything that is kept</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
