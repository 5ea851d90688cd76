import { useLingui } from '@lingui/react/macro'
import { useLocation } from '@tanstack/react-router'

import { AppLink } from '../../components/AppLink'
import css from './Catalog.module.css'

/** The views of the catalogue: what is sold, where it comes from, and what was bought. */
export function CatalogNav() {
  const { t } = useLingui()
  const { pathname } = useLocation()
  const pages = [
    { href: '/catalogue', label: t`Products` },
    { href: '/catalogue/feeds', label: t`Feeds` },
    { href: '/catalogue/orders', label: t`Orders` },
    { href: '/catalogue/order-fields', label: t`Order fields and statuses` },
  ]
  return (
    <nav className={css.nav} aria-label={t`Views of the catalogue`}>
      {pages.map((page) => (
        <AppLink key={page.href} href={page.href} aria-current={pathname === page.href ? 'page' : undefined}>
          {page.label}
        </AppLink>
      ))}
    </nav>
  )
}
