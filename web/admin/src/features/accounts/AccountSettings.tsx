import { Button, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'

import { notifyDone } from '../../components/notify'
import { Panel } from '../../components/Page'
import { SecretInput } from '../../components/SecretInput'
import { ErrorNote } from '../../components/States'
import { changePassword, meQuery, updateMe } from '../../lib/api/endpoints/accounts'

const PASSWORD_MIN = 10

export function AccountSettings() {
  return (
    <Stack gap={16}>
      <NameForm />
      <PasswordForm />
    </Stack>
  )
}

function NameForm() {
  const { t } = useLingui()
  const client = useQueryClient()
  const { data: me } = useSuspenseQuery(meQuery)
  const form = useForm({
    initialValues: { name: me.user.name },
    validate: { name: (value) => (value.trim() ? null : t`Enter a name`) },
  })
  const save = useMutation({
    mutationFn: ({ name }: { name: string }) => updateMe({ name: name.trim() }),
    onSuccess: (changed) => {
      client.setQueryData(meQuery.queryKey, changed)
      form.resetDirty()
      notifyDone(t`Saved`)
    },
  })
  return (
    <Panel title={t`My account`}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap={12} maw={400}>
          <TextInput label={t({ context: 'person', message: 'Name' })} autoComplete="name" {...form.getInputProps('name')} />
          <TextInput label={t`E-mail`} value={me.user.email} readOnly disabled />
          {save.error && <ErrorNote error={save.error} />}
          <div>
            <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </div>
        </Stack>
      </form>
    </Panel>
  )
}

function PasswordForm() {
  const { t } = useLingui()
  const form = useForm({
    initialValues: { current: '', next: '', again: '' },
    validate: {
      current: (value) => (value ? null : t`Enter the present password`),
      next: (value) => (value.length >= PASSWORD_MIN ? null : t`At least ${PASSWORD_MIN} characters`),
      again: (value, values) => (value === values.next ? null : t`The two do not match`),
    },
  })
  const save = useMutation({
    mutationFn: ({ current, next }: typeof form.values) => changePassword(current, next),
    onSuccess: () => {
      form.reset()
      notifyDone(t`The password is changed; other sessions are signed out`)
    },
  })
  return (
    <Panel title={t`Password`} hint={t`Changing it ends your sessions on other devices.`}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap={12} maw={400}>
          <SecretInput label={t`Present password`} autoComplete="current-password" {...form.getInputProps('current')} />
          <SecretInput label={t`New password`} autoComplete="new-password" {...form.getInputProps('next')} />
          <SecretInput label={t`New password again`} autoComplete="new-password" {...form.getInputProps('again')} />
          {save.error && <ErrorNote error={save.error} />}
          <div>
            <Button type="submit" variant="default" loading={save.isPending}>
              <Trans>Change the password</Trans>
            </Button>
          </div>
        </Stack>
      </form>
    </Panel>
  )
}
