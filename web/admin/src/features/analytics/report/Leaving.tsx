import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { Plural, useLingui } from '@lingui/react/macro'

import { Panel } from '../../../components/Page'
import type { Report } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Report.module.css'

const REASONS: Record<string, MessageDescriptor> = {
  too_often: msg`Too many letters`,
  not_interesting: msg`Not interesting`,
  not_needed: msg`Not needed any more`,
  never_asked: msg`Never subscribed`,
  other: msg`Something else`,
}

/** Why readers unsubscribed, in their own choice; most of those who leave say nothing. */
export function Leaving({ report }: { report: Report }) {
  const { t, i18n } = useLingui()
  const format = useFormat()
  const left = report.arms.reduce((sum, arm) => sum + arm.unsubscribed, 0)
  return (
    <Panel
      title={t`Why readers left`}
      hint={<Plural value={left} one="Of # person who unsubscribed, those who said why." other="Of # people who unsubscribed, those who said why." />}
      flush
    >
      <table className={css.table} aria-label={t`Why readers left`}>
        <tbody>
          {report.leaving.map((one) => {
            const words = REASONS[one.reason]
            return (
              <tr key={one.reason}>
                <th scope="row">{words ? i18n._(words) : one.reason}</th>
                <td data-strong>{format.number(one.count)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </Panel>
  )
}
