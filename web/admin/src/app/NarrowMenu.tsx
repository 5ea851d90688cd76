import { Drawer } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import css from './Shell.module.css'

/** The menu of narrow screens, over the page. */
export default function NarrowMenu({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const { t } = useLingui()
  return (
    <Drawer
      opened
      onClose={onClose}
      size={264}
      padding={8}
      title="Otklik"
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <div className={css.side} data-drawer="true">
        {children}
      </div>
    </Drawer>
  )
}
