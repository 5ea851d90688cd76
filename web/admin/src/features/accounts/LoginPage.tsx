import { Button, Stack, TextInput, Title, UnstyledButton } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'

import { Logo } from '../../components/Logo'
import { SecretInput } from '../../components/SecretInput'
import { ErrorNote } from '../../components/States'
import { login, meQuery } from '../../lib/api/endpoints/accounts'
import { setCsrfToken } from '../../lib/api/client'
import { activateLang } from '../../lib/i18n'
import css from './LoginPage.module.css'

const route = getRouteApi('/login')

export function LoginPage() {
  const { t, i18n } = useLingui()
  const { next } = route.useSearch()
  const router = useRouter()
  const client = useQueryClient()
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value) ? null : t`Enter the e-mail you sign in with`),
      password: (value) => (value ? null : t`Enter the password`),
    },
  })
  useEffect(() => {
    document.title = `${t`Sign in`} · Otklik`
  }, [t])
  const enter = useMutation({
    mutationFn: ({ email, password }: typeof form.values) => login(email, password),
    onSuccess: async (me) => {
      setCsrfToken(me.csrf_token)
      client.setQueryData(meQuery.queryKey, me)
      await activateLang(me.user.lang)
      // Only an address inside this application: the text came with the link.
      router.history.push(next?.startsWith('/') && !next.startsWith('//') ? next : '/')
    },
  })
  const other = i18n.locale === 'ru' ? 'en' : 'ru'

  return (
    <main className={css.page}>
      <div className={css.card}>
        <div className={css.brand}>
          <Logo size={32} />
          <Title order={1}>
            <Trans>Sign in to Otklik</Trans>
          </Title>
        </div>
        <form onSubmit={form.onSubmit((values) => enter.mutate(values))} noValidate>
          <Stack gap={12}>
            <TextInput
              label={t`E-mail`}
              type="email"
              autoComplete="username"
              autoFocus
              size="md"
              {...form.getInputProps('email')}
            />
            <SecretInput
              label={t`Password`}
              autoComplete="current-password"
              size="md"
              {...form.getInputProps('password')}
            />
            {enter.error && <ErrorNote error={enter.error} />}
            <Button type="submit" size="md" loading={enter.isPending}>
              <Trans>Sign in</Trans>
            </Button>
          </Stack>
        </form>
      </div>
      <UnstyledButton className={css.lang} lang={other} onClick={() => void activateLang(other)}>
        {other === 'ru' ? 'Русский' : 'English'}
      </UnstyledButton>
    </main>
  )
}
