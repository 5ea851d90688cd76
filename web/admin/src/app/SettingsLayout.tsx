import { useLingui } from '@lingui/react/macro'
import { Outlet, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

import { AppLink } from '../components/AppLink'
import { Page } from '../components/Page'
import { useAccess } from '../lib/hooks/useAccess'
import css from './SettingsLayout.module.css'
import { SETTINGS_PAGES } from './settingsPages'

export function SettingsLayout() {
  const { t, i18n } = useLingui()
  const may = useAccess()
  const { pathname } = useLocation()
  const isOpen = (href: string) => pathname === href || pathname.startsWith(`${href}/`)
  const open = SETTINGS_PAGES.find((page) => isOpen(page.href))
  const menu = useRef<HTMLUListElement>(null)
  useEffect(() => {
    // On a narrow screen the menu is a line that is longer than the screen.
    const chosen = menu.current?.querySelector<HTMLElement>('[aria-current]')
    if (chosen) menu.current?.scrollTo({ left: chosen.offsetLeft - 48 })
  }, [pathname])
  return (
    <Page title={t`Settings`} part={open && i18n._(open.label)}>
      <div className={css.layout}>
        <nav className={css.nav} aria-label={t`Settings`}>
          <ul ref={menu}>
            {SETTINGS_PAGES.filter((page) => !page.needs || may(page.needs)).map((page) => (
              <li key={page.href}>
                <AppLink href={page.href} aria-current={isOpen(page.href) ? 'page' : undefined}>
                  {i18n._(page.label)}
                </AppLink>
              </li>
            ))}
          </ul>
        </nav>
        <div style={{ minWidth: 0 }}>
          <Outlet />
        </div>
      </div>
    </Page>
  )
}
