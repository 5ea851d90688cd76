import { Button, Group, NumberInput, Select, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { CopyValue } from '../../components/CopyValue'
import { Panel } from '../../components/Page'
import { SecretInput } from '../../components/SecretInput'
import { ErrorNote, Note } from '../../components/States'
import { setSourceCheck, sourceQuery } from '../../lib/api/endpoints/sources'
import type { HookCheck, HookSource } from '../../lib/api/types'
import { keepSecret, useFreshSecret } from './secrets'
import css from './Sources.module.css'

const FIRST: Record<HookCheck['method'], HookCheck> = {
  none: { method: 'none' },
  secret: { method: 'secret', place: 'header', name: 'X-Otklik-Secret' },
  hmac: {
    method: 'hmac',
    header: 'X-Signature',
    encoding: 'hex',
    prefix: '',
    timestamp_header: '',
    tolerance_s: 300,
  },
  standard: { method: 'standard', tolerance_s: 300 },
  basic: { method: 'basic', user: 'otklik' },
}

/** How a call proves where it comes from. */
export function CheckForm({ source, isReadOnly }: { source: HookSource; isReadOnly: boolean }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const fresh = useFreshSecret(source.id)
  const [check, setCheck] = useState<HookCheck>(source.check)
  const [secret, setSecret] = useState('')
  const save = useMutation({
    mutationFn: () => setSourceCheck(source.id, check, secret || null),
    onSuccess: (made) => {
      keepSecret(source.id, made.secret)
      setSecret('')
      client.setQueryData(sourceQuery(source.id).queryKey, made.source)
    },
  })
  return (
    <Panel
      title={t`Checking the caller`}
      hint={t`Calls without the right secret or signature are answered with 401 and only counted.`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={16} maw={560}>
          <Select
            label={t`How calls are checked`}
            disabled={isReadOnly}
            value={check.method}
            data={[
              { value: 'none', label: t`none: whoever knows the address` },
              { value: 'secret', label: t`a secret in the call` },
              { value: 'hmac', label: t`a signature (HMAC-SHA256)` },
              { value: 'standard', label: 'Standard Webhooks' },
              { value: 'basic', label: t`user name and password` },
            ]}
            onChange={(method) => method && setCheck(FIRST[method as HookCheck['method']])}
          />
          {check.method === 'none' && (
            <Note level={source.networks.length > 0 ? 'info' : 'warning'}>
              {source.networks.length > 0 ? (
                <Trans>Only the listed addresses may call, so what they send counts like events of your server.</Trans>
              ) : (
                <Trans>
                  Anybody who learns the address may call. So what comes counts like events of a site: it never joins
                  two known customers, and what your server says of an e-mail or phone goes first.
                </Trans>
              )}
            </Note>
          )}
          <Details check={check} onChange={setCheck} isReadOnly={isReadOnly} />
          {check.method !== 'none' && !isReadOnly && (
            <SecretInput
              label={check.method === 'basic' ? t`Password` : t({ context: 'source', message: 'Secret' })}
              description={t`Left empty: a new one is made and shown once.`}
              autoComplete="new-password"
              value={secret}
              onChange={(event) => setSecret(event.currentTarget.value)}
            />
          )}
          {fresh && (
            <>
              <Note level="warning">
                <Trans>Copy the secret now: it will not be shown again.</Trans>
              </Note>
              <CopyValue value={fresh} name={t({ context: 'source', message: 'Secret' })} />
            </>
          )}
          {save.error && <ErrorNote error={save.error} />}
          {!isReadOnly && (
            <Group>
              <Button type="submit" variant="default" loading={save.isPending}>
                <Trans>Save the check</Trans>
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Panel>
  )
}

interface DetailsProps {
  check: HookCheck
  onChange: (check: HookCheck) => void
  isReadOnly: boolean
}

function Details({ check, onChange, isReadOnly }: DetailsProps) {
  const { t } = useLingui()
  switch (check.method) {
    case 'none':
      return null
    case 'secret':
      return (
        <div className={css.form}>
          <Select
            label={t`Where it stands`}
            w={200}
            disabled={isReadOnly}
            value={check.place}
            data={[
              { value: 'header', label: t`in a header` },
              { value: 'query', label: t`in the address` },
              { value: 'field', label: t`in a field` },
            ]}
            onChange={(place) => place && onChange({ ...check, place: place as typeof check.place })}
          />
          <TextInput
            label={t`Name`}
            w={220}
            required
            maxLength={100}
            disabled={isReadOnly}
            value={check.name}
            onChange={(event) => onChange({ ...check, name: event.currentTarget.value })}
          />
        </div>
      )
    case 'basic':
      return (
        <TextInput
          label={t`User name`}
          w={220}
          required
          maxLength={100}
          disabled={isReadOnly}
          value={check.user}
          onChange={(event) => onChange({ ...check, user: event.currentTarget.value })}
        />
      )
    case 'standard':
      return <Tolerance check={check} onChange={onChange} isReadOnly={isReadOnly} />
    case 'hmac':
      return (
        <>
          <div className={css.form}>
            <TextInput
              label={t`Header with the signature`}
              w={220}
              required
              maxLength={100}
              disabled={isReadOnly}
              value={check.header}
              onChange={(event) => onChange({ ...check, header: event.currentTarget.value })}
            />
            <Select
              label={t`Written as`}
              w={120}
              disabled={isReadOnly}
              value={check.encoding}
              data={['hex', 'base64']}
              onChange={(encoding) =>
                encoding && onChange({ ...check, encoding: encoding as typeof check.encoding })
              }
            />
            <TextInput
              label={t`Begins with`}
              placeholder="sha256="
              w={140}
              maxLength={40}
              disabled={isReadOnly}
              value={check.prefix}
              onChange={(event) => onChange({ ...check, prefix: event.currentTarget.value })}
            />
          </div>
          <TextInput
            label={t`Header with the time`}
            description={t`If there is one, the time and a full stop stand before the body that is signed.`}
            maxLength={100}
            disabled={isReadOnly}
            value={check.timestamp_header}
            onChange={(event) => onChange({ ...check, timestamp_header: event.currentTarget.value })}
          />
          {check.timestamp_header && <Tolerance check={check} onChange={onChange} isReadOnly={isReadOnly} />}
        </>
      )
  }
}

interface ToleranceProps {
  check: Extract<HookCheck, { tolerance_s: number }>
  onChange: (check: HookCheck) => void
  isReadOnly: boolean
}

function Tolerance({ check, onChange, isReadOnly }: ToleranceProps) {
  const { t } = useLingui()
  return (
    <NumberInput
      label={t`The time may differ by, seconds`}
      w={280}
      min={10}
      max={86_400}
      disabled={isReadOnly}
      value={check.tolerance_s}
      onChange={(value) => onChange({ ...check, tolerance_s: Number(value) || 300 })}
    />
  )
}
