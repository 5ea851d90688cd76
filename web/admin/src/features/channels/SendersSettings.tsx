import { Button, Group, Menu, Modal, Skeleton, Stack, Switch, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { CopyValue } from '../../components/CopyValue'
import { notifyDone, notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote, Note, useErrorText } from '../../components/States'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import {
  createSender,
  deleteSender,
  makeDkimKey,
  senderChecksQuery,
  sendersQuery,
  switchDkimKey,
  updateSender,
} from '../../lib/api/endpoints/channels'
import { ApiError } from '../../lib/api/client'
import { senderWaysQuery } from '../../lib/api/endpoints/relays'
import type { DnsCheck, Sender } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'

export function SendersSettings() {
  const { t } = useLingui()
  const may = useAccess()
  const senders = useQuery(sendersQuery)
  const { hidden, hide } = useDeferredDelete(deleteSender, sendersQuery.queryKey)
  const [edited, setEdited] = useState<Sender | 'new' | null>(null)
  const add = may('manage') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>
      <Trans>Add a sender</Trans>
    </Button>
  )
  const shown = senders.data?.filter((sender) => !hidden.has(sender.id))
  return (
    <Stack gap={16}>
      {senders.error && <ErrorNote error={senders.error} />}
      {!shown && !senders.error && <Skeleton height={160} />}
      {shown?.length === 0 && (
        <Panel>
          <Empty title={t`No senders yet`} action={add}>
            <Trans>
              A sender is a name and an address that letters come from. After adding it you get the
              records that your domain needs.
            </Trans>
          </Empty>
        </Panel>
      )}
      {shown?.map((sender) => (
        <SenderPanel
          key={sender.id}
          sender={sender}
          onEdit={() => setEdited(sender)}
          onDelete={() => hide(sender.id, t`The sender “${sender.name}” is deleted`)}
        />
      ))}
      {shown && shown.length > 0 && <div>{add}</div>}
      {edited && <SenderForm sender={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Stack>
  )
}

const KINDS: Record<DnsCheck['kind'], string> = {
  spf: 'SPF',
  dkim: 'DKIM',
  dmarc: 'DMARC',
  mx: 'MX',
  dkim_next: 'DKIM',
  ptr: 'PTR',
  bimi: 'BIMI',
  mta_sts: 'MTA-STS',
}

interface SenderPanelProps {
  sender: Sender
  onEdit: () => void
  onDelete: () => void
}

function SenderPanel({ sender, onEdit, onDelete }: SenderPanelProps) {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const errorText = useErrorText()
  const checks = useQuery(senderChecksQuery(sender.id))
  const { data: ways } = useQuery(senderWaysQuery)
  const found = ways?.find((one) => one.sender_id === sender.id)
  const way =
    found &&
    {
      workspace: t`letters leave by ${found.relays.join(', ')}`,
      installation: t`letters leave by the SMTP server of the installation`,
      catcher: t`letters stay under “Caught mail”`,
    }[found.kind]
  const refresh = () => {
    void client.invalidateQueries({ queryKey: sendersQuery.queryKey })
    void checks.refetch()
  }
  const makeKey = useMutation({
    mutationFn: () => makeDkimKey(sender.id),
    onSuccess: refresh,
    onError: (error) => notifyError(errorText(error)),
  })
  const switchKey = useMutation({
    mutationFn: () => switchDkimKey(sender.id),
    onSuccess: () => {
      refresh()
      notifyDone(t`Letters are signed with the new key. Keep the old record for a week: letters on their way still need it.`)
    },
    onError: (error) => notifyError(errorText(error)),
  })
  const makeDefault = useMutation({
    mutationFn: () => updateSender(sender.id, { is_default: true }),
    onSuccess: () => void client.invalidateQueries({ queryKey: sendersQuery.queryKey }),
    onError: (error) => notifyError(errorText(error)),
  })
  return (
    <Panel
      title={`${sender.name} <${sender.email}>`}
      hint={[
        sender.is_default && t`default sender`,
        way,
        sender.reply_to && t`answers go to ${sender.reply_to}`,
      ]
        .filter(Boolean)
        .join(' · ')}
      actions={
        <Group gap={8} wrap="nowrap">
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconRefresh size={14} />}
            loading={checks.isFetching}
            onClick={() => void checks.refetch()}
          >
            <Trans>Check</Trans>
          </Button>
          {may('manage') && (
            <Menu>
              <Menu.Target>
                <Button variant="subtle" size="compact-sm" color="gray">
                  <Trans>More</Trans>
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={onEdit}>
                  <Trans>Edit</Trans>
                </Menu.Item>
                {!sender.is_default && (
                  <Menu.Item onClick={() => makeDefault.mutate()}>
                    <Trans>Make the default</Trans>
                  </Menu.Item>
                )}
                {!sender.dkim_next_record && (
                  <Menu.Item onClick={() => makeKey.mutate()}>
                    <Trans>Make a new DKIM key</Trans>
                  </Menu.Item>
                )}
                <Menu.Item color="red" onClick={onDelete}>
                  <Trans>Delete</Trans>
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </Group>
      }
    >
      {checks.error ? (
        <ErrorNote error={checks.error} retry={() => void checks.refetch()} />
      ) : !checks.data ? (
        <Skeleton height={96} />
      ) : (
        <Stack gap={12}>
          {checks.data.map((check) => (
            <div key={check.kind + check.record_name}>
              <Note level={check.level}>
                <strong>{KINDS[check.kind]}</strong>. {check.message}
              </Note>
              {check.level !== 'ok' && check.record_value && (
                <dl style={{ margin: '8px 0 0 36px', display: 'grid', gridTemplateColumns: '88px minmax(0, 1fr)', gap: '4px 12px', fontSize: 13 }}>
                  <dt style={{ color: 'var(--text-dim)' }}>
                    <Trans>TXT record</Trans>
                  </dt>
                  <dd style={{ margin: 0 }}>
                    <CopyValue value={check.record_name} name={t`name of the record`} />
                  </dd>
                  <dt style={{ color: 'var(--text-dim)' }}>
                    <Trans>Value</Trans>
                  </dt>
                  <dd style={{ margin: 0 }}>
                    <CopyValue value={check.record_value} name={t`value of the record`} />
                  </dd>
                  {check.found && (
                    <>
                      <dt style={{ color: 'var(--text-dim)' }}>
                        <Trans>Found now</Trans>
                      </dt>
                      <dd style={{ margin: 0, overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{check.found}</dd>
                    </>
                  )}
                </dl>
              )}
              {check.kind === 'dkim_next' && check.level === 'ok' && may('manage') && (
                <Button mt={8} ml={36} size="compact-sm" loading={switchKey.isPending} onClick={() => switchKey.mutate()}>
                  <Trans>Sign with the new key</Trans>
                </Button>
              )}
            </div>
          ))}
        </Stack>
      )}
    </Panel>
  )
}

function SenderForm({ sender, onClose }: { sender: Sender | null; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const form = useForm({
    initialValues: {
      name: sender?.name ?? '',
      email: sender?.email ?? '',
      reply_to: sender?.reply_to ?? '',
      is_default: sender?.is_default ?? false,
    },
    validate: {
      name: (value) => (value.trim() ? null : t`Enter the name that readers see`),
      email: (value) => (/^\S+@\S+\.\S+$/.test(value) ? null : t`Enter an e-mail address`),
      reply_to: (value) => (!value || /^\S+@\S+$/.test(value) ? null : t`Enter an e-mail address`),
    },
  })
  const save = useMutation({
    mutationFn: ({ name, email, reply_to, is_default }: typeof form.values) =>
      sender
        ? updateSender(sender.id, {
            name: name.trim(),
            reply_to: reply_to.trim() || null,
            ...(is_default && { is_default: true as const }),
          })
        : createSender({ name: name.trim(), email: email.trim(), reply_to: reply_to.trim() || null }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: sendersQuery.queryKey })
      onClose()
    },
    onError: (error) => {
      if (!(error instanceof ApiError)) return
      for (const field of ['name', 'email', 'reply_to'] as const) {
        const message = error.field(field)
        if (message) form.setFieldError(field, message)
      }
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={sender ? t`Sender` : t`New sender`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <Stack gap={12}>
          <TextInput
            label={t({ context: 'person', message: 'Name' })}
            placeholder={t`Anna from the shop`} data-autofocus {...form.getInputProps('name')} />
          <TextInput
            label={t`Address`}
            description={sender ? t`The address cannot be changed: add another sender.` : t`In a domain whose records you can change.`}
            type="email"
            disabled={sender !== null}
            {...form.getInputProps('email')}
          />
          <TextInput
            label={t`Answers go to`}
            description={t`While Otklik takes returned mail, answers are kept on the customer’s card and sent on to this address. Empty: to the same address.`}
            type="email"
            {...form.getInputProps('reply_to')}
          />
          {sender && !sender.is_default && (
            <Switch label={t`Default sender`} {...form.getInputProps('is_default', { type: 'checkbox' })} />
          )}
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
