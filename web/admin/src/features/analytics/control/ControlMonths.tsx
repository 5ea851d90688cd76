import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import type { ControlAsked, ControlSide, GlobalControlReport } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { monthName } from '../people/monthName'
import report from '../report/Report.module.css'
import css from './Control.module.css'
import { useSideNames } from './names'
import { peopleHref } from './search'
import { Named } from './ControlSides'

const SIDES: ControlSide['key'][] = ['rest', 'kept']

/** The same by month: who had come in by its end, and who of them bought in it. */
export function ControlMonths({ data, asked }: { data: GlobalControlReport; asked: ControlAsked }) {
  const { t } = useLingui()
  const format = useFormat()
  const sideNames = useSideNames()
  const nameOf = (month: string) => monthName(month, format.locale)
  const points = (value: number) => t`${format.signed(Math.round(value * 10_000) / 100)} pp`
  const money = (amount: number, people: number) =>
    people ? format.money(Math.round((amount / people) * 100) / 100, data.currency) : NOTHING
  return (
    <Panel
      title={t`By month`}
      hint={t`Single months are shown, not judged: the more of them one looks at, the more differ by chance.`}
      flush
    >
      <div className={report.scroller} tabIndex={0} role="group" aria-label={t`By month`}>
        <table className={`${report.table} ${css.months}`} aria-label={t`By month`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Month</Trans>
              </th>
              {SIDES.map((key) => (
                <th key={key} scope="col">
                  <Named arm={key === 'kept' ? 'control' : 'A'} name={sideNames[key]} />
                </th>
              ))}
              <th scope="col">
                <Trans>Difference in shares of buyers</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.months.map((month) => (
              <tr key={month.month}>
                <th scope="row">{nameOf(month.month)}</th>
                {SIDES.map((key) => {
                  const side = month[key]
                  return (
                    <td key={key}>
                      {side.buyers ? (
                        <AppLink href={peopleHref(asked, { figure: 'buyers', side: key, month: month.month })}>
                          <Trans>
                            {format.number(side.buyers)} of {format.number(side.people)}
                          </Trans>
                        </AppLink>
                      ) : (
                        <Trans>
                          {format.number(side.buyers)} of {format.number(side.people)}
                        </Trans>
                      )}
                      <small>
                        {side.people ? format.percent(side.buyers / side.people, 2) : NOTHING}
                        {' · '}
                        <Trans>{money(side.revenue, side.people)} per person</Trans>
                      </small>
                    </td>
                  )
                })}
                <td>
                  {month.difference === null ? NOTHING : points(month.difference)}
                  <small>
                    {month.interval && (
                      <Trans>
                        from {points(month.interval[0] ?? 0)} to {points(month.interval[1] ?? 0)}
                      </Trans>
                    )}
                  </small>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
