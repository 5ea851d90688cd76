import { Stack } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import { PageTabs } from '../../../components/PageTabs'
import { useAccess } from '../../../lib/hooks/useAccess'

/** The two pages of returned mail: what came, and by which ways it comes. */
export function Frame({ children }: { children: ReactNode }) {
  const { t } = useLingui()
  const may = useAccess()
  return (
    <Stack gap={16}>
      {may('manage') && (
        <PageTabs
          label={t`Returned mail`}
          pages={[
            { href: '/settings/returned-mail', label: t`What came back` },
            { href: '/settings/returned-mail/ways', label: t`Ways back` },
          ]}
        />
      )}
      {children}
    </Stack>
  )
}
