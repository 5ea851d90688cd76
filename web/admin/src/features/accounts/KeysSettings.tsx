import { ActionIcon, Button, Group, Modal, Radio, Stack, TextInput, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { CopyValue } from '../../components/CopyValue'
import { type Column, DataTable } from '../../components/DataTable'
import { Panel } from '../../components/Page'
import { Empty, ErrorNote, Note } from '../../components/States'
import { Ago } from '../../components/Time'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import { createKey, deleteKey, keysQuery } from '../../lib/api/endpoints/accounts'
import type { ApiKey } from '../../lib/api/types'

export function KeysSettings() {
  const { t } = useLingui()
  const [adding, { open, close }] = useDisclosure(false)
  const keys = useQuery(keysQuery)
  const { hidden, hide } = useDeferredDelete(deleteKey, keysQuery.queryKey)
  const columns: Column<ApiKey>[] = [
    { id: 'name', header: t`Name`, render: (key) => <span style={{ fontWeight: 500 }}>{key.name}</span> },
    {
      id: 'kind',
      header: t`Kind`,
      hide: 'sm',
      render: (key) => (key.kind === 'public' ? t`public, only writes events` : t`secret, the whole API`),
    },
    {
      id: 'key',
      header: t`Key`,
      render: (key) =>
        key.token ? <CopyValue value={key.token} name={key.name} /> : <code>{key.prefix}…</code>,
    },
    { id: 'used', header: t`Last used`, hide: 'sm', render: (key) => <Ago at={key.last_used_at} /> },
    {
      id: 'remove',
      header: '',
      width: 48,
      render: (key) => (
        <Tooltip label={t`Revoke`}>
          <ActionIcon
            aria-label={t`Revoke the key ${key.name}`}
            onClick={() => hide(key.id, t`The key “${key.name}” is revoked`)}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      ),
    },
  ]
  return (
    <Panel
      title={t`API keys`}
      flush
      actions={
        <>
          <a href="/api/docs" target="_blank" rel="noreferrer" style={{ fontSize: 13 }}>
            <Trans>API documentation</Trans>
          </a>
          <Button size="compact-sm" leftSection={<IconPlus size={14} />} onClick={open}>
            <Trans>Make a key</Trans>
          </Button>
        </>
      }
    >
      <DataTable
        label={t`API keys`}
        columns={columns}
        rows={keys.data?.filter((key) => !hidden.has(key.id))}
        rowKey={(key) => key.id}
        error={keys.error && <ErrorNote error={keys.error} />}
        empty={
          <Empty title={t`No keys yet`}>
            <Trans>A public key sends events from the site; a secret one opens the whole API to your programs.</Trans>
          </Empty>
        }
      />
      {adding && <NewKey onClose={close} />}
    </Panel>
  )
}

function NewKey({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [kind, setKind] = useState<ApiKey['kind']>('public')
  const create = useMutation({
    mutationFn: () => createKey(name.trim(), kind),
    onSuccess: () => void client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  })
  const made = create.data
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={!made}
      title={made ? t`The key is made` : t`New key`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {made ? (
        <Stack gap={12}>
          {made.key.kind === 'secret' && (
            <Note level="warning">
              <Trans>Copy it now: it is not kept in full and will not be shown again.</Trans>
            </Note>
          )}
          <CopyValue value={made.secret} name={made.key.name} />
          <Group justify="flex-end">
            <Button onClick={onClose}>
              <Trans>Done</Trans>
            </Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            create.mutate()
          }}
        >
          <Stack gap={12}>
            <TextInput
              label={t`Name`}
              placeholder={t`Where it will be used`}
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Radio.Group label={t`Kind`} value={kind} onChange={(value) => setKind(value as ApiKey['kind'])}>
              <Stack gap={8} mt={4}>
                <Radio
                  size="xs"
                  value="public"
                  label={t`Public`}
                  description={t`For browsers and applications: it can only send events.`}
                />
                <Radio
                  size="xs"
                  value="secret"
                  label={t`Secret`}
                  description={t`For servers: it opens the whole API. Keep it like a password.`}
                />
              </Stack>
            </Radio.Group>
            {create.error && <ErrorNote error={create.error} />}
            <Group justify="flex-end" gap={8}>
              <Button variant="default" onClick={onClose}>
                <Trans>Cancel</Trans>
              </Button>
              <Button type="submit" disabled={!name.trim()} loading={create.isPending}>
                <Trans>Make a key</Trans>
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
