import { useLingui } from '@lingui/react/macro'

import { PageTabs } from '../../components/PageTabs'

/** The kinds of mailings: to many at once, by a plan, and one letter for each request. */
export function MailingsNav() {
  const { t } = useLingui()
  const pages = [
    { href: '/mailings', label: t`Mass mailings` },
    { href: '/mailings/regular', label: t`Regular` },
    { href: '/mailings/transactional', label: t`Transactional letters` },
  ]
  return <PageTabs label={t`Kinds of mailings`} pages={pages} />
}
