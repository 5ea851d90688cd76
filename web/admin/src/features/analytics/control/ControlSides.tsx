import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import type { ControlAsked, ControlFigure, ControlSide, GlobalControlReport } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import report from '../report/Report.module.css'
import { useControlFigures, useSideNames } from './names'
import { peopleHref } from './search'

interface Row {
  label: string
  value: (side: ControlSide) => string
  figure?: ControlFigure
  count?: (side: ControlSide) => number
  share?: (side: ControlSide) => number | null
  strong?: boolean
}

/** Both sides in columns, figures down the page. */
export function ControlSides({ data, asked }: { data: GlobalControlReport; asked: ControlAsked }) {
  const { t } = useLingui()
  const format = useFormat()
  const names = useControlFigures()
  const sideNames = useSideNames()
  const money = (amount: number | null) =>
    amount === null ? NOTHING : format.money(Math.round(amount * 100) / 100, data.currency)
  const rows: Row[] = [
    { label: names.people, figure: 'people', count: (side) => side.people, value: (side) => format.number(side.people) },
    {
      label: names.written,
      figure: 'written',
      count: (side) => side.written,
      value: (side) => format.number(side.written),
    },
    { label: t`Letters`, value: (side) => format.number(side.letters) },
    {
      label: names.buyers,
      figure: 'buyers',
      count: (side) => side.buyers,
      value: (side) => format.number(side.buyers),
      share: (side) => side.buyers_share,
      strong: true,
    },
    { label: t`Orders`, figure: 'buyers', count: (side) => side.orders, value: (side) => format.number(side.orders) },
    { label: t`Average check`, value: (side) => money(side.average_check) },
    { label: t`Revenue`, figure: 'buyers', count: (side) => side.buyers, value: (side) => money(side.revenue) },
    { label: t`Revenue per person`, value: (side) => money(side.per_person), strong: true },
  ]
  return (
    <Panel
      title={t`Groups`}
      hint={t`Every figure opens the list of its people. Who is kept out may have letters only if his profile was merged or a rule changed.`}
      flush
    >
      <div className={report.scroller} tabIndex={0} role="group" aria-label={t`Groups`}>
        <table className={report.table} aria-label={t`Groups`}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">
                  <Trans>Figure</Trans>
                </span>
              </th>
              {data.sides.map((side) => (
                <th key={side.key} scope="col">
                  {side.key === 'kept' ? <Named arm="control" name={sideNames.kept} /> : <Named arm="A" name={sideNames.rest} />}
                  <small>{format.percent(side.share, Math.round(side.share * 1000) % 10 === 0 ? 0 : 1)}</small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.label}>
                <th scope="row">{row.label}</th>
                {data.sides.map((side) => {
                  const share = row.share?.(side)
                  const shown = row.value(side)
                  return (
                    <td key={side.key} data-strong={row.strong}>
                      {row.figure && row.count?.(side) ? (
                        <AppLink href={peopleHref(asked, { figure: row.figure, side: side.key })}>{shown}</AppLink>
                      ) : (
                        shown
                      )}
                      <small>{share == null ? null : format.percent(share, share < 0.1 ? 2 : 1)}</small>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {data.crossed > 0 && (
        <p className={report.method}>
          <Trans>
            {format.number(data.crossed)} people have merged profiles that were on both sides; they count where they
            were first.
          </Trans>
        </p>
      )}
    </Panel>
  )
}

/** The colour of an arm with a name that is not a variant's. */
export function Named({ arm, name }: { arm: string; name: string }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 8 }}>
      <i
        aria-hidden
        style={{
          width: 10,
          height: 10,
          borderRadius: 3,
          flex: 'none',
          background: arm === 'control' ? 'var(--arm-control)' : 'var(--arm-1)',
        }}
      />
      {name}
    </span>
  )
}
