import { useLingui } from '@lingui/react/macro'

import { PageTabs } from '../../components/PageTabs'

/** The views of the catalogue: what is sold, where it comes from, and what was bought. */
export function CatalogNav() {
  const { t } = useLingui()
  const pages = [
    { href: '/catalogue', label: t`Products` },
    { href: '/catalogue/feeds', label: t`Feeds` },
    { href: '/catalogue/orders', label: t`Orders` },
    { href: '/catalogue/order-fields', label: t`Order fields and statuses` },
  ]
  return <PageTabs label={t`Views of the catalogue`} pages={pages} />
}
