import { Button, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'

import { CopyValue } from '../../../components/CopyValue'
import { Panel } from '../../../components/Page'
import { ErrorNote, Note, StateLabel } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { checkReturnServer, returnServerQuery } from '../../../lib/api/endpoints/returns'
import type { ReturnServer } from '../../../lib/api/types'
import css from './Returns.module.css'

/** The built-in mail server: how it is set up, which record it needs, and whether mail finds it. */
export function ServerPanel() {
  const { t } = useLingui()
  const { data, error, refetch } = useQuery(returnServerQuery)
  const check = useMutation({ mutationFn: checkReturnServer })
  return (
    <Panel
      title={t`Mail server of Otklik`}
      hint={t`Every letter has a return address of its own. Mail to it comes to this server, so each bounce and answer finds its letter.`}
      actions={
        data?.enabled && (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconRefresh size={14} />}
            loading={check.isPending}
            onClick={() => check.mutate()}
          >
            <Trans>Check</Trans>
          </Button>
        )
      }
    >
      {error ? (
        <ErrorNote error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton height={96} />
      ) : data.enabled ? (
        <Stack gap={12}>
          <Facts server={data} />
          {check.error && <ErrorNote error={check.error} />}
          {check.data?.map((finding) => (
            <Note key={`${finding.code} ${finding.message}`} level={finding.level}>
              {finding.message}
              {finding.record && <CopyValue value={finding.record} name={t`MX record`} />}
            </Note>
          ))}
        </Stack>
      ) : (
        <Stack gap={12}>
          <StateLabel tone="idle">
            <Trans>Switched off</Trans>
          </StateLabel>
          <p className={css.dim}>
            <Trans>
              Whoever runs the installation switches it on with these settings and restarts it. The domain
              needs an MX record that names this machine.
            </Trans>
          </p>
          <CopyValue
            name={t`settings`}
            value={[
              'OTKLIK_INBOUND__ENABLED=true',
              'OTKLIK_INBOUND__SMTP_HOST=0.0.0.0',
              'OTKLIK_INBOUND__SMTP_PORT=25',
              `OTKLIK_INBOUND__DOMAIN=in.${data.domains[0] ?? 'shop.example'}`,
            ].join('\n')}
          />
        </Stack>
      )}
    </Panel>
  )
}

function Facts({ server }: { server: ReturnServer }) {
  const { t } = useLingui()
  return (
    <dl className={css.facts}>
      <dt>{t`Listens on`}</dt>
      <dd>
        {server.smtp_host}:{server.smtp_port}
      </dd>
      <dt>{t`MX records to publish`}</dt>
      <dd>
        {server.records.length === 0
          ? t`Add a sender first: its domain is the one that mail comes back to.`
          : server.records.map((record) => <CopyValue key={record} value={record} name={t`MX record`} />)}
      </dd>
      <dt>{t`Encryption`}</dt>
      <dd>
        {server.certificate_problem ? (
          <Note level="warn">
            <Trans>The certificate can’t be used: {server.certificate_problem}</Trans>
          </Note>
        ) : server.certificate ? (
          <>
            {server.certificate.names.join(', ')}, <Trans>until</Trans>{' '}
            <DateTime at={server.certificate.ends_at} />
          </>
        ) : (
          t`None: mail comes unencrypted. Give a certificate in the settings of the installation.`
        )}
      </dd>
      <dt>{t`Last mail`}</dt>
      <dd>{server.last_taken_at ? <DateTime at={server.last_taken_at} /> : t`none yet`}</dd>
    </dl>
  )
}
