import { useLingui } from '@lingui/react/macro'
import { Outlet, useLocation } from '@tanstack/react-router'

import { AppLink } from '../components/AppLink'
import { Page } from '../components/Page'
import { useAccess } from '../lib/hooks/useAccess'
import css from './SettingsLayout.module.css'

export function SettingsLayout() {
  const { t } = useLingui()
  const may = useAccess()
  const { pathname } = useLocation()
  const pages = [
    { href: '/settings/account', label: t`My account`, shown: true },
    { href: '/settings/workspace', label: t`Workspace`, shown: true },
    { href: '/settings/users', label: t`Users`, shown: may('manage') },
    { href: '/settings/keys', label: t`API keys`, shown: may('manage') },
    { href: '/settings/senders', label: t`Senders`, shown: true },
    { href: '/settings/topics', label: t`Topics and consents`, shown: true },
    { href: '/settings/audit', label: t`Audit log`, shown: may('manage') },
  ]
  return (
    <Page title={t`Settings`}>
      <div className={css.layout}>
        <nav className={css.nav} aria-label={t`Settings`}>
          <ul>
            {pages
              .filter((page) => page.shown)
              .map((page) => (
                <li key={page.href}>
                  <AppLink href={page.href} aria-current={pathname === page.href ? 'page' : undefined}>
                    {page.label}
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
