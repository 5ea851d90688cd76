import { Button, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'

import { OrderFacts, OrderLines } from '../../../components/orders/OrderFacts'
import { Panel } from '../../../components/Page'
import { ErrorNote, StateLabel, type Tone } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { profileOrdersQuery } from '../../../lib/api/endpoints/profiles'
import type { Order } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Card.module.css'

const TONES: Record<Order['status'], Tone> = { placed: 'live', paid: 'good', cancelled: 'bad', returned: 'warn' }

export function OrdersPanel({ id }: { id: number }) {
  const { t } = useLingui()
  const format = useFormat()
  const list = useInfiniteQuery(profileOrdersQuery(id))
  const orders = list.data?.pages.flatMap((page) => page.items)
  const states: Record<Order['status'], string> = {
    placed: t`placed`,
    paid: t`paid`,
    cancelled: t`cancelled`,
    returned: t`returned`,
  }
  return (
    <Panel title={t`Orders`}>
      {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
      {!orders && !list.error && <Skeleton height={80} />}
      {orders?.length === 0 && (
        <span className={css.dim}>
          <Trans>No orders yet.</Trans>
        </span>
      )}
      <ul className={css.plain}>
        {orders?.map((order) => (
          <li key={order.order_id}>
            <details>
              <summary style={{ cursor: 'pointer' }}>
                <span className={css.between} style={{ display: 'inline-flex', width: 'calc(100% - 20px)' }}>
                  <span>
                    <strong style={{ fontWeight: 500 }}>№ {order.number ?? order.order_id}</strong>{' '}
                    <span className={css.dim}>
                      <DateTime at={order.placed_at} />
                      {order.refunded > 0 && order.status !== 'returned' && (
                        <>
                          {', '}
                          <Trans>given back: {format.money(order.refunded, order.currency)}</Trans>
                        </>
                      )}
                    </span>
                  </span>
                  <span className="tnum" style={{ display: 'inline-flex', gap: 16 }}>
                    <StateLabel tone={TONES[order.status]}>{states[order.status]}</StateLabel>
                    <span style={{ minWidth: 88, textAlign: 'right' }}>{format.money(order.total, order.currency)}</span>
                  </span>
                </span>
              </summary>
              <OrderFacts order={order} />
              <OrderLines order={order} />
            </details>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button mt={12} variant="default" size="compact-sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          <Trans>Show more</Trans>
        </Button>
      )}
    </Panel>
  )
}
