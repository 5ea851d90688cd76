import { Button, Skeleton, Stack, Tabs } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'

import { notifyError } from '../../components/notify'
import { Page } from '../../components/Page'
import { useErrorText } from '../../components/States'
import { sourceQuery, updateSource } from '../../lib/api/endpoints/sources'
import type { HookSource } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { Address } from './Address'
import { Calls } from './Calls'
import { Fields } from './Fields'
import { useServiceNames } from './services'
import { Setup } from './Setup'
import { SourceState } from './states'

const route = getRouteApi('/inside/sources/$id')

export function SourcePage() {
  const { id } = route.useParams()
  const { data, error } = useQuery(sourceQuery(id))
  if (error && !data) throw error
  if (!data) return <Skeleton height={240} m={24} />
  return <SourceView source={data} />
}

const usualTab = (source: HookSource) =>
  source.state === 'new' ? 'address' : source.state === 'catching' ? 'fields' : 'calls'

function SourceView({ source }: { source: HookSource }) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const names = useServiceNames()
  // The first call shall not turn the page away from the secret that is shown once.
  const [usual] = useState(() => usualTab(source))
  const { tab = usual } = route.useSearch()
  const navigate = route.useNavigate()
  const isPaused = source.state === 'paused'
  const pause = useMutation({
    mutationFn: () => updateSource(source.id, { is_on: isPaused }),
    onSuccess: (changed) => client.setQueryData(sourceQuery(source.id).queryKey, changed),
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <Page
      title={source.name}
      back={{ href: '/sources', label: t`Sources` }}
      subtitle={
        <>
          {names[source.service]} · <SourceState state={source.state} />
        </>
      }
      actions={
        source.mapping &&
        may('edit') && (
          <Button
            variant="default"
            loading={pause.isPending}
            leftSection={isPaused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
            onClick={() => pause.mutate()}
          >
            {isPaused ? <Trans>Switch on</Trans> : <Trans>Pause</Trans>}
          </Button>
        )
      }
    >
      <Tabs
        value={tab}
        onChange={(next) => void navigate({ search: next ? { tab: next } : {}, replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb={16}>
          <Tabs.Tab value="address">
            <Trans>Address</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="fields" disabled={source.state === 'new'}>
            <Trans>Fields</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="calls">
            <Trans context="source">Calls</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="settings">
            <Trans>Settings</Trans>
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="address">
          <Address source={source} onMap={() => void navigate({ search: { tab: 'fields' } })} />
        </Tabs.Panel>
        <Tabs.Panel value="fields">
          <Fields source={source} onSaved={() => void navigate({ search: { tab: 'calls' } })} />
        </Tabs.Panel>
        <Tabs.Panel value="calls">
          <Calls source={source} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <Stack gap={16}>
            <Setup source={source} />
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}
