import { UnstyledButton } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconActivity, IconBan, IconChecklist, IconShoppingCart, IconUsers } from '@tabler/icons-react'

import type { ImportKind } from '../../lib/api/types'
import css from './Import.module.css'
import { useKindName } from './importStates'

const ICONS = {
  customers: IconUsers,
  orders: IconShoppingCart,
  events: IconActivity,
  consents: IconChecklist,
  suppressions: IconBan,
}
const KINDS = Object.keys(ICONS) as ImportKind[]

interface KindCardsProps {
  value: ImportKind
  onChange: (kind: ImportKind) => void
}

/** What the rows of the file are; the one that the file looks like is chosen already. */
export function KindCards({ value, onChange }: KindCardsProps) {
  const { t } = useLingui()
  const name = useKindName()
  const told: Record<ImportKind, string> = {
    customers: t`A row is a person: an id, an e-mail or a phone, and anything else you know.`,
    orders: t`A row is a line of an order, or a whole order. Rows with one number become one order.`,
    events: t`A row is something a person did, at a moment: a visit, a call, a registration.`,
    consents: t`A row says who agreed to hear from you or refused, when and where.`,
    suppressions: t`A row is an address that must get nothing. No customers are made of it.`,
  }
  return (
    <div className={css.kinds} role="radiogroup" aria-label={t`What is in the file?`}>
      {KINDS.map((kind) => {
        const Icon = ICONS[kind]
        return (
          <UnstyledButton
            key={kind}
            role="radio"
            aria-checked={kind === value}
            className={css.kind}
            onClick={() => kind !== value && onChange(kind)}
          >
            <span className={css.kindName}>
              <Icon size={16} aria-hidden />
              {name(kind)}
            </span>
            <span className={css.kindHint}>{told[kind]}</span>
          </UnstyledButton>
        )
      })}
    </div>
  )
}
