import { Trans, useLingui } from '@lingui/react/macro'

import { ArmMark } from '../../../components/ArmMark'
import { Panel } from '../../../components/Page'
import type { Report } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Report.module.css'

/** Who got the chosen letter after the first part; compared with nobody, since nobody was drawn. */
export function Rest({ report }: { report: Report }) {
  const { t } = useLingui()
  const format = useFormat()
  const { goal } = report.campaign
  return (
    <Panel
      title={t`The rest`}
      hint={t`They got the letter that was chosen after the first part. They are compared with nobody: chance did not divide them.`}
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
                <td>{format.number(arm.assigned)}</td>
                <td>{format.number(arm.delivered)}</td>
                <td>{format.number(arm.opened_person)}</td>
                <td>{format.number(arm.clicked_person)}</td>
                <td>{format.number(arm.unsubscribed)}</td>
                {goal && <td data-strong>{format.number(arm.targets)}</td>}
                {goal?.revenue_property && <td>{format.money(arm.revenue, report.campaign.currency)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
