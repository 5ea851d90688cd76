import { Button, Group, Modal, NumberInput, SegmentedControl, Stack, Switch, TagsInput, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { SecretInput } from '../../../components/SecretInput'
import { ErrorNote, Note } from '../../../components/States'
import { ApiError } from '../../../lib/api/client'
import { changeRelay, createRelay, relaysQuery, tryRelay } from '../../../lib/api/endpoints/relays'
import type { Relay, RelayInput } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Relays.module.css'
import { draftOf, NEW_WARMUP, planOf, type WarmupDraft, WarmupFields } from './WarmupFields'
import { PHASES } from './words'

const PORTS = { starttls: 587, tls: 465, none: 25 } as const

interface Values {
  name: string
  host: string
  port: number
  tls: Relay['tls']
  username: string
  password: string
  weight: number
  enabled: boolean
  connections: number
  letters_per_connection: number
  letters_per_s: number | ''
  sender_domains: string[]
}

/** A mail server's settings, with a trial before they are saved. */
export function RelayForm({ relay, onClose }: { relay: Relay | null; onClose: () => void }) {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const client = useQueryClient()
  const [warmup, setWarmup] = useState<WarmupDraft | null>(relay?.warmup ? draftOf(relay.warmup.plan) : null)
  const form = useForm<Values>({
    initialValues: {
      name: relay?.name ?? '',
      host: relay?.host ?? '',
      port: relay?.port ?? 587,
      tls: relay?.tls ?? 'starttls',
      username: relay?.username ?? '',
      password: '',
      weight: relay?.weight ?? 1,
      enabled: relay?.enabled ?? true,
      connections: relay?.connections ?? 8,
      letters_per_connection: relay?.letters_per_connection ?? 500,
      letters_per_s: relay?.letters_per_s ?? '',
      sender_domains: relay?.sender_domains ?? [],
    },
    validate: {
      name: (value) => (value.trim() ? null : t`Enter a name, such as “main”`),
      host: (value) => (/^[A-Za-z0-9.:_-]+$/.test(value.trim()) ? null : t`Enter the name of the server, such as smtp.shop.example`),
    },
  })
  const isKept = relay !== null && relay.has_password && !form.values.password && form.values.host.trim().toLowerCase() === relay.host
  const input = (): RelayInput => {
    const { password, letters_per_s, ...values } = form.values
    return {
      ...values,
      name: values.name.trim(),
      host: values.host.trim(),
      username: values.username.trim() || null,
      letters_per_s: letters_per_s === '' ? null : letters_per_s,
      warmup: warmup && planOf(warmup),
      ...(password ? { password } : isKept && values.username.trim() ? {} : { password: null }),
    }
  }
  const trial = useMutation({ mutationFn: () => tryRelay(input(), relay?.id ?? null) })
  const save = useMutation({
    mutationFn: () => (relay?.id ? changeRelay(relay.id, input()) : createRelay(input())),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: relaysQuery.queryKey })
      onClose()
    },
    onError: (error) => {
      if (!(error instanceof ApiError)) return
      for (const field of ['name', 'host', 'username', 'password', 'sender_domains'] as const) {
        const message = error.field(field)
        if (message) form.setFieldError(field, message)
      }
    },
  })
  const isBadPlan = warmup !== null && planOf(warmup) === null
  return (
    <Modal opened onClose={onClose} size="lg" title={relay ? t`SMTP server` : t`New SMTP server`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form onSubmit={form.onSubmit(() => {
          if (!isBadPlan) save.mutate()
        })} noValidate>
        <Stack gap={12}>
          <TextInput label={t({ context: 'thing', message: 'Name' })} description={t`It stands beside the answers of letters that go through this server.`} maxLength={60} data-autofocus {...form.getInputProps('name')} />
          <div className={css.columns} style={{ gridTemplateColumns: 'minmax(0, 1fr) 110px' }}>
            <TextInput label={t`Server`} placeholder="smtp.shop.example" {...form.getInputProps('host')} />
            <NumberInput label={t`Port`} min={1} max={65535} allowDecimal={false} thousandSeparator="" hideControls {...form.getInputProps('port')} />
          </div>
          <SegmentedControl
            aria-label={t`Encryption`}
            value={form.values.tls}
            onChange={(value) => {
              const tls = value as Relay['tls']
              const usual = Object.values(PORTS) as number[]
              form.setValues({ tls, ...(usual.includes(form.values.port) && { port: PORTS[tls] }) })
            }}
            data={[
              { value: 'starttls', label: 'STARTTLS' },
              { value: 'tls', label: 'TLS' },
              { value: 'none', label: t`Not encrypted` },
            ]}
          />
          <div className={css.columns}>
            <TextInput label={t`User`} autoComplete="off" {...form.getInputProps('username')} />
            <SecretInput
              label={t`Password`}
              description={isKept ? t`Empty: it stays as it is.` : undefined}
              autoComplete="new-password"
              {...form.getInputProps('password')}
            />
          </div>
          <Group gap={8}>
            <Button variant="default" size="compact-sm" loading={trial.isPending} onClick={() => !form.validate().hasErrors && trial.mutate()}>
              <Trans>Try to connect</Trans>
            </Button>
            <span className={css.note}>
              <Trans>No letter is sent.</Trans>
            </span>
          </Group>
          {trial.data && (
            <Note level={trial.data.ok ? 'ok' : 'error'}>
              {i18n._(PHASES[trial.data.phase])}{' '}
              {trial.data.ok ? <Trans>It took {format.number(trial.data.took_ms)} ms.</Trans> : trial.data.answer}
            </Note>
          )}
          {trial.error && <ErrorNote error={trial.error} />}
          <details open={relay !== null}>
            <summary style={{ cursor: 'pointer', fontSize: 13 }}>
              <Trans>How much goes through it</Trans>
            </summary>
            <Stack gap={12} mt={12}>
              <div className={css.columns}>
                <NumberInput label={t({ context: 'SMTP server', message: 'Weight' })} description={t`With 3 it gets three times as many letters as with 1.`} min={1} max={100} allowDecimal={false} {...form.getInputProps('weight')} />
                <NumberInput label={t`Letters a second`} description={t`Empty: as fast as it takes them.`} min={0.01} max={10_000} {...form.getInputProps('letters_per_s')} />
                <NumberInput label={t`Connections at once`} description={t`Of one worker process.`} min={1} max={100} allowDecimal={false} {...form.getInputProps('connections')} />
                <NumberInput label={t`Letters on one connection`} description={t`Then a new one is made.`} min={1} max={100_000} allowDecimal={false} {...form.getInputProps('letters_per_connection')} />
              </div>
              <TagsInput
                label={t`Only for senders in these domains`}
                description={t`Empty: for all senders.`}
                placeholder={form.values.sender_domains.length ? undefined : 'shop.example'}
                {...form.getInputProps('sender_domains')}
              />
              <Switch
                label={t`Warm it up: few letters a day at first, then more`}
                checked={warmup !== null}
                onChange={(event) => setWarmup(event.currentTarget.checked ? NEW_WARMUP : null)}
              />
              {warmup && <WarmupFields value={warmup} onChange={setWarmup} />}
              <Switch label={t`Letters go through it`} {...form.getInputProps('enabled', { type: 'checkbox' })} />
            </Stack>
          </details>
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={save.isPending} disabled={isBadPlan}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
