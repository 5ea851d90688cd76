import { Button, Menu, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'

import { notifyDone, notifyError } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { Note, StateLabel, useErrorText } from '../../../components/States'
import { troubleText } from '../../../components/relays/troubles'
import { Ago } from '../../../components/Time'
import { changeRelay, forgetLimits, pacesQuery, relaysQuery } from '../../../lib/api/endpoints/relays'
import type { Relay } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { PROVIDER_NAMES } from '../returns/words'
import css from './Relays.module.css'
import { WarmupView } from './WarmupView'
import { HEALTH, TLS } from './words'

interface RelayPanelProps {
  relay: Relay
  /** Of all relays that letters are spread over. */
  weights: number
  onEdit: () => void
  onRemove: () => void
}

/** One mail server: whether it works, how fast, what it said when it did not. */
export function RelayPanel({ relay, weights, onEdit, onRemove }: RelayPanelProps) {
  const { t, i18n } = useLingui()
  const may = useAccess()
  const format = useFormat()
  const client = useQueryClient()
  const errorText = useErrorText()
  const refresh = () => {
    void client.invalidateQueries({ queryKey: relaysQuery.queryKey })
    void client.invalidateQueries({ queryKey: pacesQuery.queryKey })
  }
  const id = relay.id
  const { name, host, port, tls, username, weight, connections, letters_per_connection, letters_per_s, sender_domains } = relay
  const toggle = useMutation({
    mutationFn: () =>
      changeRelay(id!, {
        name, host, port, tls, username, weight, connections, letters_per_connection, letters_per_s, sender_domains,
        enabled: !relay.enabled,
        warmup: relay.warmup?.plan ?? null,
      }),
    onSuccess: refresh,
    onError: (error) => notifyError(errorText(error)),
  })
  const forget = useMutation({
    mutationFn: () => forgetLimits(id!),
    onSuccess: () => {
      refresh()
      notifyDone(t`Letters go at full pace again, until a provider asks for less`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const health = HEALTH[relay.health]
  const share = weights > 0 && relay.in_use && relay.enabled ? relay.weight / weights : null
  return (
    <Panel
      title={
        <span className={css.title}>
          <span>{relay.kind === 'workspace' ? relay.name : relay.kind === 'catcher' ? t`Mail catcher` : t`SMTP server of the installation`}</span>
          {(relay.kind === 'workspace' || relay.in_use) && (
            <StateLabel tone={health.tone}>{i18n._(health.label)}</StateLabel>
          )}
        </span>
      }
      hint={
        relay.kind === 'workspace' ? (
          <>
            {relay.host}:{relay.port} {relay.tls === 'none' ? t`not encrypted` : TLS[relay.tls]}
          </>
        ) : !relay.in_use ? undefined : weights > 0 ? (
          relay.kind === 'installation' ? (
            <Trans>Letters of senders whom no server of yours serves go through it.</Trans>
          ) : (
            <Trans>Letters of senders whom no server of yours serves stay here, under “Caught mail”, and reach nobody.</Trans>
          )
        ) : relay.kind === 'installation' ? (
          <Trans>Set by the administrator of the program. It is used while the workspace has no server of its own.</Trans>
        ) : (
          <Trans>No server is set: letters stay here, under “Caught mail”, and reach nobody.</Trans>
        )
      }
      actions={
        id !== null &&
        may('manage') && (
          <Menu>
            <Menu.Target>
              <Button variant="subtle" size="compact-sm" color="gray" aria-label={t`More about ${relay.name}`}>
                <Trans>More</Trans>
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={onEdit}>
                <Trans>Edit</Trans>
              </Menu.Item>
              <Menu.Item onClick={() => toggle.mutate()}>
                {relay.enabled ? <Trans>Switch off</Trans> : <Trans>Switch on</Trans>}
              </Menu.Item>
              <Menu.Item onClick={() => forget.mutate()}>
                <Trans>Forget what slowed it down</Trans>
              </Menu.Item>
              <Menu.Item color="red" onClick={onRemove}>
                <Trans>Delete</Trans>
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )
      }
    >
      <Stack gap={12}>
        {relay.kind !== 'workspace' && !relay.in_use ? (
          <p className={css.note}>
            <Trans>Not used: the workspace has SMTP servers of its own.</Trans>
          </p>
        ) : (
        <dl className={`${css.facts} tnum`}>
          <dt>
            <Trans>Pace now</Trans>
          </dt>
          <dd>
            <Trans>{format.number(relay.pace_per_s)} letters a second</Trans>
            {relay.letters_per_s !== null && (
              <>
                {', '}
                <Trans>at most {format.number(relay.letters_per_s)}</Trans>
              </>
            )}
          </dd>
          {share !== null && relay.kind === 'workspace' && (
            <>
              <dt>
                <Trans>Share of letters</Trans>
              </dt>
              <dd>{format.percent(share, 0)}</dd>
            </>
          )}
          <dt>
            <Trans>Connections at once</Trans>
          </dt>
          <dd>
            {format.number(relay.connections)}
            {', '}
            <Trans>letters on each: {format.number(relay.letters_per_connection)}</Trans>
          </dd>
          {relay.service && (
            <>
              <dt>
                <Trans>Sending service</Trans>
              </dt>
              <dd>
                {PROVIDER_NAMES[relay.service]}
                {', '}
                <Trans>its reports find the very letter</Trans>
              </dd>
            </>
          )}
          {relay.sender_domains.length > 0 && (
            <>
              <dt>
                <Trans>Only for senders in</Trans>
              </dt>
              <dd>{relay.sender_domains.join(', ')}</dd>
            </>
          )}
        </dl>
        )}
        {relay.health === 'rests' && (
          <Note level="error">
            {i18n._(troubleText(relay.trouble_kind))} ({relay.trouble}, <Ago at={relay.trouble_at} />)
          </Note>
        )}
        {relay.health !== 'rests' && relay.trouble && (
          <p className={css.note}>
            <Trans>
              Last trouble: <Ago at={relay.trouble_at} />, {relay.trouble}
            </Trans>
          </p>
        )}
        {relay.slowed_to_per_s !== null && (
          <Note level="warning">
            <Trans>The server asked for a slower pace; now at most {format.number(relay.slowed_to_per_s)} letters a second. The pace grows by itself.</Trans>
          </Note>
        )}
        {relay.warmup && <WarmupView warmup={relay.warmup} />}
      </Stack>
    </Panel>
  )
}
