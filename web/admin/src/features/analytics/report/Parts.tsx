import { MultiSelect, SegmentedControl, Select, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { type By, reportByQuery } from '../../../lib/api/endpoints/analytics'
import { segmentChoicesQuery } from '../../../lib/api/endpoints/segments'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Report, ReportChoice, ReportDimension } from '../../../lib/api/types'
import { type PartMetric, PartsTable, usePartMetrics } from './PartsTable'
import css from './Report.module.css'
import { useTraitChoices } from './useTraitChoices'

const SEGMENTS_MAX = 10

interface PartsProps {
  report: Report
  of: ReportOf
  choice: ReportChoice
}

/** The same groups cut by what is known of their people: where to look next, not a verdict. */
export function Parts({ report, of, choice }: PartsProps) {
  const { t } = useLingui()
  const { groups, titleOf } = useTraitChoices()
  const segments = useQuery(segmentChoicesQuery)
  const [dimension, setDimension] = useState<ReportDimension>('trait')
  const [trait, setTrait] = useState<string | null>(null)
  const [segmentIds, setSegmentIds] = useState<string[]>([])
  const [chosenMetric, setMetric] = useState<PartMetric>(report.campaign.goal ? 'targets' : 'opened')
  const metrics = usePartMetrics(report, dimension)
  // Not every figure can be told for everything that people are told apart by.
  const metric = metrics.find((one) => one.value === chosenMetric)?.value ?? metrics[0]?.value ?? 'opened'
  const names: Record<ReportDimension, string> = {
    trait: t`Trait`,
    domain: t`Domain`,
    device: t`Device`,
    segment: t`Segment`,
  }
  const by: By | null =
    dimension === 'trait'
      ? trait === null
        ? null
        : { dimension, trait }
      : dimension === 'segment'
        ? segmentIds.length === 0
          ? null
          : { dimension, segment_id: segmentIds }
        : { dimension }
  return (
    <Panel
      title={t`Told apart by`}
      hint={t`Who responded: the groups split by a trait, the domain of the address, the device or segments.`}
      flush
    >
      <div className={css.partsBar}>
        <SegmentedControl
          aria-label={t`Told apart by`}
          data={Object.entries(names).map(([value, label]) => ({ value, label }))}
          value={dimension}
          onChange={(value) => setDimension(value as ReportDimension)}
        />
        {dimension === 'trait' && (
          <Select
            aria-label={t`Trait`}
            placeholder={t`Choose a trait`}
            className={css.partsChoice}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': t`Clear` }}
            nothingFoundMessage={t`No such trait`}
            data={groups}
            value={trait}
            onChange={setTrait}
          />
        )}
        {dimension === 'segment' && (
          <MultiSelect
            aria-label={t`Segments`}
            placeholder={segmentIds.length === 0 ? t`Choose segments` : undefined}
            className={css.partsSegments}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': t`Clear` }}
            hidePickedOptions
            maxValues={SEGMENTS_MAX}
            nothingFoundMessage={t`No such segment`}
            data={(segments.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={segmentIds}
            onChange={setSegmentIds}
          />
        )}
        {by && (
          <Select
            aria-label={t`What to show for the parts`}
            w={220}
            allowDeselect={false}
            data={metrics}
            value={metric}
            onChange={(value) => value && setMetric(value as PartMetric)}
          />
        )}
      </div>
      {by && (
        <Found
          report={report}
          of={of}
          choice={choice}
          by={by}
          title={dimension === 'trait' && trait !== null ? titleOf(trait) : names[dimension]}
          metric={metric}
          nameOfSegment={(id) => segments.data?.find((one) => one.id === id)?.name ?? null}
        />
      )}
    </Panel>
  )
}

interface FoundProps extends PartsProps {
  by: By
  title: string
  metric: PartMetric
  nameOfSegment: (id: string) => string | null
}

function Found({ report, of, choice, by, title, metric, nameOfSegment }: FoundProps) {
  const { t } = useLingui()
  const { data, error, refetch } = useQuery({
    ...reportByQuery(of, { ...by, ...choice }),
    // One more segment changes the rows, not the shape.
    ...(by.dimension === 'segment' && { placeholderData: keepPreviousData }),
  })
  if (error) {
    return (
      <div style={{ padding: 16 }}>
        <ErrorNote error={error} retry={() => void refetch()} />
      </div>
    )
  }
  if (!data || data.dimension !== by.dimension) {
    return (
      <div className={css.partsWait} aria-busy>
        <Skeleton height={180} />
      </div>
    )
  }
  if (data.parts.every((part) => part.kind === 'none')) {
    return {
      trait: (
        <Empty title={t`Nobody has this trait`}>
          <Trans>None of the people of this mailing has a value of “{title}” now.</Trans>
        </Empty>
      ),
      domain: <Empty title={t`No addresses are known any more`} />,
      device: (
        <Empty title={t`No device is known yet`}>
          <Trans>Devices are known of those who opened the letter or followed a link.</Trans>
        </Empty>
      ),
      segment: <Empty title={t`Nobody of this mailing is in these segments`} />,
    }[by.dimension]
  }
  return (
    <>
      <PartsTable report={report} of={of} choice={choice} data={data} by={by} title={title} metric={metric} nameOfSegment={nameOfSegment} />
      <div className={css.method}>
        {
          {
            trait: (
              <Trans>
                The values are those of now, not of the day of sending: a trait that the action itself changes,
                such as the last order, does not explain it. Who has several values of a list stands in several
                rows.
              </Trans>
            ),
            domain: <Trans>The domains are those of the addresses that people have now.</Trans>,
            device: (
              <Trans>
                Only those who opened or clicked show a device, so the shares of openings say little here; who
                used several stands in several rows. Some mail services fetch pictures for their readers and
                hide the device.
              </Trans>
            ),
            segment: (
              <Trans>
                The segments are those of now, not of the day of sending. Who is in several of them stands in
                several rows.
              </Trans>
            ),
          }[by.dimension]
        }{' '}
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
