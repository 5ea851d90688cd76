import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../components/AppLink'
import { ArmMark } from '../../../components/ArmMark'
import { GROUP_WORDS } from '../../../components/computedText'
import type { By } from '../../../lib/api/endpoints/analytics'
import type { ReportOf } from '../../../lib/api/reportOf'
import type {
  Report,
  ReportChoice,
  ReportDimension,
  ReportFigure,
  ReportPart,
  ReportParts,
} from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { type Place, peopleHref } from './figures'
import { type PartWords, partTexts } from './parts'
import css from './Report.module.css'

export type PartMetric = 'targets' | 'opened' | 'clicked' | 'revenue' | 'bounced' | 'unsubscribed' | 'complained'
type PartArm = ReportPart['arms'][number]

/** Of how many people a figure is a share; of the others, people of the group. */
const BASES: Partial<Record<PartMetric, 'sent' | 'delivered'>> = {
  opened: 'delivered',
  clicked: 'delivered',
  bounced: 'sent',
  unsubscribed: 'delivered',
  complained: 'delivered',
}
/** Whose list a figure opens. */
const FIGURES: Record<PartMetric, ReportFigure> = {
  targets: 'targets',
  revenue: 'targets',
  opened: 'opened_person',
  clicked: 'clicked_person',
  bounced: 'bounced',
  unsubscribed: 'unsubscribed',
  complained: 'complained',
}
/** A share of fewer people jumps by several points with each of them. */
const FEW = 30

const DEVICE_WORDS: Record<string, MessageDescriptor> = {
  phone: msg({ context: 'device', message: 'Phone' }),
  tablet: msg({ context: 'device', message: 'Tablet' }),
  desktop: msg({ context: 'device', message: 'Desktop' }),
  hidden: msg({ context: 'device', message: 'Hidden by the mail service' }),
  other: msg({ context: 'device', message: 'Other' }),
}

/** What can be shown for the parts. */
export function usePartMetrics(
  report: Report,
  dimension: ReportDimension,
): { value: PartMetric; label: string }[] {
  const { t } = useLingui()
  const { goal } = report.campaign
  return [
    ...(goal ? [{ value: 'targets' as const, label: t`Target action` }] : []),
    { value: 'opened', label: t`Openings` },
    { value: 'clicked', label: t`Clicks` },
    ...(goal?.revenue_property ? [{ value: 'revenue' as const, label: t`Revenue per person` }] : []),
    // Who got nothing has shown no device.
    ...(dimension === 'device' ? [] : [{ value: 'bounced' as const, label: t`Not accepted` }]),
    { value: 'unsubscribed', label: t`Unsubscribed` },
    { value: 'complained', label: t`Complained` },
  ]
}

interface PartsTableProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
  data: ReportParts
  by: By
  title: string
  metric: PartMetric
  nameOfSegment: (id: string) => string | null
}

