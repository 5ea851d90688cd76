import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import { AppLink } from '../../../components/AppLink'
import { ArmMark } from '../../../components/ArmMark'
import { Panel } from '../../../components/Page'
import type { Report, ReportArm } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import css from './Report.module.css'

interface Row {
  id: string
  label: string
  value: (arm: ReportArm) => ReactNode
  /** Under the figure: its share. */
  share?: (arm: ReportArm) => number | null
  /** Letters mean nothing for those who got none. */
  letters?: boolean
  strong?: boolean
}

/** Groups side by side: a column each, figures down the page, shares under the figures. */
export function ArmsTable({ report, campaignId }: { report: Report; campaignId: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const of = (part: number, whole: number) => (whole ? part / whole : null)
  const people = (arm: ReportArm, state: string, count: number) =>
    count ? (
      <AppLink href={`/mailings/${campaignId}/recipients?state=${state}&variant=${arm.key}`}>
        {format.number(count)}
      </AppLink>
    ) : (
      '0'
    )
  const { currency } = report.campaign
  const rows: Row[] = [
    {
      id: 'assigned',
      label: t`People in the group`,
      value: (arm) => (
        <AppLink href={`/mailings/${campaignId}/recipients?variant=${arm.key}`}>
          {format.number(arm.assigned)}
        </AppLink>
      ),
    },
    {
      id: 'sent',
      label: t({ context: 'letter', message: 'Sent' }),
      value: (arm) => people(arm, 'sent', arm.sent),
      letters: true,
    },
    {
      id: 'delivered',
      label: t`Delivered`,
      value: (arm) => format.number(arm.delivered),
      share: (arm) => of(arm.delivered, arm.sent),
      letters: true,
    },
    {
      id: 'bounced',
      label: t`Not accepted`,
      value: (arm) => people(arm, 'bounced', arm.bounced),
      share: (arm) => of(arm.bounced, arm.sent),
      letters: true,
    },
    {
      id: 'opened',
      label: t`Opened by people`,
      value: (arm) => format.number(arm.opened_person),
      share: (arm) => of(arm.opened_person, arm.delivered),
      letters: true,
    },
    {
      id: 'opened_machine',
      label: t`Opened by machines only`,
      value: (arm) => format.number(arm.opened_machine),
      share: (arm) => of(arm.opened_machine, arm.delivered),
      letters: true,
    },
    {
      id: 'clicked',
      label: t`Clicked by people`,
      value: (arm) => format.number(arm.clicked_person),
      share: (arm) => of(arm.clicked_person, arm.delivered),
      letters: true,
    },
    {
      id: 'clicked_machine',
      label: t`Clicked by machines only`,
      value: (arm) => format.number(arm.clicked_machine),
      share: (arm) => of(arm.clicked_machine, arm.delivered),
      letters: true,
    },
    {
      id: 'unsubscribed',
      label: t`Unsubscribed`,
      value: (arm) => format.number(arm.unsubscribed),
      share: (arm) => of(arm.unsubscribed, arm.delivered),
      letters: true,
    },
    {
      id: 'complained',
      label: t`Complained`,
      value: (arm) => format.number(arm.complained),
      share: (arm) => of(arm.complained, arm.delivered),
      letters: true,
    },
    ...(report.campaign.goal
      ? [
          {
            id: 'targets',
            label: t`Did the target action`,
            value: (arm: ReportArm) => format.number(arm.targets),
            share: (arm: ReportArm) => of(arm.targets, arm.assigned),
            strong: true,
          },
        ]
      : []),
    ...(report.campaign.goal?.revenue_property
      ? [
          { id: 'revenue', label: t`Revenue`, value: (arm: ReportArm) => format.money(arm.revenue, currency) },
          {
            id: 'per_person',
            label: t`Revenue per person`,
            value: (arm: ReportArm) => format.money(arm.assigned ? round(arm.revenue / arm.assigned) : 0, currency),
            strong: true,
          },
        ]
      : []),
  ]
  return (
    <Panel title={t`Groups`} flush>
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
                      {row.value(arm)}
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
