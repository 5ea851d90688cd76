import { Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { Figure, Figures } from '../../components/Figure'
import { Page } from '../../components/Page'
import { Ago } from '../../components/Time'
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
import { usePersonName } from './personName'

const route = getRouteApi('/inside/customers/$id')

interface CustomerPageProps {
  /** What the person may ask of the company: drawn by the part of the product that keeps the laws. */
  personalData: (id: number) => ReactNode
}

export function CustomerCardPage({ personalData }: CustomerPageProps) {
  const { id } = route.useParams()
  const { data: card, error } = useQuery(profileQuery(Number(id)))
  if (error) throw error
  if (!card) return <Skeleton height={320} m={24} />
  return <Card key={card.id} card={card} personalData={personalData} />
}

function Card({ card, personalData }: CustomerPageProps & { card: ProfileCard }) {
  const { t } = useLingui()
  const personName = usePersonName()
  const format = useFormat()
  const name = personName(card)
  return (
    <Page
      title={name}
      back={{ href: '/customers', label: t`Customers` }}
      subtitle={
        <Trans>
          Last seen <Ago at={card.last_seen} />, known since {format.date(card.first_seen)}
        </Trans>
      }
    >
      <div className={css.layout}>
        <div className={css.column}>
          <Figures>
            <Figure label={t`Orders`} value={format.number(card.orders.count)} />
            <Figure label={t`Sum of orders`} value={format.money(card.orders.total, card.orders.currency)} />
            <Figure
              label={t`Average order`}
              value={
                card.orders.count
                  ? format.money(
                      Math.round((Number(card.orders.total) / card.orders.count) * 100) / 100,
                      card.orders.currency,
                    )
                  : NOTHING
              }
            />
            <Figure label={t`Last order`} value={card.orders.last_at ? <Ago at={card.orders.last_at} /> : NOTHING} />
          </Figures>
          <Timeline id={card.id} />
          <OrdersPanel id={card.id} />
          <MessagesPanel id={card.id} />
        </div>
        <div className={css.column}>
          <IdentifiersPanel card={card} />
          <TraitsPanel card={card} />
          <SegmentsPanel card={card} />
          <NotesPanel id={card.id} />
          <ConsentsPanel card={card} />
          <DuplicatesPanel id={card.id} />
          <MergesPanel card={card} />
          {personalData(card.id)}
        </div>
      </div>
    </Page>
  )
}
