import { useLingui } from '@lingui/react/macro'
import { useLocation } from '@tanstack/react-router'

import { AppLink } from '../../components/AppLink'
import css from './Events.module.css'

/** The three views of events: as they come, by name, and those put aside. */
export function EventsNav() {
  const { t } = useLingui()
  const { pathname } = useLocation()
  const pages = [
    { href: '/events', label: t`Stream` },
    { href: '/events/names', label: t`Names` },
    { href: '/events/rejects', label: t`Rejected` },
  ]
  return (
    <nav className={css.nav} aria-label={t`Views of events`}>
      {pages.map((page) => (
        <AppLink key={page.href} href={page.href} aria-current={pathname === page.href ? 'page' : undefined}>
          {page.label}
        </AppLink>
      ))}
    </nav>
  )
}
