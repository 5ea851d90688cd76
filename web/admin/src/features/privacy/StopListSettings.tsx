import { ActionIcon, Button, Group, Modal, Select, Stack, TextInput, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'

import { useConsentWords } from '../../components/consentWords'
import { type Column, DataTable } from '../../components/DataTable'
import { notifyDone } from '../../components/notify'
import { Panel } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote } from '../../components/States'
import { DateTime } from '../../components/Time'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import { freeAddress, STOP_LIST_KEY, stopAddress, stopListQuery } from '../../lib/api/endpoints/privacy'
import type { Suppression, SuppressionReason } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'

const route = getRouteApi('/inside/settings/stop-list')

/** Addresses that get nothing, whatever the consents say. */
export function StopListSettings() {
  const { t } = useLingui()
  const may = useAccess()
  const words = useConsentWords()
  const reasons = useReasons()
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(stopListQuery(q))
  const { hidden, hide } = useDeferredDelete(freeAddress, STOP_LIST_KEY)
  const [isAdding, setAdding] = useState(false)
  const rows = list.data?.pages.flatMap((page) => page.items).filter((row) => !hidden.has(row.id))
  const add = may('edit') && (
    <Button size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
      <Trans>Stop an address</Trans>
    </Button>
  )
  const columns: Column<Suppression>[] = [
    {
      id: 'address',
      header: t`Address`,
      render: (row) =>
        row.hint ? (
          <span style={{ fontWeight: 500, overflowWrap: 'break-word' }}>{row.hint}</span>
        ) : (
          // Nothing readable is left of an address whose owner was erased.
          <span style={{ color: 'var(--text-dim)' }}>{t`only the code is kept`}</span>
        ),
    },
    { id: 'reason', header: t`Reason`, render: (row) => reasons[row.reason] },
    { id: 'channel', header: t`Channel`, hide: 'sm', render: (row) => words.channel(row.channel) },
    { id: 'at', header: t`Since`, hide: 'sm', render: (row) => <DateTime at={row.at} /> },
    ...(may('manage')
      ? [
          {
            id: 'free',
            header: '',
            width: 48,
            render: (row: Suppression) => (
              <Tooltip label={t`Take off the list`}>
                <ActionIcon
                  aria-label={t`Take ${row.hint} off the list`}
                  onClick={() => hide(row.id, t`${row.hint} may get letters again`)}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Tooltip>
            ),
          },
        ]
      : []),
  ]
  return (
    <Panel
      title={t`Stop list`}
      hint={t`These addresses get nothing, whatever the consents say. Each is kept as a code, so only a part of it can be shown.`}
      flush
      actions={(q || rows?.length !== 0) && add}
    >
      <DataTable
        label={t`Stop list`}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        toolbar={
          <SearchInput
            placeholder={t`The whole address`}
            value={q}
            onChange={(text) => void navigate({ search: { q: text.trim() || undefined }, replace: true })}
          />
        }
        empty={
          q ? (
            <Empty title={t`This address is not on the list`}>
              <Trans>Only a whole address can be found, such as name@example.com.</Trans>
            </Empty>
          ) : (
            <Empty title={t`Nobody is on the list`} action={add}>
              <Trans>
                Dead addresses and people who complained come here by themselves. Add those who asked you by
                phone or by mail to be left alone.
              </Trans>
            </Empty>
          )
        }
      />
      {isAdding && <StopForm address={q.includes('@') ? q : ''} onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function useReasons(): Record<SuppressionReason, string> {
  const { t } = useLingui()
  return {
    manual: t`added by hand`,
    complaint: t`complained about spam`,
    unsubscribed: t`unsubscribed`,
    hard_bounce: t`the mailbox does not exist`,
    soft_bounces: t`letters could not be delivered many times in a row`,
    erased: t`the person was erased`,
  }
}

/** Reasons that a person can know; the others are found out by the program. */
const KNOWN_BY_PEOPLE: SuppressionReason[] = ['manual', 'complaint', 'unsubscribed', 'hard_bounce']

function StopForm({ address: given, onClose }: { address: string; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const reasons = useReasons()
  const [address, setAddress] = useState(given)
  const [reason, setReason] = useState<SuppressionReason>('manual')
  const [isTouched, setTouched] = useState(false)
  const isWhole = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address.trim())
  const stop = useMutation({
    mutationFn: () => stopAddress(address.trim(), reason),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: STOP_LIST_KEY })
      notifyDone(t`${address.trim()} is on the stop list`)
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Stop an address`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (isWhole) stop.mutate()
          else setTouched(true)
        }}
      >
        <Stack gap={12}>
          <TextInput
            label={t`E-mail`}
            type="email"
            data-autofocus
            value={address}
            error={isTouched && !isWhole && t`Enter a whole address, such as name@example.com`}
            onChange={(event) => setAddress(event.currentTarget.value)}
            onBlur={() => setTouched(address !== '')}
          />
          <Select
            label={t`Reason`}
            allowDeselect={false}
            value={reason}
            data={KNOWN_BY_PEOPLE.map((value) => ({ value, label: reasons[value] }))}
            onChange={(value) => value && setReason(value)}
          />
          {stop.error && <ErrorNote error={stop.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" disabled={!address.trim()} loading={stop.isPending}>
              <Trans>Stop the address</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
