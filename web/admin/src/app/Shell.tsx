import { ActionIcon, Kbd } from '@mantine/core'
import { useDisclosure, useNetwork } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconMenu2,
  IconSearch,
} from '@tabler/icons-react'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'

import { AppLink } from '../components/AppLink'
import { meQuery } from '../lib/api/endpoints/accounts'
import { useStored } from '../lib/hooks/useStored'
import { Logo } from '../components/Logo'
import { Navigation } from './Navigation'
import { ProfileButton } from './ProfileButton'
import css from './Shell.module.css'

const CommandPalette = lazy(() => import('./CommandPalette'))
const NarrowMenu = lazy(() => import('./NarrowMenu'))

export function Shell() {
  const { t } = useLingui()
  const { data: me } = useSuspenseQuery(meQuery)
  const [collapsed, setCollapsed] = useStored('otklik-nav-collapsed', false)
  const [drawer, { open, close }] = useDisclosure(false)
  const [palette, setPalette] = useState(false)
  const { pathname } = useLocation()
  const { online } = useNetwork()

  useEffect(close, [pathname, close])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.code === 'KeyK') {
        event.preventDefault()
        setPalette(true)
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  const inside = (
    <>
      <button type="button" className={css.find} onClick={() => setPalette(true)}>
        <IconSearch size={16} aria-hidden />
        <span>
          <Trans>Find or do</Trans>
        </span>
        <Kbd size="xs">{navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl K'}</Kbd>
      </button>
      <Navigation pathname={pathname} development={me.development} collapsed={collapsed && !drawer} />
      <div className={css.foot}>
        <ProfileButton me={me} />
      </div>
    </>
  )

  return (
    <>
      <a className="skip-link" href="#main">
        <Trans>Skip to the content</Trans>
      </a>
      <div className={css.shell} data-collapsed={collapsed}>
        <aside className={css.side}>
          <div className={css.brand}>
            <AppLink href="/" aria-label={t`Otklik, home`}>
              <Logo />
              <span>Otklik</span>
            </AppLink>
            <ActionIcon
              title={collapsed ? t`Widen the menu` : t`Narrow the menu`}
              aria-label={collapsed ? t`Widen the menu` : t`Narrow the menu`}
              onClick={() => setCollapsed(!collapsed)}
            >
              {collapsed ? (
                <IconLayoutSidebarLeftExpand size={18} />
              ) : (
                <IconLayoutSidebarLeftCollapse size={18} />
              )}
            </ActionIcon>
          </div>
          {inside}
        </aside>
        <div style={{ minWidth: 0 }}>
          <section className={css.topbar} aria-label="Otklik">
            <ActionIcon size={36} aria-label={t`Open the menu`} onClick={open}>
              <IconMenu2 size={20} />
            </ActionIcon>
            <strong>Otklik</strong>
            <ActionIcon size={36} aria-label={t`Find or do`} onClick={() => setPalette(true)}>
              <IconSearch size={20} />
            </ActionIcon>
          </section>
          {!online && (
            <div className={css.banner} data-level="error" role="status">
              <Trans>No connection. What you entered is kept and will be saved when it returns.</Trans>
            </div>
          )}
          <main className={css.main} id="main" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
      {drawer && (
        <Suspense fallback={null}>
          <NarrowMenu onClose={close}>{inside}</NarrowMenu>
        </Suspense>
      )}
      {palette && (
        <Suspense fallback={null}>
          <CommandPalette opened onClose={() => setPalette(false)} />
        </Suspense>
      )}
    </>
  )
}
