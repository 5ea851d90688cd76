import { ActionIcon, Button, Group, Modal, Stack, TextInput, Tooltip } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconUserMinus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { type Column, DataTable } from '../../components/DataTable'
import { notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { SecretInput } from '../../components/SecretInput'
import { ErrorNote, useErrorText } from '../../components/States'
import { Ago } from '../../components/Time'
import { useDeferredDelete } from '../../components/useDeferredDelete'
import { createUser, deleteUser, meQuery, updateUser, usersQuery } from '../../lib/api/endpoints/accounts'
import { ApiError } from '../../lib/api/client'
import type { Role, User } from '../../lib/api/types'
import { RoleSelect } from './RoleSelect'
import { useRoles } from './roles'

const PASSWORD_MIN = 10

export function UsersSettings() {
  const { t } = useLingui()
  const client = useQueryClient()
  const errorText = useErrorText()
  const roles = useRoles()
  const [adding, { open, close }] = useDisclosure(false)
  const { data: me } = useQuery({ ...meQuery, enabled: false })
  const users = useQuery(usersQuery)
  const { hidden, hide } = useDeferredDelete(deleteUser, usersQuery.queryKey)
  const change = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) => updateUser(id, role),
    onSettled: () => void client.invalidateQueries({ queryKey: usersQuery.queryKey }),
    onError: (error) => notifyError(errorText(error)),
  })
  const isMe = (user: User) => user.id === me?.user.id
  const columns: Column<User>[] = [
    {
      id: 'name',
      header: t({ context: 'person', message: 'Name' }),
      render: (user) => (
        <>
          <span style={{ fontWeight: 500 }}>{user.name || user.email}</span>
          <div style={{ fontSize: 13, color: 'var(--text-dim)' }}>{user.email}</div>
        </>
      ),
    },
    {
      id: 'role',
      header: t`Role`,
      render: (user) =>
        isMe(user) ? (
          roles[user.role].name
        ) : (
          <RoleSelect
            aria-label={t`Role of ${user.name}`}
            w={150}
            value={user.role}
            onChange={(role) => change.mutate({ id: user.id, role })}
          />
        ),
    },
    {
      id: 'may',
      header: t`What they may do`,
      hide: 'sm',
      render: (user) => <span style={{ color: 'var(--text-dim)' }}>{roles[user.role].may}</span>,
    },
    { id: 'seen', header: t`Last seen`, hide: 'sm', render: (user) => <Ago at={user.last_seen_at} /> },
    {
      id: 'remove',
      header: '',
      width: 48,
      render: (user) =>
        !isMe(user) && (
          <Tooltip label={t`Take out of the workspace`}>
            <ActionIcon
              aria-label={t`Take ${user.name} out of the workspace`}
              onClick={() => hide(user.id, t`${user.name || user.email} is taken out`)}
            >
              <IconUserMinus size={16} />
            </ActionIcon>
          </Tooltip>
        ),
    },
  ]
  return (
    <Panel
      title={t`Users`}
      flush
      actions={
        <Button size="compact-sm" leftSection={<IconPlus size={14} />} onClick={open}>
          <Trans>Add a user</Trans>
        </Button>
      }
    >
      <DataTable
        label={t`Users`}
        columns={columns}
        rows={users.data?.filter((user) => !hidden.has(user.id))}
        rowKey={(user) => user.id}
        error={users.error && <ErrorNote error={users.error} retry={() => void users.refetch()} />}
        empty={null}
      />
      {adding && <NewUser onClose={close} />}
    </Panel>
  )
}

function NewUser({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const roles = useRoles()
  const form = useForm({
    initialValues: { name: '', email: '', password: '', role: 'marketer' as Role },
    validate: {
      name: (value) => (value.trim() ? null : t`Enter a name`),
      email: (value) => (/^\S+@\S+$/.test(value) ? null : t`Enter an e-mail address`),
      password: (value) => (value.length >= PASSWORD_MIN ? null : t`At least ${PASSWORD_MIN} characters`),
    },
  })
  const create = useMutation({
    mutationFn: createUser,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: usersQuery.queryKey })
      onClose()
    },
    onError: (error) => {
      if (error instanceof ApiError) {
        for (const field of ['name', 'email', 'password'] as const) {
          const message = error.field(field)
          if (message) form.setFieldError(field, message)
        }
      }
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`New user`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
        <Stack gap={12}>
          <TextInput label={t({ context: 'person', message: 'Name' })} data-autofocus {...form.getInputProps('name')} />
          <TextInput label={t`E-mail`} type="email" {...form.getInputProps('email')} />
          <SecretInput
            label={t`First password`}
            description={t`Tell it to the person; it can be changed in “My account”.`}
            autoComplete="new-password"
            {...form.getInputProps('password')}
          />
          <RoleSelect
            label={t`Role`}
            description={roles[form.values.role].may}
            value={form.values.role}
            onChange={(role) => form.setFieldValue('role', role)}
          />
          {create.error && <ErrorNote error={create.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={create.isPending}>
              <Trans>Add</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
