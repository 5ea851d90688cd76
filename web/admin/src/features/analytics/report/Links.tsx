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
  const hasRest = report.rest.length > 0
  const people = (url: string, count: number, part: ReportChoice = {}) =>
    count === 0 ? (
      format.number(count)
    ) : (
      <AppLink href={peopleHref(of, { ...choice, ...part, figure: 'clicked_person', url })}>{format.number(count)}</AppLink>
    )
  const counted = (
    <>
      <th scope="col">
        <Trans>Clicks by people</Trans>
      </th>
      <th scope="col">
        <Trans>by machines</Trans>
      </th>
    </>
  )
  return (
    <Panel title={t`Links`} flush>
      <div className={css.scroller} tabIndex={0} role="group" aria-label={t`Links`}>
        <table className={css.table} aria-label={t`Links`}>
          <thead>
            {hasRest && (
              <tr>
                <td />
                <th scope="colgroup" colSpan={2}>
                  <Trans>First part</Trans>
                </th>
                <th scope="colgroup" colSpan={2}>
                  <Trans>The rest</Trans>
                </th>
              </tr>
            )}
            <tr>
              <th scope="col">
                <Trans>Address</Trans>
              </th>
              {counted}
              {hasRest && counted}
            </tr>
          </thead>
          <tbody>
            {report.links.map((link) => (
              <tr key={link.url}>
                <th scope="row" className={css.address}>
                  {link.url}
                </th>
                <td data-strong>{people(link.url, link.clicks_person)}</td>
                <td>{format.number(link.clicks_machine)}</td>
                {hasRest && (
                  <>
                    <td data-strong>{people(link.url, link.rest_person, { part: 'rest' })}</td>
                    <td>{format.number(link.rest_machine)}</td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
