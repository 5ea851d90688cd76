import { SegmentedControl, Select, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { ArmMark } from '../../../components/ArmMark'
import { GROUP_WORDS } from '../../../components/computedText'
import { Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { reportByTraitQuery } from '../../../lib/api/endpoints/analytics'
import type { ByTrait as ByTraitData, Report, TraitPart } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { type PartWords, partTexts } from './parts'
import css from './Report.module.css'
import { useTraitChoices } from './useTraitChoices'

type PartMetric = 'targets' | 'opens' | 'clicks' | 'revenue'
type PartArm = TraitPart['arms'][number]

/** A share of fewer people jumps by several points with each of them. */
const FEW = 30

/** The same groups cut by what is known of their people: where to look next, not a verdict. */
export function ByTrait({ report, campaignId }: { report: Report; campaignId: string }) {
  const { t } = useLingui()
  const { groups, titleOf } = useTraitChoices()
  const [trait, setTrait] = useState<string | null>(null)
  return (
    <Panel
      title={t`By a trait`}
      hint={t`Who responded: the groups split by the values of a trait, computed traits too.`}
      actions={
        <Select
          aria-label={t`Trait`}
          placeholder={t`Choose a trait`}
          className={css.traitSelect}
          searchable
          clearable
          nothingFoundMessage={t`No such trait`}
          data={groups}
          value={trait}
          onChange={setTrait}
        />
      }
      flush
    >
      {trait === null ? null : (
        <Parts report={report} campaignId={campaignId} trait={trait} title={titleOf(trait)} />
      )}
    </Panel>
  )
}

interface PartsProps {
  report: Report
  campaignId: string
  trait: string
  title: string
}

function Parts({ report, campaignId, trait, title }: PartsProps) {
  const { t } = useLingui()
  const { goal } = report.campaign
  const [metric, setMetric] = useState<PartMetric>(goal ? 'targets' : 'opens')
  const { data, error, refetch } = useQuery(reportByTraitQuery(campaignId, trait))
  if (error) {
    return (
      <div style={{ padding: 16 }}>
        <ErrorNote error={error} retry={() => void refetch()} />
      </div>
    )
  }
  if (!data) {
    return (
      <div className={css.partsWait} aria-busy>
        <Skeleton height={32} width={320} maw="100%" />
        <Skeleton height={180} />
      </div>
    )
  }
  if (data.parts.every((part) => part.kind === 'none')) {
    return (
      <Empty title={t`Nobody has this trait`}>
        <Trans>None of the people of this mailing has a value of “{title}” now.</Trans>
      </Empty>
    )
  }
  const metrics: { value: PartMetric; label: string }[] = [
    ...(goal ? [{ value: 'targets' as const, label: t`Target action` }] : []),
    { value: 'opens', label: t`Openings` },
    { value: 'clicks', label: t`Clicks` },
    ...(goal?.revenue_property ? [{ value: 'revenue' as const, label: t`Revenue per person` }] : []),
  ]
  return (
    <>
      <div className={css.partsMetric}>
        <SegmentedControl
          aria-label={t`What to show`}
          data={metrics}
          value={metric}
          onChange={(value) => setMetric(value as PartMetric)}
        />
      </div>
      <PartsTable report={report} data={data} title={title} metric={metric} />
      <div className={css.method}>
        <Trans>
          The values are those of now, not of the day of sending: a trait that the action itself changes, such
          as the last order, does not explain it. Who has several values of a list stands in several rows.
        </Trans>{' '}
        {data.parts.some((part) => part.kind === 'range') && (
          <>
            <Trans>A range includes its lower bound, not its upper one.</Trans>{' '}
          </>
        )}
        <Trans>
          The parts hint where to look and prove nothing: the more of them there are, the more differ by
          chance.
        </Trans>
      </div>
    </>
  )
}

interface PartsTableProps {
  report: Report
  data: ByTraitData
  title: string
  metric: PartMetric
}

function PartsTable({ report, data, title, metric }: PartsTableProps) {
  const { t } = useLingui()
  const format = useFormat()
  const texts = partTexts(data, format, usePartWords())
  const isOfDelivered = metric === 'opens' || metric === 'clicks'
  const names: Record<PartMetric, string> = {
    targets: t`Target action`,
    opens: t`Openings`,
    clicks: t`Clicks`,
    revenue: t`Revenue per person`,
  }
  const label = t`${names[metric]} by “${title}”`
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
                {isOfDelivered ? t`Delivered` : t`People`}
              </th>,
              <th key={`${arm.key} rate`} scope="col">
                {names[metric]}
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
                  figures={
                    isOfDelivered && arm.is_control
                      ? undefined
                      : part.arms.find((one) => one.key === arm.key)
                  }
                  metric={metric}
                  currency={report.campaign.currency}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface PartCellsProps {
  /** Nothing for letters to those who got none. */
  figures: PartArm | undefined
  metric: PartMetric
  currency: string | null
}

function PartCells({ figures, metric, currency }: PartCellsProps) {
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
  const base = metric === 'opens' || metric === 'clicks' ? figures.delivered : figures.assigned
  const whole = { targets: figures.targets, opens: figures.opened, clicks: figures.clicked, revenue: figures.revenue }[
    metric
  ]
  const rate = base ? whole / base : null
  const isFew = base < FEW
  return (
    <>
      <td>{format.number(base)}</td>
      <td
        data-strong={!isFew}
        data-dim={isFew}
        title={isFew && base > 0 ? t`Fewer than ${FEW} people: one more or less changes much.` : undefined}
      >
        {rate === null
          ? NOTHING
          : metric === 'revenue'
            ? format.money(Math.round(rate * 100) / 100, currency)
            : format.percent(rate, rate === 0 || rate === 1 ? 0 : rate < 0.1 ? 2 : 1)}
        <small>
          {rate === null ? null : metric === 'revenue' ? format.money(whole, currency) : format.number(whole)}
        </small>
      </td>
    </>
  )
}

function usePartWords(): PartWords {
  const { t, i18n } = useLingui()
  return {
    yes: t`yes`,
    no: t`no`,
    compound: t`a compound value`,
    empty: t`an empty text`,
    rest: t`Other values`,
    none: t`No value`,
    group: (code) => {
      const words = GROUP_WORDS[code]
      return words ? i18n._(words) : null
    },
    below: (high) => t`under ${high}`,
    between: (low, high) => t`from ${low} to ${high}`,
    above: (low) => t`${low} and more`,
    before: (end) => t({ context: 'dates', message: `before ${end}` }),
    within: (start, end) => t({ context: 'dates', message: `from ${start} to ${end}` }),
    since: (start) => t({ context: 'dates', message: `${start} and later` }),
  }
}
