import {
  Button,
  Checkbox,
  Group,
  Modal,
  NumberInput,
  Radio,
  Select,
  Stack,
  TextInput,
} from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { CopyValue } from '../../components/CopyValue'
import { SecretInput } from '../../components/SecretInput'
import { ErrorNote, Note } from '../../components/States'
import {
  chooseForwarded,
  createForwarding,
  forwardingsQuery,
  updateForwarding,
} from '../../lib/api/endpoints/exports'
import type { Forwarding, ForwardingChoice, ForwardingInput } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import { ChoiceFields } from './ChoiceFields'
import { VerifyHelp } from './VerifyHelp'

type Target = ForwardingInput['target']
const WEBHOOK: Target = { kind: 'webhook', url: '' }
const MIXPANEL: Target = { kind: 'mixpanel', region: 'eu', project_id: '', user: '' }

function draftOf(forwarding: Forwarding | null): ForwardingInput {
  if (!forwarding) return { name: '', target: WEBHOOK, names: null, filters: [], segments: [], batch: 1, concurrency: 4 }
  const { name, target, with_customer, batch, concurrency } = forwarding
  return { name, target, with_customer, batch, concurrency, ...choiceOf(forwarding) }
}

function choiceOf({ names, filters, imported, segments }: Forwarding): ForwardingChoice {
  const chosen = segments.map(({ segment_id, entered, left }) => ({ segment_id, entered, left }))
  return { names, filters, imported, segments: chosen }
}

/** Owners change everything; who may edit changes what is forwarded, and not where to. */

export function ForwardingForm({ forwarding, onClose }: { forwarding: Forwarding | null; onClose: () => void }) {
  const may = useAccess()
  if (forwarding && !may('manage')) return <ChoiceForm forwarding={forwarding} onClose={onClose} />
  return <WholeForm forwarding={forwarding} onClose={onClose} />
}

function ChoiceForm({ forwarding, onClose }: { forwarding: Forwarding; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => choiceOf(forwarding))
  const save = useMutation({
    mutationFn: () => chooseForwarded(forwarding.id, draft),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: forwardingsQuery.queryKey })
      onClose()
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t`What to forward`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={16}>
          <ChoiceFields choice={draft} onChange={(part) => setDraft((old) => ({ ...old, ...part }))} />
          <Note level="info">
            <Trans>Where it goes, and whether names and addresses go along, is set up by an owner of the workspace.</Trans>
          </Note>
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function WholeForm({ forwarding, onClose }: { forwarding: Forwarding | null; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(forwarding))
  const [secret, setSecret] = useState('')
  const [fresh, setFresh] = useState<string | null>(null)
  const set = (part: Partial<ForwardingInput>) => setDraft((old) => ({ ...old, ...part }))
  const { target } = draft
  const save = useMutation({
    mutationFn: async () => {
      const data = { ...draft, ...(secret && { secret }) }
      if (forwarding) {
        await updateForwarding(forwarding.id, data)
        return null
      }
      return (await createForwarding(data)).secret
    },
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: forwardingsQuery.queryKey })
      if (made) setFresh(made)
      else onClose()
    },
  })
  if (fresh) {
    return (
      <Modal
        opened
        onClose={onClose}
        size="lg"
        closeOnClickOutside={false}
        title={t`The forwarding is made`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        <Stack gap={12}>
          <Note level="warning">
            <Trans>Copy the signing secret now: it will not be shown again.</Trans>
          </Note>
          <CopyValue value={fresh} name={t`signing secret`} />
          <VerifyHelp />
          <Group justify="flex-end">
            <Button onClick={onClose}>
              <Trans>Done</Trans>
            </Button>
          </Group>
        </Stack>
      </Modal>
    )
  }
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={forwarding ? t`Forwarding` : t`New forwarding`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={16}>
          <TextInput
            label={t`Name`}
            data-autofocus
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          {!forwarding && (
            <Radio.Group
              label={t`Where to`}
              value={target.kind}
              onChange={(kind) => set({ target: kind === 'webhook' ? WEBHOOK : MIXPANEL })}
            >
              <Group gap={16} mt={4}>
                <Radio size="xs" value="webhook" label={t`To my server (webhook)`} />
                <Radio size="xs" value="mixpanel" label="Mixpanel" />
              </Group>
            </Radio.Group>
          )}
          {target.kind === 'webhook' ? (
            <>
              <TextInput
                label={t`Address`}
                type="url"
                placeholder="https://shop.example/hooks/otklik"
                value={target.url}
                onChange={(event) => set({ target: { ...target, url: event.currentTarget.value } })}
              />
              <Group grow align="flex-end">
                <NumberInput
                  label={t`Events in one call, at most`}
                  min={1}
                  max={1000}
                  value={draft.batch ?? 1}
                  onChange={(batch) => set({ batch: Number(batch) || 1 })}
                />
                <NumberInput
                  label={t`Calls at the same time`}
                  min={1}
                  max={32}
                  value={draft.concurrency ?? 4}
                  onChange={(concurrency) => set({ concurrency: Number(concurrency) || 1 })}
                />
              </Group>
            </>
          ) : (
            <>
              <Group grow>
                <Select
                  label={t`Where the project's data live`}
                  allowDeselect={false}
                  value={target.region}
                  data={[
                    { value: 'us', label: t`USA` },
                    { value: 'eu', label: t`European Union` },
                    { value: 'in', label: t`India` },
                  ]}
                  onChange={(region) => region && set({ target: { ...target, region: region as 'us' | 'eu' | 'in' } })}
                />
                <TextInput
                  label={t`Number of the project`}
                  inputMode="numeric"
                  value={target.project_id ?? ''}
                  onChange={(event) => set({ target: { ...target, project_id: event.currentTarget.value.trim() } })}
                />
              </Group>
              <Group grow align="flex-start">
                <TextInput
                  label={t`Service account`}
                  description={t`Empty: the secret is the token of the project.`}
                  autoComplete="off"
                  value={target.user ?? ''}
                  onChange={(event) => set({ target: { ...target, user: event.currentTarget.value.trim() } })}
                />
                <SecretInput
                  label={t`Secret of the account or token`}
                  description={t`Project settings → Service accounts`}
                  autoComplete="new-password"
                  placeholder={forwarding ? t`kept; fill in to change` : ''}
                  value={secret}
                  onChange={(event) => setSecret(event.currentTarget.value)}
                />
              </Group>
            </>
          )}
          <ChoiceFields choice={draft} onChange={set} />
          {target.kind === 'webhook' && (
            <Checkbox
              label={t`With the customer's name, e-mail and phone`}
              description={t`Personal data leave: the receiver must have the right to them.`}
              checked={draft.with_customer ?? false}
              onChange={(event) => set({ with_customer: event.currentTarget.checked })}
            />
          )}
          <Note level="info">
            <Trans>
              An event may come twice and not in its order; its id stays the same, so the receiver can tell a repeat.
            </Trans>
          </Note>
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!draft.name.trim()}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
