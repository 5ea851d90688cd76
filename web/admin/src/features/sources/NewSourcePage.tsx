import { Button, Group, Radio, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { Page, Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { createSource, sourceQuery, sourcesQuery } from '../../lib/api/endpoints/sources'
import type { HookService } from '../../lib/api/types'
import { keepSecret } from './secrets'
import { SERVICES, useServiceHints, useServiceNames } from './services'
import css from './Sources.module.css'

/** Which service, under which name; the address comes with the next page. */
export function NewSourcePage() {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const names = useServiceNames()
  const hints = useServiceHints()
  const [service, setService] = useState<HookService>('tilda')
  const [name, setName] = useState<string | null>(null)
  const shownName = name ?? names[service]
  const create = useMutation({
    mutationFn: () => createSource(shownName.trim(), service),
    onSuccess: ({ source, secret }) => {
      keepSecret(source.id, secret)
      client.setQueryData(sourceQuery(source.id).queryKey, source)
      void client.invalidateQueries({ queryKey: sourcesQuery.queryKey, exact: true })
      void router.navigate({ to: '/sources/$id', params: { id: source.id } })
    },
  })
  return (
    <Page title={t`Connect a service`} back={{ href: '/sources', label: t`Sources` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate()
        }}
      >
        <Stack gap={16}>
          <Panel title={t`Which service?`}>
            <Radio.Group
              aria-label={t`Which service?`}
              value={service}
              onChange={(value) => setService(value as HookService)}
            >
              <div className={css.services}>
                {SERVICES.map((one) => (
                  <Radio.Card key={one} value={one} className={css.service} aria-label={names[one]}>
                    <Group wrap="nowrap" align="flex-start" gap={10}>
                      <Radio.Indicator mt={2} size="xs" />
                      <span>
                        <strong>{names[one]}</strong>
                        <span className={css.hint}>{hints[one]}</span>
                      </span>
                    </Group>
                  </Radio.Card>
                ))}
              </div>
            </Radio.Group>
          </Panel>
          <Panel title={t`Name`} hint={t`As you will find it among other sources.`}>
            <TextInput
              aria-label={t`Name`}
              maw={400}
              maxLength={120}
              value={shownName}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          </Panel>
          {create.error && <ErrorNote error={create.error} />}
          <Group>
            <Button type="submit" size="md" disabled={!shownName.trim()} loading={create.isPending}>
              <Trans>Make the address</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  )
}
