import { Drawer, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { type Column, DataTable } from '../../components/DataTable'
import { OrderFacts, OrderLines } from '../../components/orders/OrderFacts'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote, StateLabel, type Tone } from '../../components/States'
import { DateTime } from '../../components/Time'
import { ordersQuery } from '../../lib/api/endpoints/catalog'
import type { Order, OrderStatus } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { CatalogNav } from './CatalogNav'
import { useStatusWords } from './orderWords'

const route = getRouteApi('/inside/catalogue/orders')
const TONES: Record<OrderStatus, Tone> = { placed: 'live', paid: 'good', cancelled: 'bad', returned: 'warn' }

export function OrdersPage() {
  const { t } = useLingui()
  const format = useFormat()
  const words = useStatusWords()
  const { status } = route.useSearch()
  const navigate = route.useNavigate()
  const [open, setOpen] = useState<Order | null>(null)
  const list = useInfiniteQuery(ordersQuery(status as OrderStatus | undefined))
  const columns: Column<Order>[] = [
    { id: 'id', header: t`Order`, render: (order) => <span style={{ fontWeight: 500, whiteSpace: 'nowrap' }}>№ {order.number ?? order.order_id}</span> },
    { id: 'at', header: t`Placed`, render: (order) => <DateTime at={order.placed_at} /> },
    {
      id: 'status',
      header: t`Status`,
      render: (order) => <StateLabel tone={TONES[order.status]}>{words[order.status]}</StateLabel>,
    },
    { id: 'lines', header: t`Lines`, align: 'right', hide: 'sm', render: (order) => format.number(order.lines.length) },
    {
      id: 'where',
      header: t`Where`,
      hide: 'md',
      render: (order) => [order.source, order.shop].filter(Boolean).join(', ') || NOTHING,
    },
    {
      id: 'total',
      header: t`Sum`,
      align: 'right',
      render: (order) => format.money(order.total, order.currency),
    },
  ]
  return (
    <Page title={t`Catalogue`}>
      <CatalogNav />
      <Panel flush>
        <DataTable
          label={t`Orders`}
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(order) => order.order_id}
          onOpen={setOpen}
          more={{ has: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <Select
              aria-label={t`Status`}
              placeholder={t`All statuses`}
              clearable
              clearButtonProps={{ 'aria-label': t`All statuses` }}
              w={200}
              value={status ?? null}
              data={Object.entries(words).map(([value, label]) => ({ value, label }))}
              onChange={(value) => void navigate({ search: { status: value ?? undefined }, replace: true })}
            />
          }
          empty={
            <Empty title={status ? t`No such orders` : t`No orders yet`}>
              <Trans>Orders come from the events of your site and from imported files.</Trans>
            </Empty>
          }
        />
      </Panel>
      <Drawer
        opened={open !== null}
        onClose={() => setOpen(null)}
        position="right"
        title={open && `№ ${open.number ?? open.order_id}`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        {open && (
          <Stack gap={12}>
            <StateLabel tone={TONES[open.status]}>{words[open.status]}</StateLabel>
            <AppLink href={`/customers/${open.profile_id}`}>
              <Trans>The customer</Trans>
            </AppLink>
            <OrderFacts order={open} />
            <OrderLines order={open} />
            <strong className="tnum">{format.money(open.total, open.currency)}</strong>
            {open.refunded > 0 && (
              <span className="tnum">
                <Trans>given back: {format.money(open.refunded, open.currency)}</Trans>
              </span>
            )}
          </Stack>
        )}
      </Drawer>
    </Page>
  )
}
