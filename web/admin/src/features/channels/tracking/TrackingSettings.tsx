import { Button, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { useDeferredDelete } from '../../../components/useDeferredDelete'
import { removeTrackingDomain, trackingDomainsQuery } from '../../../lib/api/endpoints/tracking'
import type { TrackingDomain } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { DomainForm } from './DomainForm'
import { DomainPanel } from './DomainPanel'

/** Names of the workspace's own that links of letters lead to. */
export function TrackingSettings() {
  const { t } = useLingui()
  const may = useAccess()
  const { data, error, refetch } = useQuery(trackingDomainsQuery)
  const { hidden, hide } = useDeferredDelete(removeTrackingDomain, trackingDomainsQuery.queryKey)
  const [edited, setEdited] = useState<TrackingDomain | 'new' | null>(null)
  const add = may('manage') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>
      <Trans>Add a domain</Trans>
    </Button>
  )
  const shown = data?.items.filter((domain) => !hidden.has(domain.id))
  return (
    <Stack gap={16}>
      {error && <ErrorNote error={error} retry={() => void refetch()} />}
      {!shown && !error && <Skeleton height={160} />}
      {data && shown?.length === 0 && (
        <Panel>
          <Empty title={t`Links lead to ${data.own_url}`} action={add}>
            <Trans>
              Links, pictures and the page of unsubscribing may have a name of your own, such as
              links.shop.example. Readers see whom they go to, and mail providers see one sender.
            </Trans>
          </Empty>
        </Panel>
      )}
      {data &&
        shown?.map((domain) => (
          <DomainPanel
            key={domain.id}
            domain={domain}
            record={data.record}
            ownUrl={data.own_url}
            onEdit={() => setEdited(domain)}
            onRemove={() => hide(domain.id, t`New letters no longer use ${domain.host}`)}
          />
        ))}
      {shown && shown.length > 0 && <div>{add}</div>}
      {edited && <DomainForm domain={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Stack>
  )
}
