import { useLingui } from '@lingui/react/macro'
import {
  IconActivity,
  IconAt,
  IconChecklist,
  type Icon,
  IconShoppingCart,
  IconTag,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react'

import type { LeafKind } from '../../../lib/rules/types'

export const LEAF_KINDS: LeafKind[] = ['trait', 'event', 'orders', 'consent', 'identifier', 'segment']

const ICONS: Record<LeafKind, Icon> = {
  trait: IconTag,
  event: IconActivity,
  orders: IconShoppingCart,
  consent: IconChecklist,
  identifier: IconAt,
  segment: IconUsersGroup,
  everyone: IconUsers,
}

export function useLeafKinds(): (kind: LeafKind) => { label: string; icon: Icon } {
  const { t } = useLingui()
  const labels: Record<LeafKind, string> = {
    trait: t`Trait`,
    event: t`Event`,
    orders: t`Orders`,
    consent: t`Consent`,
    identifier: t`Identifier`,
    segment: t`Segment`,
    everyone: t`Everybody`,
  }
  return (kind) => ({ label: labels[kind], icon: ICONS[kind] })
}
