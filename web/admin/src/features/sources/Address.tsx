import { Button, CopyButton, Group, Loader, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowRight, IconCheck, IconCopy } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'

import { CopyValue } from '../../components/CopyValue'
import { notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { Note, useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import { setSourceCheck } from '../../lib/api/endpoints/sources'
import type { HookSource } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { keepSecret, useFreshSecret } from './secrets'
import { googleScript, ServiceSteps, useServiceNames } from './services'
import css from './Sources.module.css'

/** Where the service shall send, with what, and whether the first call has come. */
export function Address({ source, onMap }: { source: HookSource; onMap: () => void }) {
  const { t } = useLingui()
  const names = useServiceNames()
  const secret = useFreshSecret(source.id)
  const { check } = source
  const header = check.method === 'secret' && check.place === 'header' ? check.name : 'X-Otklik-Secret'
  return (
    <Stack gap={16}>
      <FirstCall source={source} onMap={onMap} />
      <Panel title={t`Address`} hint={t`Whoever knows it can call it: do not publish it.`}>
        <Stack gap={12}>
          <dl className={css.facts} style={{ margin: 0 }}>
            <dt>
              <Trans>Address (URL)</Trans>
            </dt>
            <dd>
              <CopyValue value={source.url} name={t`Address (URL)`} />
            </dd>
            {check.method === 'secret' && (
              <>
                <dt>
                  {check.place === 'header' ? (
                    <Trans>Name of the header</Trans>
                  ) : check.place === 'query' ? (
                    <Trans>Name in the address</Trans>
                  ) : (
                    <Trans>Name of the field</Trans>
                  )}
                </dt>
                <dd>
                  <CopyValue value={check.name} name={t`Name of the secret`} />
                </dd>
              </>
            )}
            {check.method === 'basic' && (
              <>
                <dt>
                  <Trans>User name</Trans>
                </dt>
                <dd>
                  <CopyValue value={check.user} name={t`User name`} />
                </dd>
              </>
            )}
            {check.method !== 'none' && (
              <>
                <dt>{check.method === 'basic' ? <Trans>Password</Trans> : <Trans context="source">Secret</Trans>}</dt>
                <dd>
                  <Secret source={source} secret={secret} />
                </dd>
              </>
            )}
          </dl>
          {secret && (
            <Note level="warning">
              <Trans>Copy the secret now: it will not be shown again.</Trans>
            </Note>
          )}
        </Stack>
      </Panel>
      <Panel title={t`What to do in ${names[source.service]}`}>
        <ServiceSteps service={source.service} />
      </Panel>
      {source.service === 'google_forms' && (
        <Script text={googleScript(source.url, header, secret ?? t`paste the secret here`)} />
      )}
    </Stack>
  )
}

function Secret({ source, secret }: { source: HookSource; secret: string | null }) {
  const { t } = useLingui()
  const may = useAccess()
  const errorText = useErrorText()
  const renew = useMutation({
    mutationFn: () => setSourceCheck(source.id, source.check, null),
    onSuccess: (made) => keepSecret(source.id, made.secret),
    onError: (error) => notifyError(errorText(error)),
  })
  if (secret) return <CopyValue value={secret} name={t({ context: 'source', message: 'Secret' })} />
  return (
    <Group gap={8}>
      <span style={{ color: 'var(--text-dim)' }}>
        <Trans>is kept sealed</Trans>
      </span>
      {may('edit') && (
        <Button size="compact-xs" variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
          <Trans>Make a new one</Trans>
        </Button>
      )}
    </Group>
  )
}

function FirstCall({ source, onMap }: { source: HookSource; onMap: () => void }) {
  if (source.state === 'new') {
    return (
      <Note level="info">
        <Group gap={8}>
          <Loader size={14} />
          <Trans>Waiting for the first call. It will appear here by itself.</Trans>
        </Group>
      </Note>
    )
  }
  if (source.state === 'catching') {
    return (
      <Note level="ok">
        <Group gap={12}>
          <span>
            <Trans>A call has come</Trans> (<Ago at={source.last_call_at} />)
          </span>
          <Button size="compact-sm" rightSection={<IconArrowRight size={14} />} onClick={onMap}>
            <Trans>Say what its fields mean</Trans>
          </Button>
        </Group>
      </Note>
    )
  }
  return null
}

function Script({ text }: { text: string }) {
  const { t } = useLingui()
  return (
    <Panel
      title={t`The script for the form`}
      actions={
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={copy}
            >
              {copied ? <Trans>Copied</Trans> : <Trans>Copy the script</Trans>}
            </Button>
          )}
        </CopyButton>
      }
    >
      <pre className={css.script} tabIndex={0} aria-label={t`The script for the form`}>
        {text}
      </pre>
    </Panel>
  )
}
