import { Select, Tooltip } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import type { MailingsReport } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { monthName } from '../people/monthName'
import { type MailingsSearch, peopleHref } from './asked'
import { changeOf } from './changes'
import { useShowFigure, useTotalFigures } from './figures'
import css from './Mailings.module.css'
import { type MonthPair, monthPairs } from './months'
import { ChangeNote, hasPeople } from './Totals'

interface MonthsProps {
  report: MailingsReport
  /** What the page is asked for. */
  search: MailingsSearch
  rule: string
}

/** Of one figure the months of both periods beside each other, drawn and as a table. */
export function Months({ report, search, rule }: MonthsProps) {
  const { t } = useLingui()
  const format = useFormat()
  const show = useShowFigure(report.currency)
  const { letters, orders } = useTotalFigures()
  const figures = [...orders, ...letters]
  const [chosen, setChosen] = useState('attributed_revenue')
  const figure = figures.find((one) => one.id === chosen) ?? figures[0]
  if (!figure) return null
  const pairs = monthPairs(report)
  const valueOf = (totals: MonthPair['totals']) => (totals ? figure.of(totals) : figure.kind === 'share' ? null : 0)
  const top = Math.max(
    ...pairs.flatMap((pair) => [valueOf(pair.totals) ?? 0, valueOf(pair.against?.totals ?? null) ?? 0]),
  )
  const nameOf = (month: string) => monthName(month, format.locale)
  const shortOf = (month: string) =>
    new Intl.DateTimeFormat(format.locale, { month: 'short', timeZone: 'UTC' })
      .format(new Date(`${month}-15T12:00:00Z`))
      .replace(/\.$/, '')
  const bar = (value: number | null) => `${top > 0 && value ? (value / top) * 100 : 0}%`
  const hasOther = report.against !== null
  return (
    <Panel
      title={t`By month`}
      hint={figure.attributed ? t`${figure.label}: ${rule}` : undefined}
      actions={
        <Select
          aria-label={t`What to show by month`}
          w={220}
          allowDeselect={false}
          value={figure.id}
          onChange={(value) => value && setChosen(value)}
          data={figures.map(({ id, label }) => ({ value: id, label }))}
        />
      }
    >
      <div className={css.scroller} tabIndex={0} role="group" aria-label={t`By month`}>
        <div
          className={css.months}
          role="img"
          aria-label={t`${figure.label} by month; the table below has the same figures`}
        >
          {pairs.map((pair) => (
            <Tooltip
              key={pair.month}
              multiline
              label={
                <>
                  {nameOf(pair.month)}: {show(figure.kind, valueOf(pair.totals))}
                  {pair.against && (
                    <>
                      <br />
                      {nameOf(pair.against.month)}: {show(figure.kind, valueOf(pair.against.totals))}
                    </>
                  )}
                </>
              }
            >
              <div className={css.month}>
                <span className={css.bars}>
                  {pair.against && <i data-then="true" style={{ height: bar(valueOf(pair.against.totals)) }} />}
                  <i style={{ height: bar(valueOf(pair.totals)) }} />
                </span>
                <span className={css.monthName}>
                  {pairs.length > 12 && pair.month.endsWith('-01') ? pair.month.slice(0, 4) : shortOf(pair.month)}
                </span>
              </div>
            </Tooltip>
          ))}
        </div>
      </div>
      {hasOther && (
        <p className={css.legend}>
          <i /> <Trans>this period</Trans> <i data-then="true" /> <Trans>the other period</Trans>
        </p>
      )}
      <details className={css.asTable}>
        <summary>
          <Trans>As a table</Trans>
        </summary>
        <div className={css.scroller} tabIndex={0} role="group" aria-label={t`${figure.label} by month`}>
          <table className={css.table} aria-label={t`${figure.label} by month`}>
            <thead>
              <tr>
                <th scope="col">
                  <Trans>Month</Trans>
                </th>
                <th scope="col">{figure.label}</th>
                {hasOther && (
                  <>
                    <th scope="col">
                      <Trans>Other period</Trans>
                    </th>
                    <th scope="col">
                      <Trans>Change</Trans>
                    </th>
                  </>
                )}
              </tr>
            </thead>
            <tbody>
              {pairs.map((pair) => {
                const [now, then] = [valueOf(pair.totals), valueOf(pair.against?.totals ?? null)]
                const change = pair.against && changeOf(now, then, figure.kind, figure.good)
                return (
                  <tr key={pair.month}>
                    <th scope="row">{nameOf(pair.month)}</th>
                    <td>
                      {hasPeople(figure, pair.totals) ? (
                        <AppLink href={peopleHref(search, { figure: figure.people, month: pair.month })}>
                          {show(figure.kind, now)}
                        </AppLink>
                      ) : (
                        show(figure.kind, now)
                      )}
                    </td>
                    {hasOther && (
                      <>
                        <td>{pair.against ? show(figure.kind, then) : NOTHING}</td>
                        <td>
                          {change ? (
                            <ChangeNote change={change} kind={figure.kind} then={show(figure.kind, then)} />
                          ) : (
                            NOTHING
                          )}
                        </td>
                      </>
                    )}
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      </details>
    </Panel>
  )
}
