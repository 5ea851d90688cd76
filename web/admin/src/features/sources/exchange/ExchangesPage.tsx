import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { createExchange, exchangeQuery, exchangesQuery } from '../../../lib/api/endpoints/exchanges'
import type { Exchange } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { keepSecret } from '../secrets'

/** Connections of 1C: the shop's 1C brings products and documents here and takes orders. */
export function ExchangesPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const [isOpen, setOpen] = useState(false)
  const exchanges = useQuery(exchangesQuery)
  const connect = may('manage') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen(true)}>
      <Trans>Connect 1C</Trans>
    </Button>
  )
  const columns: Column<Exchange>[] = [
    { id: 'name', header: t`Connection`, render: (row) => row.name },
    {
      id: 'products',
      header: t`Products`,
      align: 'right',
      hide: 'sm',
      render: (row) => format.number(row.products),
    },
    { id: 'last', header: t`Last exchange`, render: (row) => <Ago at={row.last_at} /> },
  ]
  return (
    <Page title={t`Exchange with 1C`} back={{ href: '/sources', label: t`Sources` }} actions={connect}>
      <Panel flush>
        <DataTable
          label={t`Exchange with 1C`}
          columns={columns}
          rows={exchanges.data}
          rowKey={(row) => row.id}
          href={(row) => `/sources/exchanges/${row.id}`}
          error={exchanges.error && <ErrorNote error={exchanges.error} retry={() => void exchanges.refetch()} />}
          empty={
            <Empty title={t`1C is not connected yet`} action={connect}>
              <Trans>
                1C brings products, prices and stock here, tells statuses, payments and sales in shops, and
                takes the orders of the site: by its usual exchange with a site.
              </Trans>
            </Empty>
          }
        />
      </Panel>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={t`Connect 1C`}>
        <NewConnection />
      </Modal>
    </Page>
  )
}

function NewConnection() {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const [draft, setDraft] = useState({ name: '1C', catalogue: true, orders: true, past_orders: false })
  const create = useMutation({
    mutationFn: () => createExchange({ ...draft, name: draft.name.trim() }),
    onSuccess: ({ exchange, password }) => {
      keepSecret(exchange.id, password)
      client.setQueryData(exchangeQuery(exchange.id).queryKey, exchange)
      void client.invalidateQueries({ queryKey: exchangesQuery.queryKey, exact: true })
      void router.navigate({ to: '/sources/exchanges/$id', params: { id: exchange.id } })
    },
  })
  const set = (change: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...change }))
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <Stack gap={16}>
        <TextInput
          label={t`Name`}
          required
          maxLength={120}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          data-autofocus
        />
        <Checkbox
          label={t`Products, prices and stock`}
          checked={draft.catalogue}
          onChange={(event) => set({ catalogue: event.currentTarget.checked })}
        />
        <Checkbox
          label={t`Orders in both directions`}
          checked={draft.orders}
          onChange={(event) => set({ orders: event.currentTarget.checked })}
        />
        {draft.orders && (
          <Checkbox
            label={t`Hand over the orders of the past, too`}
            description={t`Otherwise 1C gets the orders that are placed or changed from now on.`}
            checked={draft.past_orders}
            onChange={(event) => set({ past_orders: event.currentTarget.checked })}
          />
        )}
        {create.error && <ErrorNote error={create.error} />}
        <Group>
          <Button type="submit" loading={create.isPending} disabled={!draft.name.trim()}>
            <Trans>Connect</Trans>
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
