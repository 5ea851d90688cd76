import { Button, Group, Modal, NumberInput, Skeleton, Stack, Switch, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyDone, notifyError } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { SecretInput } from '../../../components/SecretInput'
import { Empty, ErrorNote, Note, StateLabel, useErrorText } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { useDeferredDelete } from '../../../components/useDeferredDelete'
import {
  changeReturnMailbox,
  createReturnMailbox,
  deleteReturnMailbox,
  lookIntoReturnMailbox,
  RETURNED_KEY,
  returnMailboxesQuery,
} from '../../../lib/api/endpoints/returns'
import type { ReturnMailbox } from '../../../lib/api/types'
import css from './Returns.module.css'

/** Mailboxes at any provider that are looked into over IMAP. */
export function Mailboxes() {
  const { t } = useLingui()
  const { data, error, refetch } = useQuery(returnMailboxesQuery)
  const { hidden, hide } = useDeferredDelete(deleteReturnMailbox, returnMailboxesQuery.queryKey)
  const [edited, setEdited] = useState<ReturnMailbox | 'new' | null>(null)
  const shown = data?.filter((one) => !hidden.has(one.id))
  const add = (
    <Button size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => setEdited('new')}>
      <Trans>Add a mailbox</Trans>
    </Button>
  )
  return (
    <Panel
      title={t`Mailboxes`}
      hint={t`Otklik looks into them every two minutes. They are only read: nothing is marked or deleted there.`}
      actions={shown && shown.length > 0 && add}
      flush
    >
      {error && <ErrorNote error={error} retry={() => void refetch()} />}
      {!shown && !error && <Skeleton height={80} />}
      {shown?.length === 0 && (
        <Empty title={t`No mailboxes yet`} action={add}>
          <Trans>
            The simplest way back: the mailbox of the sender, at any provider with IMAP. Bounces and answers
            that come there are found.
          </Trans>
        </Empty>
      )}
      {shown?.map((mailbox) => (
        <Line
          key={mailbox.id}
          mailbox={mailbox}
          onEdit={() => setEdited(mailbox)}
          onDelete={() => hide(mailbox.id, t`The mailbox ${mailbox.username} is not read any more`)}
        />
      ))}
      {edited && <MailboxForm mailbox={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Panel>
  )
}

function Line({ mailbox, onEdit, onDelete }: { mailbox: ReturnMailbox; onEdit: () => void; onDelete: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const errorText = useErrorText()
  const refresh = () => void client.invalidateQueries({ queryKey: returnMailboxesQuery.queryKey })
  const onError = (error: unknown) => notifyError(errorText(error))
  const look = useMutation({
    mutationFn: () => lookIntoReturnMailbox(mailbox.id),
    onSuccess: (now) => {
      refresh()
      void client.invalidateQueries({ queryKey: RETURNED_KEY })
      if (now.trouble) notifyError(now.trouble)
      else notifyDone(t`The mailbox can be read`)
    },
    onError,
  })
  const toggle = useMutation({
    mutationFn: (enabled: boolean) => changeReturnMailbox(mailbox.id, { enabled }),
    onSuccess: refresh,
    onError,
  })
  return (
    <div className={css.row}>
      <div>
        <strong style={{ overflowWrap: 'anywhere' }}>{mailbox.username}</strong>{' '}
        <span style={{ color: 'var(--text-dim)', overflowWrap: 'anywhere' }}>
          {mailbox.host}:{mailbox.port}, {mailbox.folder}
        </span>
        <div style={{ marginTop: 4, fontSize: 13 }}>
          {!mailbox.enabled ? (
            <StateLabel tone="idle">
              <Trans>paused</Trans>
            </StateLabel>
          ) : mailbox.trouble ? (
            <>
              <StateLabel tone="bad">
                <Trans>can’t be read</Trans>
              </StateLabel>
              <span style={{ overflowWrap: 'anywhere' }}>: {mailbox.trouble}</span>
            </>
          ) : mailbox.checked_at ? (
            <StateLabel tone="good">
              <Trans>read</Trans> <Ago at={mailbox.checked_at} />
            </StateLabel>
          ) : (
            <StateLabel tone="idle">
              <Trans>not read yet</Trans>
            </StateLabel>
          )}
        </div>
      </div>
      <Group gap={8}>
        <Switch
          aria-label={t`Read ${mailbox.username}`}
          checked={mailbox.enabled}
          disabled={toggle.isPending}
          onChange={(event) => toggle.mutate(event.currentTarget.checked)}
        />
        {mailbox.enabled && (
          <Button variant="default" size="compact-sm" loading={look.isPending} onClick={() => look.mutate()}>
            <Trans>Try now</Trans>
          </Button>
        )}
        <Button variant="default" size="compact-sm" onClick={onEdit}>
          <Trans>Edit</Trans>
        </Button>
        <Button variant="subtle" color="red" size="compact-sm" onClick={onDelete}>
          <Trans>Delete</Trans>
        </Button>
      </Group>
    </div>
  )
}

function MailboxForm({ mailbox, onClose }: { mailbox: ReturnMailbox | null; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const form = useForm({
    initialValues: {
      host: mailbox?.host ?? '',
      port: mailbox?.port ?? 993,
      username: mailbox?.username ?? '',
      password: '',
      folder: mailbox?.folder ?? 'INBOX',
    },
    validate: {
      host: (value) => (/^[A-Za-z0-9.-]+$/.test(value.trim()) ? null : t`Enter the name of the IMAP server`),
      username: (value) => (value.trim() ? null : t`Enter the user name`),
      password: (value) => (value || mailbox ? null : t`Enter the password`),
      folder: (value) => (value.trim() ? null : t`Enter the folder`),
    },
  })
  const save = useMutation({
    mutationFn: async ({ host, port, username, password, folder }: typeof form.values) => {
      const place = { host: host.trim(), port: Number(port), username: username.trim(), folder: folder.trim() }
      const saved = mailbox
        ? await changeReturnMailbox(mailbox.id, { ...place, ...(password && { password }) })
        : await createReturnMailbox({ ...place, password })
      return saved.enabled ? lookIntoReturnMailbox(saved.id) : saved
    },
    onSuccess: (saved) => {
      if (saved.trouble) notifyError(t`Saved, but it can’t be read: ${saved.trouble}`)
      else if (saved.enabled) notifyDone(t`The mailbox can be read`)
      onClose()
    },
    onSettled: () => void client.invalidateQueries({ queryKey: returnMailboxesQuery.queryKey }),
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={mailbox ? t`Mailbox` : t`New mailbox`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <Stack gap={12}>
          <Group gap={12} align="flex-start" wrap="nowrap">
            <TextInput
              label={t`IMAP server`}
              placeholder="imap.example.com"
              style={{ flex: 1 }}
              data-autofocus
              {...form.getInputProps('host')}
            />
            <NumberInput label={t`Port`} w={96} min={1} max={65535} hideControls {...form.getInputProps('port')} />
          </Group>
          <TextInput
            label={t`User name`}
            description={t`Usually the whole address.`}
            autoComplete="off"
            {...form.getInputProps('username')}
          />
          <SecretInput
            label={t`Password`}
            description={
              mailbox
                ? t`Empty: the one that is kept. Another server or user needs it anew.`
                : t`Many providers want a password of its own for programs. It is kept encrypted and never shown.`
            }
            autoComplete="new-password"
            {...form.getInputProps('password')}
          />
          <TextInput label={t`Folder`} {...form.getInputProps('folder')} />
          <Note level="info">{t`The connection is encrypted from the first byte; that is usually port 993.`}</Note>
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={save.isPending}>
              <Trans>Save and try</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
