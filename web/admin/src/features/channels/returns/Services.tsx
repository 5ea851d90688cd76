import { Button, Group, Modal, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { CopyValue } from '../../../components/CopyValue'
import { Panel } from '../../../components/Page'
import { SecretInput } from '../../../components/SecretInput'
import { ErrorNote, Note, StateLabel } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { useDeferredDelete } from '../../../components/useDeferredDelete'
import {
  changeReportHookKey,
  deleteReportHook,
  putReportHook,
  reportHooksQuery,
} from '../../../lib/api/endpoints/returns'
import type { ReportHook, ReportProvider } from '../../../lib/api/types'
import css from './Returns.module.css'
import { PROVIDER_NAMES } from './words'

const PROVIDERS = Object.keys(PROVIDER_NAMES) as ReportProvider[]

/** Sending services that report over HTTP what became of letters. */
export function Services() {
  const { t } = useLingui()
  const { data, error, refetch } = useQuery(reportHooksQuery)
  const { hidden, hide } = useDeferredDelete(
    (provider: string) => deleteReportHook(provider as ReportProvider),
    reportHooksQuery.queryKey,
  )
  const [chosen, setChosen] = useState<ReportProvider | null>(null)
  const [keyed, setKeyed] = useState<ReportProvider | null>(null)
  const known = new Map(data?.filter((one) => !hidden.has(one.provider)).map((one) => [one.provider, one]))
  return (
    <Panel
      title={t`Sending services`}
      hint={t`If letters leave through a service, it can report bounces and complaints here at once.`}
      flush
    >
      {error && <ErrorNote error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton height={200} />}
      {data &&
        PROVIDERS.map((provider) => (
          <Line
            key={provider}
            provider={provider}
            hook={known.get(provider)}
            onOpen={() => setChosen(provider)}
            onKey={() => setKeyed(provider)}
            onDelete={() => hide(provider, t`${PROVIDER_NAMES[provider]} is not heard any more`)}
          />
        ))}
      {chosen && (
        <HookForm provider={chosen} isKnown={known.has(chosen)} onClose={() => setChosen(null)} />
      )}
      {keyed && (
        <Modal
          opened
          onClose={() => setKeyed(null)}
          title={PROVIDER_NAMES[keyed]}
          closeButtonProps={{ 'aria-label': t`Close` }}
        >
          <KeyForm provider={keyed} onDone={() => setKeyed(null)} />
        </Modal>
      )}
    </Panel>
  )
}

interface LineProps {
  provider: ReportProvider
  hook: ReportHook | undefined
  onOpen: () => void
  onKey: () => void
  onDelete: () => void
}

function Line({ provider, hook, onOpen, onKey, onDelete }: LineProps) {
  const secrets = useSecrets()
  return (
    <div className={css.row}>
      <div>
        <strong>{PROVIDER_NAMES[provider]}</strong>
        <div style={{ marginTop: 4, fontSize: 13 }}>
          {!hook ? (
            <StateLabel tone="dim">
              <Trans>not connected</Trans>
            </StateLabel>
          ) : hook.last_at ? (
            <StateLabel tone="good">
              <Trans>last report</Trans> <Ago at={hook.last_at} />
            </StateLabel>
          ) : (
            <StateLabel tone="warn">
              <Trans>the address is made, no report yet</Trans>
            </StateLabel>
          )}
          {hook && secrets[provider] && !hook.has_secret && (
            <div style={{ marginTop: 4 }}>
              <StateLabel tone="warn">
                <Trans>signatures are not checked: give the key</Trans>
              </StateLabel>
            </div>
          )}
        </div>
      </div>
      <Group gap={8}>
        {hook && secrets[provider] && (
          <Button variant="default" size="compact-sm" onClick={onKey}>
            {hook.has_secret ? <Trans>Change the key</Trans> : <Trans>Give the key</Trans>}
          </Button>
        )}
        <Button variant="default" size="compact-sm" onClick={onOpen}>
          {hook ? <Trans>New address</Trans> : <Trans>Connect</Trans>}
        </Button>
        {hook && (
          <Button variant="subtle" color="red" size="compact-sm" onClick={onDelete}>
            <Trans>Disconnect</Trans>
          </Button>
        )}
      </Group>
    </div>
  )
}

/** The keys that services sign with, and where they show them; the others need none. */
function useSecrets(): Partial<Record<ReportProvider, { label: string; where: string }>> {
  const { t } = useLingui()
  return {
    mailgun: {
      label: t`HTTP webhook signing key`,
      where: t`Mailgun shows it under Sending, Webhooks. It is not the API key.`,
    },
    sendgrid: {
      label: t`Verification key`,
      where: t`SendGrid shows it under Settings, Mail Settings, Event Webhooks, when the signature is switched on.`,
    },
    unisender_go: { label: t`API key`, where: t`The key of the account or of the project whose webhook it is.` },
  }
}

/** Gives the key of a service whose address is made already. */
function KeyForm({ provider, onDone }: { provider: ReportProvider; onDone: () => void }) {
  const client = useQueryClient()
  const secrets = useSecrets()
  const asked = secrets[provider]
  const [secret, setSecret] = useState('')
  const save = useMutation({
    mutationFn: () => changeReportHookKey(provider, secret.trim()),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: reportHooksQuery.queryKey })
      onDone()
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Stack gap={12}>
        <SecretInput
          label={asked?.label}
          description={asked?.where}
          autoComplete="off"
          data-autofocus
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
        />
        {save.error && <ErrorNote error={save.error} />}
        <Group justify="flex-end">
          <Button type="submit" disabled={!secret.trim()} loading={save.isPending}>
            <Trans>Save</Trans>
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface FormProps {
  provider: ReportProvider
  isKnown: boolean
  onClose: () => void
}

function HookForm({ provider, isKnown, onClose }: FormProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [secret, setSecret] = useState('')
  const name = PROVIDER_NAMES[provider]
  const secrets = useSecrets()
  // SendGrid shows its key only after it has got the address.
  const asked = provider === 'sendgrid' ? undefined : secrets[provider]
  const make = useMutation({
    mutationFn: () => putReportHook(provider, secret.trim() || null),
    onSuccess: () => void client.invalidateQueries({ queryKey: reportHooksQuery.queryKey }),
  })
  return (
    <Modal opened onClose={onClose} title={name} size="lg" closeButtonProps={{ 'aria-label': t`Close` }}>
      {make.data ? (
        <Stack gap={14}>
          <div>
            <strong>
              <Trans>The address for {name}</Trans>
            </strong>
            <CopyValue value={make.data.url} name={t`address for reports`} />
          </div>
          <Note level="warn">
            <Trans>Copy it now: the address holds a key and is not shown again.</Trans>
          </Note>
          <Steps provider={provider} />
          {provider === 'sendgrid' && <KeyForm provider={provider} onDone={onClose} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              <Trans>Done</Trans>
            </Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            make.mutate()
          }}
        >
          <Stack gap={14}>
            {isKnown && (
              <Note level="warn">
                <Trans>A new address replaces the old one: put it into {name} at once.</Trans>
              </Note>
            )}
            {asked ? (
              <SecretInput
                label={asked.label}
                description={asked.where}
                autoComplete="off"
                data-autofocus
                value={secret}
                onChange={(event) => setSecret(event.currentTarget.value)}
              />
            ) : (
              <p style={{ margin: 0 }}>
                {provider === 'ses' && t`Amazon signs its reports; no key is needed.`}
                {provider === 'postmark' &&
                  t`Postmark signs nothing: the address itself is the key. Tell it to nobody else.`}
                {provider === 'sendgrid' &&
                  t`SendGrid shows its key when it has got the address: make the address first, then give the key.`}
              </p>
            )}
            <Steps provider={provider} />
            {make.error && <ErrorNote error={make.error} />}
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={onClose}>
                <Trans>Cancel</Trans>
              </Button>
              <Button type="submit" disabled={Boolean(asked) && !secret.trim()} loading={make.isPending}>
                <Trans>Make the address</Trans>
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}

/** What to do on the service's own pages. */
function Steps({ provider }: { provider: ReportProvider }) {
  const { t } = useLingui()
  const steps: Record<ReportProvider, string[]> = {
    ses: [
      t`In Amazon SNS make a standard topic in the region that you send from.`,
      t`In Amazon SES open the identity of your domain, Notifications, and choose the topic for bounces, complaints and deliveries.`,
      t`Add a subscription to the topic: protocol HTTPS, and the address from here. Leave raw message delivery off.`,
      t`Otklik confirms the subscription by itself, and from then on hears this topic only.`,
    ],
    mailgun: [
      t`Open Sending, Webhooks and choose the domain.`,
      t`Add the address to Permanent failure, Temporary failure, Spam complaints, Unsubscribes and Delivered messages.`,
    ],
    postmark: [
      t`Open the server, the message stream, Webhooks, Add webhook.`,
      t`Put in the address and choose Bounce, Spam complaint, Subscription change and Delivery.`,
    ],
    sendgrid: [
      t`Open Settings, Mail Settings, Event Webhooks and make a webhook with the address.`,
      t`Choose Bounced, Dropped, Deferred, Delivered, Spam reports, Unsubscribed and Group unsubscribes.`,
      t`Switch Signature Verification on, save, and give the verification key here.`,
    ],
    unisender_go: [
      t`Open Settings, Webhooks and add the address; the service asks once whether it answers.`,
      t`Choose the format json_post and the states delivered, soft bounced, hard bounced, spam and unsubscribed.`,
    ],
  }
  return (
    <div>
      <h3 className={css.heading}>{t`On the pages of the service`}</h3>
      <ol className={css.steps}>
        {steps[provider].map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </div>
  )
}
