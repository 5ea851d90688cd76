import { Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { Figure, Figures } from '../../components/Figure'
import { Page, Panel } from '../../components/Page'
import { usePersonName } from '../../components/personName'
import { Ago } from '../../components/Time'
import { ApiError } from '../../lib/api/client'
import { profileQuery } from '../../lib/api/endpoints/profiles'
import type { ProfileCard } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import { useFormat } from '../../lib/format/useFormat'
import { ConsentsPanel } from './card/ConsentsPanel'
import css from './card/Card.module.css'
import { DuplicatesPanel } from './card/DuplicatesPanel'
import { IdentifiersPanel } from './card/IdentifiersPanel'
import { MergesPanel } from './card/MergesPanel'
import { MessagesPanel } from './card/MessagesPanel'
import { NotesPanel } from './card/NotesPanel'
import { OrdersPanel } from './card/OrdersPanel'
import { SegmentsPanel } from './card/SegmentsPanel'
import { Timeline } from './card/Timeline'
import { TraitsPanel } from './card/TraitsPanel'

const route = getRouteApi('/inside/customers/$id')

interface CustomerPageProps {
  /** What the person may ask of the company: drawn by the part of the product that keeps the laws. */
  personalData: (id: number) => ReactNode
}

export function CustomerCardPage({ personalData }: CustomerPageProps) {
  const params = route.useParams()
  const id = Number(params.id)
  if (!Number.isSafeInteger(id) || id <= 0) throw new ApiError(404, {})
  const { data: card, error } = useQuery(profileQuery(id))
  if (error) throw error
  // A record that was merged away answers with the one that it became.
  return <Card key={card?.id ?? id} id={card?.id ?? id} card={card} personalData={personalData} />
}

interface CardProps extends CustomerPageProps {
  id: number
  /** Nothing while it is on its way: the parts of the page that need only the number do not wait. */
  card: ProfileCard | undefined
}

function Card({ id, card, personalData }: CardProps) {
  const { t } = useLingui()
  const personName = usePersonName()
  const format = useFormat()
  return (
    <Page
      title={card ? personName(card) : t`Customer ${id}`}
      {...(!card && { heading: <Skeleton height={20} width={220} my={4} /> })}
      back={{ href: '/customers', label: t`Customers` }}
      subtitle={
        card ? (
          <Trans>
            Last seen <Ago at={card.last_seen} />, known since {format.date(card.first_seen)}
          </Trans>
        ) : (
          <Skeleton height={12} width={300} my={4} />
        )
      }
    >
      <div className={css.layout}>
        <div className={css.column}>
          {card ? <OrderFigures orders={card.orders} /> : <Skeleton height={78} />}
          <Timeline id={id} />
          <OrdersPanel id={id} />
          <MessagesPanel id={id} />
        </div>
        <div className={css.column}>
          {card ? (
            <>
              <IdentifiersPanel card={card} />
              <TraitsPanel card={card} />
              <SegmentsPanel card={card} />
            </>
          ) : (
            [t`Identifiers`, t`Traits`, t`Segments`].map((title) => (
              <Panel key={title} title={title}>
                <Skeleton height={64} />
              </Panel>
            ))
          )}
          <NotesPanel id={id} />
          <ConsentsPanel id={id} />
          <DuplicatesPanel id={id} />
          <MergesPanel id={id} />
          {personalData(id)}
        </div>
      </div>
    </Page>
  )
}

function OrderFigures({ orders: { count, total, currency, last_at } }: Pick<ProfileCard, 'orders'>) {
  const { t } = useLingui()
  const format = useFormat()
  return (
    <Figures>
      <Figure label={t`Orders`} value={format.number(count)} />
      <Figure label={t`Sum of orders`} value={format.money(total, currency)} />
      <Figure
        label={t`Average order`}
        value={count ? format.money(Math.round((Number(total) / count) * 100) / 100, currency) : NOTHING}
      />
      <Figure label={t`Last order`} value={last_at ? <Ago at={last_at} /> : NOTHING} />
    </Figures>
  )
}
