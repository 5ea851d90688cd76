import { Button, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { Figure, Figures } from '../../../components/Figure'
import { Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { useDeferredDelete } from '../../../components/useDeferredDelete'
import { meQuery } from '../../../lib/api/endpoints/accounts'
import { deleteRelay, pacesQuery, relaysQuery } from '../../../lib/api/endpoints/relays'
import type { Relay } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { DomainWarmups } from './DomainWarmups'
import { PaceTable } from './PaceTable'
import { RelayForm } from './RelayForm'
import { RelayPanel } from './RelayPanel'

/** Mail servers that letters go through, how fast they go, and what slows them. */
export function RelaysSettings() {
  const { t } = useLingui()
  const may = useAccess()
  const format = useFormat()
  const client = useQueryClient()
  const relays = useQuery(relaysQuery)
  const paces = useQuery(pacesQuery)
  const { hidden, hide } = useDeferredDelete(deleteRelay, relaysQuery.queryKey)
  const [edited, setEdited] = useState<Relay | 'new' | null>(null)
  const add = may('manage') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>
      <Trans>Add an SMTP server</Trans>
    </Button>
  )
  const shown = relays.data?.filter((relay) => relay.id === null || !hidden.has(relay.id))
  const own = shown?.filter((relay) => relay.id !== null) ?? []
  const weights = own.reduce((sum, relay) => sum + (relay.enabled ? relay.weight : 0), 0)
  const routes = relays.data?.map((relay) => `${relay.id} ${relay.in_use} ${relay.sender_domains.join()}`).join(';')
  useEffect(() => {
    // The menu shows caught mail only while letters of some sender stay here.
    if (routes) void client.invalidateQueries({ queryKey: meQuery.queryKey })
  }, [routes, client])
  const slowed = paces.data?.providers.filter((row) => row.limit_per_s !== null).length ?? 0
  return (
    <Stack gap={16}>
      {relays.error && <ErrorNote error={relays.error} retry={() => void relays.refetch()} />}
      <Figures>
        <Figure
          label={t`Letters a second`}
          value={format.number(paces.data?.pace_per_s)}
          note={t`over the last minute`}
          loading={!paces.data}
        />
        <Figure
          label={t`Providers that asked for less`}
          value={format.number(slowed)}
          loading={!paces.data}
        />
        <Figure
          label={t`Limit of the installation`}
          value={format.number(paces.data?.rate_max)}
          note={t`letters a second of all workspaces`}
          loading={!paces.data}
        />
      </Figures>
      {!shown && !relays.error && <Skeleton height={160} />}
      {shown && own.length === 0 && (
        <Panel>
          <Empty title={t`No SMTP server of your own yet`} action={add}>
            {shown[0]?.kind === 'catcher' ? (
              <Trans>
                Until you add one, letters go to the mail catcher of the program: you see them under
                “Caught mail”, and they reach nobody. Add the server of your mail service or your own, and
                letters really leave.
              </Trans>
            ) : (
              <Trans>
                Letters go through the server that the administrator of the program has set. With servers of
                your own they are spread over them, and if one fails, the others go on.
              </Trans>
            )}
          </Empty>
        </Panel>
      )}
      {shown?.map((relay) => (
        <RelayPanel
          key={relay.id ?? 'own'}
          relay={{ ...relay, in_use: relay.in_use || (relay.id === null && own.every((one) => !one.enabled)) }}
          weights={weights}
          onEdit={() => setEdited(relay)}
          onRemove={() => relay.id && hide(relay.id, t`No letters go through “${relay.name}” any more`)}
        />
      ))}
      {own.length > 0 && <div>{add}</div>}
      {paces.error ? (
        <ErrorNote error={paces.error} retry={() => void paces.refetch()} />
      ) : (
        <PaceTable rows={paces.data?.providers} />
      )}
      <DomainWarmups />
      {edited && <RelayForm relay={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Stack>
  )
}
