import { useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'

import type { Check } from '../../../lib/api/types'

const ICONS = { block: IconAlertCircle, warn: IconAlertTriangle, ok: IconCircleCheck }

export function CheckLine({ level, children }: { level: Check['level']; children: ReactNode }) {
  const { t } = useLingui()
  const Icon = ICONS[level]
  const levels = { block: t`must be fixed`, warn: t`worth a look`, ok: t`in order` }
  return (
    <li data-level={level}>
      <Icon size={16} role="img" aria-label={levels[level]} />
      {children}
    </li>
  )
}
