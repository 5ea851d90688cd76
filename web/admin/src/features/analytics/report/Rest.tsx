import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../components/AppLink'
import { ArmMark } from '../../../components/ArmMark'
import { Panel } from '../../../components/Page'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Report, ReportArm, ReportChoice } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { peopleHref } from './figures'
import css from './Report.module.css'

type Counted = 'assigned' | 'delivered' | 'opened_person' | 'clicked_person' | 'unsubscribed' | 'targets'

interface RestProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
}

/** Who got the chosen letter after the first part; compared with nobody, since nobody was drawn. */
export function Rest({ report, of, choice }: RestProps) {
  const { t } = useLingui()
  const format = useFormat()
  const { goal } = report.campaign
  const people = (arm: ReportArm, figure: Counted, shown = format.number(arm[figure])) =>
    arm[figure] === 0 ? (
      shown
    ) : (
      <AppLink href={peopleHref(of, { ...choice, part: 'rest', figure, arm: arm.key })}>{shown}</AppLink>
    )
  return (
    <Panel
      title={t`The rest`}
      hint={t`They got the letter that was chosen after the first part. They are compared with nobody: chance did not divide them. Every figure opens the list of its people.`}
      flush
    >
      <div className={css.scroller} tabIndex={0} role="group" aria-label={t`The rest`}>
        <table className={css.table} aria-label={t`The rest`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Letter</Trans>
              </th>
              <th scope="col">
                <Trans>People</Trans>
              </th>
              <th scope="col">
                <Trans>Delivered</Trans>
              </th>
              <th scope="col">
                <Trans>Opened</Trans>
              </th>
              <th scope="col">
                <Trans>Clicked</Trans>
              </th>
              <th scope="col">
                <Trans>Unsubscribed</Trans>
              </th>
              {goal && (
                <th scope="col">
                  <Trans>Target action</Trans>
                </th>
              )}
              {goal?.revenue_property && (
                <th scope="col">
                  <Trans>Revenue</Trans>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {report.rest.map((arm) => (
              <tr key={arm.key}>
                <th scope="row">
                  <ArmMark arm={arm.key} name={arm.name} />
                </th>
                <td>{people(arm, 'assigned')}</td>
                <td>{people(arm, 'delivered')}</td>
                <td>{people(arm, 'opened_person')}</td>
                <td>{people(arm, 'clicked_person')}</td>
                <td>{people(arm, 'unsubscribed')}</td>
                {goal && <td data-strong>{people(arm, 'targets')}</td>}
                {goal?.revenue_property && <td>{people(arm, 'targets', format.money(arm.revenue, report.campaign.currency))}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
