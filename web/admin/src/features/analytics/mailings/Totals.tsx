import { Tooltip } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDownRight, IconArrowUpRight, IconEqual } from '@tabler/icons-react'
import { useId } from 'react'

import { Figure, Figures } from '../../../components/Figure'
import type { MailingsReport, MailingsTotals } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { type MailingsSearch, peopleHref } from './asked'
import { type Change, changeOf, type Kind } from './changes'
import { type TotalFigure, useShowFigure, useTotalFigures } from './figures'
import css from './Mailings.module.css'

interface TotalsProps {
  report: MailingsReport
  /** What the page is asked for. */
  search: MailingsSearch
  /** By which an order belongs to a letter. */
  rule: string
}

/** The figures of the whole period, each with how it changed. */
export function Totals({ report, search, rule }: TotalsProps) {
  const { t } = useLingui()
  const { letters, orders } = useTotalFigures()
  return (
    <div className={css.totals}>
      <Group title={t`Letters`} figures={letters} report={report} search={search} rule={rule} />
      <Group title={t`Orders`} figures={orders} report={report} search={search} rule={rule} />
    </div>
  )
}

function Group({ title, figures, report, search, rule }: TotalsProps & { title: string; figures: TotalFigure[] }) {
  const format = useFormat()
  const show = useShowFigure(report.currency)
  const labelId = useId()
  const { totals, totals_against: other } = report
  return (
    <section aria-labelledby={labelId}>
      <h2 id={labelId} className={css.heading}>
        {title}
      </h2>
      <Figures>
        {figures.map((figure) => {
          const then = other && figure.of(other)
          const change = other && changeOf(figure.of(totals), then, figure.kind, figure.good)
          const whole =
            figure.id === 'attributed_revenue' && totals.revenue ? figure.of(totals) : null
          return (
            <Figure
              key={figure.id}
              label={figure.label}
              value={show(figure.kind, figure.of(totals))}
              {...(hasPeople(figure, totals) && { href: peopleHref(search, { figure: figure.people }) })}
              note={
                <>
                  {figure.id === 'sent' && (
                    <div>
                      <Plural value={totals.mailings} one="# mailing" other="# mailings" />
                    </div>
                  )}
                  {figure.count && <div>{format.number(figure.count(totals))}</div>}
                  {figure.attributed && <div>{rule}</div>}
                  {whole !== null && totals.revenue !== null && (
                    <div>
                      <Trans>{format.percent(whole / totals.revenue)} of all revenue</Trans>
                    </div>
                  )}
                  {change && <ChangeNote change={change} kind={figure.kind} then={show(figure.kind, then)} />}
                </>
              }
            />
          )
        })}
      </Figures>
    </section>
  )
}

/** Whether anybody stands behind a figure. */
export const hasPeople = (figure: TotalFigure, totals: MailingsTotals | null): totals is MailingsTotals =>
  totals !== null && Boolean(figure.count ? figure.count(totals) : figure.of(totals))

/** How far a figure went, with an arrow; the colour says whether that is good. */
export function ChangeNote({ change, kind, then }: { change: Change; kind: Kind; then: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const rounded = Math.round(change.by * 1e4)
  const Icon = rounded === 0 ? IconEqual : rounded > 0 ? IconArrowUpRight : IconArrowDownRight
  const told = change.tone === 'good' ? t`better` : change.tone === 'bad' ? t`worse` : ''
  return (
    <Tooltip label={[t`then ${then}`, told].filter(Boolean).join(', ')}>
      <div className={css.change} data-tone={rounded === 0 ? undefined : change.tone}>
        <Icon size={14} aria-hidden />
        {kind === 'share' ? t`${format.signed(rounded / 100)} pp` : format.change(change.by)}
        <span className="visually-hidden">{`, ${[told, t`then ${then}`].filter(Boolean).join(', ')}`}</span>
      </div>
    </Tooltip>
  )
}
