import { Button, Menu, SegmentedControl, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { armColor, useArmName } from '../../../components/arms'
import { LineChart } from '../../../components/charts/LineChart'
import { useTimeAxis } from '../../../components/charts/useTimeAxis'
import { Panel } from '../../../components/Page'
import { Empty, ErrorNote, Note } from '../../../components/States'
import { Ago, DateTime } from '../../../components/Time'
import { reportCsvUrl, reportPeopleCsvUrl, reportQuery } from '../../../lib/api/endpoints/analytics'
import type { Report as ReportData } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { ArmsTable } from './ArmsTable'
import { ByTrait } from './ByTrait'
import { Comparisons } from './Comparisons'
import css from './Report.module.css'

interface ReportProps {
  campaignId: string
  /** People are still being put into groups: a part of them would only mislead. */
  isPreparing: boolean
}

/** The verdict in a sentence first, then the figures that it rests on. */
export function Report({ campaignId, isPreparing }: ReportProps) {
  const { data, error, refetch } = useQuery({
    ...reportQuery(campaignId),
    refetchInterval: (query) => {
      const { data: report } = query.state
      // Facts reach the report a few seconds after the letters; until then it is asked often.
      if (isPreparing || (report && isEmpty(report))) return 2_000
      return report?.complete ? false : 15_000
    },
  })
  if (error) return <ErrorNote error={error} retry={() => void refetch()} />
  if (!data) {
    return (
      <div className={css.stack}>
        <Skeleton height={92} />
        <Skeleton height={200} />
        <Skeleton height={240} />
      </div>
    )
  }
  if (isPreparing || isEmpty(data)) return <Gathering />
  return (
    <div className={css.stack}>
      <Verdict report={data} />
      <ArmsTable report={data} campaignId={campaignId} />
      {data.comparisons.length > 0 && <Comparisons report={data} />}
      <Series report={data} />
      <ByTrait report={data} campaignId={campaignId} />
      {data.links.length > 0 && <Links report={data} />}
    </div>
  )
}

const isEmpty = (report: ReportData) => report.arms.every((arm) => arm.assigned === 0)

function Gathering() {
  const { t } = useLingui()
  return (
    <Panel>
      <Empty title={t`The report is being gathered`}>
        <Trans>The first figures appear some seconds after the first letters.</Trans>
      </Empty>
    </Panel>
  )
}

export function ReportDownload({ campaignId }: { campaignId: string }) {
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />}>
          <Trans>CSV</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={reportCsvUrl(campaignId)} download>
          <Trans>Groups and comparisons</Trans>
        </Menu.Item>
        <Menu.Item component="a" href={reportPeopleCsvUrl(campaignId)} download>
          <Trans>People, one a line</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function Verdict({ report }: { report: ReportData }) {
  const { t } = useLingui()
  const main = report.comparisons.filter((c) => c.metric === 'targets' && c.significant)
  const tone = main.some((c) => c.difference > 0)
    ? 'good'
    : main.some((c) => c.difference < 0)
      ? 'bad'
      : 'dim'
  return (
    <section className={css.verdict} data-tone={tone} aria-label={t`Verdict`}>
      <p>{report.verdict.text}</p>
      <footer>
        {!report.campaign.goal ? (
          <Trans>
            As of <Ago at={report.as_of} />.
          </Trans>
        ) : report.complete || !report.window_ends_at ? (
          <Trans>
            As of <Ago at={report.as_of} />. The window of the target action is over.
          </Trans>
        ) : (
          <Trans>
            As of <Ago at={report.as_of} />. Target actions are counted until{' '}
            <DateTime at={report.window_ends_at} />: the figures may still change.
          </Trans>
        )}
      </footer>
      {report.sample_ratio && !report.sample_ratio.ok && (
        <div style={{ marginTop: 12 }}>
          <Note level="warning">
            <Trans>
              The groups differ in size more than chance allows, so the comparison cannot be trusted. The
              likely cause is a part of one group that was left out.
            </Trans>
          </Note>
        </div>
      )}
    </section>
  )
}

type SeriesMetric = 'targets' | 'opens' | 'clicks'

function Series({ report }: { report: ReportData }) {
  const { t } = useLingui()
  const format = useFormat()
  const armName = useArmName()
  const timeAxis = useTimeAxis()
  const [metric, setMetric] = useState<SeriesMetric>(report.campaign.goal ? 'targets' : 'opens')
  if (report.series.length === 0) return null
  const arms = report.arms.filter((arm) => metric === 'targets' || !arm.is_control)
  const lines = arms.map((arm) => ({
    name: armName(arm.key, arm.name),
    color: armColor(arm.key),
    // Groups differ in size, so people per hundred are compared, not people.
    points: report.series
      .filter((point) => point.arm === arm.key)
      .map((point): [string, number] => [
        point.at,
        arm.assigned ? point[metric] / (metric === 'targets' ? arm.assigned : arm.delivered || 1) : 0,
      ]),
  }))
  const metrics = [
    ...(report.campaign.goal ? [{ value: 'targets', label: t`Target action` }] : []),
    { value: 'opens', label: t`Openings` },
    { value: 'clicks', label: t`Clicks` },
  ]
  return (
    <Panel
      title={t`Over time`}
      hint={
        metric === 'targets'
          ? t`Share of the group that has done the target action by then.`
          : t`Share of those the letter reached.`
      }
      actions={
        <SegmentedControl
          aria-label={t`What to show`}
          data={metrics}
          value={metric}
          onChange={(value) => setMetric(value as SeriesMetric)}
        />
      }
    >
      <LineChart
        label={t`Shares of the groups over time; the table of groups above holds the final figures`}
        lines={lines}
        height={240}
        formatValue={(value) => format.percent(value, value < 0.1 ? 1 : 0)}
        {...timeAxis}
      />
    </Panel>
  )
}

function Links({ report }: { report: ReportData }) {
  const { t } = useLingui()
  const format = useFormat()
  return (
    <Panel title={t`Links`} flush>
      <div className={css.scroller}>
        <table className={css.table} aria-label={t`Links`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Address</Trans>
              </th>
              <th scope="col">
                <Trans>Clicks by people</Trans>
              </th>
              <th scope="col">
                <Trans>by machines</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {report.links.map((link) => (
              <tr key={link.url}>
                <th scope="row" style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
                  {link.url}
                </th>
                <td data-strong>{format.number(link.clicks_person)}</td>
                <td>{format.number(link.clicks_machine)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
