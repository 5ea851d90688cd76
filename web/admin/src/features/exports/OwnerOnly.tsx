import { Button, Tooltip } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import type { ReactNode } from 'react'

import { useAccess } from '../../lib/hooks/useAccess'

/** A button that makes a place where data goes: owners press it, others read why they can't. */
export function OwnerOnly({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  const { t } = useLingui()
  const may = useAccess()
  if (may('manage')) {
    return (
      <Button leftSection={<IconPlus size={16} />} onClick={onClick}>
        {children}
      </Button>
    )
  }
  return (
    <Tooltip label={t`Where data may go is set up by an owner of the workspace.`} events={{ hover: true, focus: true, touch: true }}>
      <Button leftSection={<IconPlus size={16} />} data-disabled aria-disabled onClick={(event) => event.preventDefault()}>
        {children}
      </Button>
    </Tooltip>
  )
}
