import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import { AppLink } from '../../../components/AppLink'
import { ArmMark } from '../../../components/ArmMark'
import { Panel } from '../../../components/Page'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Report, ReportArm, ReportChoice, ReportFigure } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { peopleHref, useFigureNames } from './figures'
import css from './Report.module.css'

interface Row {
  id: string
  label: string
  value: (arm: ReportArm) => ReactNode
  /** The people behind it. */
  figure?: CountOf
  /** Under the figure: its share. */
  share?: (arm: ReportArm) => number | null
  /** Letters mean nothing for those who got none. */
  letters?: boolean
  strong?: boolean
}

/** What a group of the report counts by itself. */
type CountOf = Exclude<ReportFigure, 'outliers' | 'opened' | 'clicked'>

interface ArmsTableProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
}

/** Groups side by side: a column each, figures down the page, shares under the figures. */
export function ArmsTable({ report, of, choice }: ArmsTableProps) {
  const { t } = useLingui()
  const format = useFormat()
  const names = useFigureNames()
  const ratio = (part: number, whole: number) => (whole ? part / whole : null)
  const { currency, goal } = report.campaign

  const letters = (figure: CountOf, base?: 'sent' | 'delivered'): Row => ({
    id: figure,
    figure,
    label: names[figure],
    value: (arm) => format.number(arm[figure]),
    ...(base && { share: (arm) => ratio(arm[figure], arm[base]) }),
    letters: true,
  })
  /** What is rare stands in the table only when it happened. */
  const ifAny = (figure: CountOf, base?: 'sent' | 'delivered') =>
    report.arms.some((arm) => arm[figure] > 0) ? [letters(figure, base)] : []

  const rows: Row[] = [
    { id: 'assigned', figure: 'assigned', label: names.assigned, value: (arm) => format.number(arm.assigned) },
    ...ifAny('skipped'),
    letters('sent'),
    letters('delivered', 'sent'),
    letters('bounced', 'sent'),
    ...ifAny('failed', 'sent'),
    ...ifAny('in_doubt'),
    letters('opened_person', 'delivered'),
    letters('opened_machine', 'delivered'),
    letters('clicked_person', 'delivered'),
    letters('clicked_machine', 'delivered'),
    letters('unsubscribed', 'delivered'),
    letters('complained', 'delivered'),
    ...(goal
      ? [
          {
            id: 'targets',
            figure: 'targets' as const,
            label: names.targets,
            value: (arm: ReportArm) => format.number(arm.targets),
            share: (arm: ReportArm) => ratio(arm.targets, arm.assigned),
            strong: true,
          },
          {
            id: 'target_events',
            figure: 'targets' as const,
            label: t`Target actions`,
            value: (arm: ReportArm) => format.number(arm.target_events),
          },
        ]
      : []),
    ...(goal?.revenue_property
      ? [
          {
            id: 'revenue',
            figure: 'targets' as const,
            label: t`Revenue`,
            value: (arm: ReportArm) => format.money(arm.revenue, currency),
          },
          {
            id: 'per_person',
            label: t`Revenue per person`,
            value: (arm: ReportArm) => format.money(arm.assigned ? round(arm.revenue / arm.assigned) : 0, currency),
            strong: true,
          },
        ]
      : []),
  ]
  const linked = (row: Row, arm: ReportArm) => {
    const value = row.value(arm)
    const isNobody = row.figure !== undefined && arm[row.figure] === 0
    if (!row.figure || isNobody) return value
    return (
      <AppLink href={peopleHref(of, { ...choice, figure: row.figure, arm: arm.key })}>{value}</AppLink>
    )
  }
  return (
    <Panel title={t`Groups`} hint={t`Every figure opens the list of its people.`} flush>
      <div className={css.scroller}>
        <table className={css.table} aria-label={t`Groups`}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">
                  <Trans>Figure</Trans>
                </span>
              </th>
              {report.arms.map((arm) => (
                <th key={arm.key} scope="col">
                  <ArmMark arm={arm.is_control ? 'control' : arm.key} name={arm.name} />
                  <small />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <th scope="row">{row.label}</th>
                {report.arms.map((arm) => {
                  if (row.letters && arm.is_control) {
                    return (
                      <td key={arm.key} style={{ color: 'var(--text-dim)' }}>
                        {NOTHING}
                        <small />
                      </td>
                    )
                  }
                  const share = row.share?.(arm)
                  return (
                    <td key={arm.key} data-strong={row.strong}>
                      {linked(row, arm)}
                      <small>{share == null ? null : format.percent(share, share < 0.1 ? 2 : 1)}</small>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

const round = (value: number) => Math.round(value * 100) / 100
