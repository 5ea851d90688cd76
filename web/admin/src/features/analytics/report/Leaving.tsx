import { Plural, Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Report, ReportChoice } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { peopleHref, useLeavingNames } from './figures'
import css from './Report.module.css'

interface LeavingProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
}

/** Why readers unsubscribed, in their own choice; most of those who leave say nothing. */
export function Leaving({ report, of, choice }: LeavingProps) {
  const { t } = useLingui()
  const format = useFormat()
  const nameOf = useLeavingNames()
  const hasRest = report.rest.length > 0
  const left = [...report.arms, ...report.rest].reduce((sum, arm) => sum + arm.unsubscribed, 0)
  const people = (why: string, count: number, part: ReportChoice = {}) =>
    count === 0 ? (
      format.number(count)
    ) : (
      <AppLink href={peopleHref(of, { ...choice, ...part, figure: 'unsubscribed', why })}>{format.number(count)}</AppLink>
    )
  return (
    <Panel
      title={t`Why readers left`}
      hint={<Plural value={left} one="Of # person who unsubscribed, those who said why." other="Of # people who unsubscribed, those who said why." />}
      flush
    >
      <table className={css.table} aria-label={t`Why readers left`}>
        {hasRest && (
          <thead>
            <tr>
              <td />
              <th scope="col">
                <Trans>First part</Trans>
              </th>
              <th scope="col">
                <Trans>The rest</Trans>
              </th>
            </tr>
          </thead>
        )}
        <tbody>
          {report.leaving.map((one) => (
            <tr key={one.reason}>
              <th scope="row">{nameOf(one.reason)}</th>
              <td data-strong>{people(one.reason, one.count)}</td>
              {hasRest && <td data-strong>{people(one.reason, one.rest, { part: 'rest' })}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
