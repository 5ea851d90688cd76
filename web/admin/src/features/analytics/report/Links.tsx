import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Report, ReportChoice } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { peopleHref } from './figures'
import css from './Report.module.css'

interface LinksProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
}

/** The addresses of the letters and who followed them. */
export function Links({ report, of, choice }: LinksProps) {
  const { t } = useLingui()
  const format = useFormat()
  return (
    <Panel title={t`Links`} flush>
      <div className={css.scroller} tabIndex={0} role="group" aria-label={t`Links`}>
        <table className={css.table} aria-label={t`Links`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Address</Trans>
              </th>
              <th scope="col">
                <Trans>Clicks by people</Trans>
              </th>
              <th scope="col">
                <Trans>by machines</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {report.links.map((link) => (
              <tr key={link.url}>
                <th scope="row" className={css.address}>
                  {link.clicks_person > 0 ? (
                    <AppLink href={peopleHref(of, { ...choice, figure: 'clicked_person', url: link.url })}>
                      {link.url}
                    </AppLink>
                  ) : (
                    link.url
                  )}
                </th>
                <td data-strong>{format.number(link.clicks_person)}</td>
                <td>{format.number(link.clicks_machine)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
