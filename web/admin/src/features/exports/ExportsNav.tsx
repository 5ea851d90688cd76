import { useLingui } from '@lingui/react/macro'
import { useLocation } from '@tanstack/react-router'

import { AppLink } from '../../components/AppLink'
import css from './Exports.module.css'

/** The ways in which data leaves, and where to. */
export function ExportsNav() {
  const { t } = useLingui()
  const { pathname } = useLocation()
  const pages = [
    { href: '/exports', label: t`Files` },
    { href: '/exports/schedules', label: t`Schedules` },
    { href: '/exports/destinations', label: t`Destinations` },
    { href: '/exports/forwarding', label: t`Forwarding` },
  ]
  return (
    <nav className={css.nav} aria-label={t`Kinds of exports`}>
      {pages.map((page) => (
        <AppLink key={page.href} href={page.href} aria-current={pathname === page.href ? 'page' : undefined}>
          {page.label}
        </AppLink>
      ))}
    </nav>
  )
}
