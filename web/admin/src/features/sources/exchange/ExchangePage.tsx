import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { CopyValue } from '../../../components/CopyValue'
import { notifyError } from '../../../components/notify'
import { Page, Panel } from '../../../components/Page'
import { Note, useErrorText } from '../../../components/States'
import { exchangeQuery, renewExchangePassword } from '../../../lib/api/endpoints/exchanges'
import type { Exchange } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { keepSecret, useFreshSecret } from '../secrets'
import css from '../Sources.module.css'
import { Log } from './Log'
import { Options, Remove } from './Options'

const route = getRouteApi('/inside/sources/exchanges/$id')

export function ExchangePage() {
  const { t } = useLingui()
  const may = useAccess()
  const { id } = route.useParams()
  const { data, error } = useQuery(exchangeQuery(id))
  if (error && !data) throw error
  if (!data) return <Skeleton height={240} m={24} />
  return (
    <Page title={data.name} back={{ href: '/sources/exchanges', label: t`Exchange with 1C` }}>
      <Stack gap={16}>
        <Entry exchange={data} />
        <Log exchange={data} />
        <Options key={data.id} exchange={data} isReadOnly={!may('manage')} />
        {may('manage') && <Remove exchange={data} />}
      </Stack>
    </Page>
  )
}

/** What is typed into 1C. */
function Entry({ exchange }: { exchange: Exchange }) {
  const { t } = useLingui()
  const secret = useFreshSecret(exchange.id)
  return (
    <Panel
      title={t`What to type into 1C`}
      hint={t`In 1C: “Data exchange with a site”, a new exchange node, tab “Connection”.`}
    >
      <Stack gap={12}>
        <dl className={css.facts} style={{ margin: 0 }}>
          <dt>
            <Trans>Address of the site</Trans>
          </dt>
          <dd>
            <CopyValue value={exchange.url} name={t`Address of the site`} />
          </dd>
          <dt>
            <Trans>User name</Trans>
          </dt>
          <dd>
            <CopyValue value={exchange.login} name={t`User name`} />
          </dd>
          <dt>
            <Trans>Password</Trans>
          </dt>
          <dd>
            <Password exchange={exchange} secret={secret} />
          </dd>
        </dl>
        {secret && (
          <Note level="warning">
            <Trans>Copy the password now: it will not be shown again.</Trans>
          </Note>
        )}
      </Stack>
    </Panel>
  )
}

function Password({ exchange, secret }: { exchange: Exchange; secret: string | null }) {
  const { t } = useLingui()
  const may = useAccess()
  const errorText = useErrorText()
  const renew = useMutation({
    mutationFn: () => renewExchangePassword(exchange.id),
    onSuccess: (made) => keepSecret(exchange.id, made.password),
    onError: (error) => notifyError(errorText(error)),
  })
  if (secret) return <CopyValue value={secret} name={t`Password`} />
  return (
    <Group gap={8}>
      <span style={{ color: 'var(--text-dim)' }}>
        <Trans>was shown once</Trans>
      </span>
      {may('manage') && (
        <Button size="compact-xs" variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
          <Trans>Make a new one</Trans>
        </Button>
      )}
    </Group>
  )
}
