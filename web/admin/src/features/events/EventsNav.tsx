import { useLingui } from '@lingui/react/macro'

import { PageTabs } from '../../components/PageTabs'

/** The three views of events: as they come, by name, and those put aside. */
export function EventsNav() {
  const { t } = useLingui()
  const pages = [
    { href: '/events', label: t`Stream` },
    { href: '/events/names', label: t`Names` },
    { href: '/events/rejects', label: t`Rejected` },
  ]
  return <PageTabs label={t`Views of events`} pages={pages} />
}