export function PartsTable({ report, of, choice, data, by, title, metric, nameOfSegment }: PartsTableProps) {
  const { t } = useLingui()
  const format = useFormat()
  const texts = partTexts(data, format, usePartWords(by, nameOfSegment))
  const metrics = usePartMetrics(report, data.dimension)
  const name = metrics.find((one) => one.value === metric)?.label ?? ''
  const base = BASES[metric]
  const baseNames = { sent: t({ context: 'letter', message: 'Sent' }), delivered: t`Delivered` }
  const label = t`${name} by “${title}”`
  return (
    <div className={css.scroller} tabIndex={0} role="group" aria-label={label}>
      <table className={`${css.table} ${css.parts}`} aria-label={label}>
        <thead>
          <tr>
            <td />
            {report.arms.map((arm) => (
              <th key={arm.key} scope="colgroup" colSpan={2}>
                <ArmMark arm={arm.is_control ? 'control' : arm.key} name={arm.name} />
              </th>
            ))}
          </tr>
          <tr>
            <th scope="col">{title}</th>
            {report.arms.map((arm) => [
              <th key={`${arm.key} people`} scope="col">
                {base ? baseNames[base] : t`People`}
              </th>,
              <th key={`${arm.key} rate`} scope="col">
                {name}
              </th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {data.parts.map((part, index) => (
            <tr key={index} data-rest={part.kind === 'rest' || part.kind === 'none' || undefined}>
              <th scope="row">{texts[index]}</th>
              {report.arms.map((arm) => (
                <PartCells
                  key={arm.key}
                  figures={base && arm.is_control ? undefined : part.arms.find((one) => one.key === arm.key)}
                  metric={metric}
                  currency={report.campaign.currency}
                  hrefOf={(figure) =>
                    peopleHref(of, { ...choice, figure, arm: arm.key, place: { ...placeIn(by), ...rowOf(part) } })
                  }
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** What the report is told apart by, as the list of people is asked for it. */
const placeIn = ({ dimension, trait, segment_id }: By): Place => ({
  by: dimension,
  ...(trait !== undefined && { trait }),
  ...(segment_id && { segment_id }),
})

const rowOf = ({ kind, value, low }: ReportPart): Place => ({
  place: kind,
  ...(kind === 'value' && { value }),
  ...(low !== null && { low }),
})

interface PartCellsProps {
  /** Nothing for letters to those who got none. */
  figures: PartArm | undefined
  metric: PartMetric
  currency: string | null
  /** The people of a figure. */
  hrefOf: (figure: ReportFigure) => string
}

function PartCells({ figures, metric, currency, hrefOf }: PartCellsProps) {
  const { t } = useLingui()
  const format = useFormat()
  if (!figures) {
    return (
      <>
        <td data-dim="true">{NOTHING}</td>
        <td data-dim="true">
          {NOTHING}
          <small />
        </td>
      </>
    )
  }
  const base = figures[BASES[metric] ?? 'assigned']
  const whole = figures[metric]
  const rate = base ? whole / base : null
  const isFew = base < FEW
  const people = metric === 'revenue' ? figures.targets : whole
  const shown =
    rate === null
      ? NOTHING
      : metric === 'revenue'
        ? format.money(Math.round(rate * 100) / 100, currency)
        : format.percent(rate, rate === 0 || rate === 1 ? 0 : rate < 0.1 ? 2 : 1)
  return (
    <>
      <td>
        {base > 0 ? (
          <AppLink href={hrefOf(BASES[metric] ?? 'assigned')}>{format.number(base)}</AppLink>
        ) : (
          format.number(base)
        )}
      </td>
      <td
        data-strong={!isFew}
        data-dim={isFew}
        title={isFew && base > 0 ? t`Fewer than ${FEW} people: one more or less changes much.` : undefined}
      >
        {people > 0 ? <AppLink href={hrefOf(FIGURES[metric])}>{shown}</AppLink> : shown}
        <small>
          {rate === null ? null : metric === 'revenue' ? format.money(whole, currency) : format.number(whole)}
        </small>
      </td>
    </>
  )
}

function usePartWords({ dimension, trait }: By, nameOfSegment: (id: string) => string | null): PartWords {
  const { t, i18n } = useLingui()
  const inWords = (words: MessageDescriptor | undefined) => (words ? i18n._(words) : null)
  return {
    yes: t`yes`,
    no: t`no`,
    compound: t`a compound value`,
    empty: t`an empty text`,
    rest: dimension === 'domain' ? t`Other domains` : t`Other values`,
    none: {
      trait: t`No value`,
      domain: t`No address`,
      device: t`Opened and followed nothing`,
      segment: t`In none of these`,
    }[dimension],
    known: (value) => {
      if (dimension === 'device') return inWords(DEVICE_WORDS[value])
      if (dimension === 'segment') return nameOfSegment(value)
      return trait?.endsWith('.group') ? inWords(GROUP_WORDS[value]) : null
    },
    below: (high) => t`under ${high}`,
    between: (low, high) => t`from ${low} to ${high}`,
    above: (low) => t`${low} and more`,
    before: (end) => t({ context: 'dates', message: `before ${end}` }),
    within: (start, end) => t({ context: 'dates', message: `from ${start} to ${end}` }),
    since: (start) => t({ context: 'dates', message: `${start} and later` }),
  }
}
