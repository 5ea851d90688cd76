import { useLingui } from '@lingui/react/macro'

import { Panel } from '../../../components/Page'
import type { ProfileCard } from '../../../lib/api/types'
import css from './Card.module.css'

export function useIdentifierName(): (kind: string) => string {
  const { t } = useLingui()
  const names: Record<string, string> = {
    email: t`E-mail`,
    phone: t`Phone`,
    user_id: t`User id`,
    anonymous_id: t`Device`,
  }
  return (kind) => names[kind] ?? kind
}

export function IdentifiersPanel({ card }: { card: ProfileCard }) {
  const { t } = useLingui()
  const name = useIdentifierName()
  return (
    <Panel title={t`Identifiers`}>
      <dl className={css.facts}>
        {card.identifiers.map((identifier) => [
          <dt key={`${identifier.kind}-${identifier.value}-kind`}>{name(identifier.kind)}</dt>,
          <dd key={`${identifier.kind}-${identifier.value}`}>{identifier.value}</dd>,
        ])}
      </dl>
    </Panel>
  )
}
