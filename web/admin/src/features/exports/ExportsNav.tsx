import { useLingui } from '@lingui/react/macro'

import { PageTabs } from '../../components/PageTabs'

/** The ways in which data leaves, and where to. */
export function ExportsNav() {
  const { t } = useLingui()
  const pages = [
    { href: '/exports', label: t`Files` },
    { href: '/exports/schedules', label: t`Schedules` },
    { href: '/exports/destinations', label: t`Destinations` },
    { href: '/exports/forwarding', label: t`Forwarding` },
  ]
  return <PageTabs label={t`Kinds of exports`} pages={pages} />
}
