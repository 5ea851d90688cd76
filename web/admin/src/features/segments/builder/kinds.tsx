import { useLingui } from '@lingui/react/macro'
import {
  IconActivity,
  IconAt,
  IconBox,
  IconChecklist,
  IconClockPause,
  IconEye,
  type Icon,
  IconListNumbers,
  IconMail,
  IconMailOpened,
  IconMathFunction,
  IconShoppingCart,
  IconTag,
  IconUsers,
  IconUsersGroup,
  IconWorld,
} from '@tabler/icons-react'

import type { LeafKind } from '../../../lib/rules/types'

const ICONS: Record<LeafKind, Icon> = {
  trait: IconTag,
  event: IconActivity,
  event_measure: IconMathFunction,
  sequence: IconListNumbers,
  not_followed: IconClockPause,
  orders: IconShoppingCart,
  product: IconBox,
  consent: IconChecklist,
  message: IconMailOpened,
  visit: IconWorld,
  identifier: IconAt,
  seen: IconEye,
  email_domain: IconMail,
  segment: IconUsersGroup,
  everyone: IconUsers,
}

export function useLeafKinds(): (kind: LeafKind) => { label: string; icon: Icon } {
  const { t } = useLingui()
  const labels: Record<LeafKind, string> = {
    trait: t`Trait`,
    event: t`Event`,
    event_measure: t`Sum or days of events`,
    sequence: t`Events in sequence`,
    not_followed: t`Did, and then did not`,
    orders: t`Orders`,
    product: t`Product`,
    consent: t`Consent`,
    message: t`Messages`,
    visit: t`Source, place or device`,
    identifier: t`Identifier`,
    seen: t`First or last seen`,
    email_domain: t`Domain of the e-mail`,
    segment: t`Segment`,
    everyone: t`Everybody`,
  }
  return (kind) => ({ label: labels[kind], icon: ICONS[kind] })
}

/** The kinds as they stand in the menu, by what they are about. */
export function useKindGroups(): { label: string; kinds: LeafKind[] }[] {
  const { t } = useLingui()
  return [
    { label: t`Who it is`, kinds: ['trait', 'identifier', 'email_domain', 'seen', 'segment'] },
    { label: t`What was done`, kinds: ['event', 'event_measure', 'sequence', 'not_followed', 'visit'] },
    { label: t`What was bought`, kinds: ['orders', 'product'] },
    { label: t`What was written`, kinds: ['message', 'consent'] },
  ]
}
