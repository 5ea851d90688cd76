import { Menu, useMantineColorScheme } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconApi,
  IconCheck,
  IconDeviceDesktop,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
} from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { useErrorText } from '../components/States'
import { notifyError } from '../components/notify'
import { logout, meQuery, switchWorkspace, updateMe } from '../lib/api/endpoints/accounts'
import { setCsrfToken } from '../lib/api/client'
import type { Lang, Me } from '../lib/api/types'
import { activateLang } from '../lib/i18n'
import { WhoButton } from './WhoButton'

const LANGS: { value: Lang; name: string }[] = [
  { value: 'ru', name: 'Русский' },
  { value: 'en', name: 'English' },
]

/** Language, colours, workspace, the way out. Loaded with the first press on the name. */
export default function ProfileMenu({ me }: { me: Me }) {
  const { t, i18n } = useLingui()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const client = useQueryClient()
  const router = useRouter()
  const errorText = useErrorText()

  const chooseLang = async (lang: Lang) => {
    await activateLang(lang)
    // Known at once: a page that opens before the server answers would bring the old language back.
    client.setQueryData(meQuery.queryKey, (known) => known && { ...known, user: { ...known.user, lang } })
    await updateMe({ lang }).catch((error: unknown) => notifyError(errorText(error)))
    // Server texts (checks, verdicts) are asked for again in the new language.
    await client.invalidateQueries()
  }
  const chooseWorkspace = async (id: number) => {
    const next = await switchWorkspace(id)
    client.clear()
    setCsrfToken(next.csrf_token)
    client.setQueryData(meQuery.queryKey, next)
    router.history.push('/')
  }
  const leave = async () => {
    await logout().catch(() => undefined)
    client.clear()
    router.history.push('/login')
  }
  const schemes = [
    { value: 'auto', label: t`As in the system`, icon: IconDeviceDesktop },
    { value: 'light', label: t`Light`, icon: IconSun },
    { value: 'dark', label: t`Dark`, icon: IconMoon },
  ] as const

  return (
    <Menu position="top-start" width={232} defaultOpened>
      <Menu.Target>
        <WhoButton me={me} />
      </Menu.Target>
      <Menu.Dropdown>
        {me.workspaces.length > 1 && (
          <>
            <Menu.Label>
              <Trans>Workspace</Trans>
            </Menu.Label>
            {me.workspaces.map((workspace) => (
              <Menu.Item
                key={workspace.id}
                rightSection={workspace.id === me.workspace.id && <IconCheck size={14} />}
                onClick={() => void chooseWorkspace(workspace.id)}
              >
                {workspace.name}
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        <Menu.Label>
          <Trans>Language</Trans>
        </Menu.Label>
        {LANGS.map((lang) => (
          <Menu.Item
            key={lang.value}
            lang={lang.value}
            leftSection={<IconLanguage size={16} />}
            rightSection={i18n.locale === lang.value && <IconCheck size={14} />}
            onClick={() => void chooseLang(lang.value)}
          >
            {lang.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>
          <Trans>Colours</Trans>
        </Menu.Label>
        {schemes.map((scheme) => (
          <Menu.Item
            key={scheme.value}
            leftSection={<scheme.icon size={16} />}
            rightSection={colorScheme === scheme.value && <IconCheck size={14} />}
            onClick={() => setColorScheme(scheme.value)}
          >
            {scheme.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconUser size={16} />}
          onClick={() => router.history.push('/settings/account')}
        >
          <Trans>My account</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconApi size={16} />} component="a" href="/api/docs" target="_blank">
          <Trans>API documentation</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          <Trans>Sign out</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
