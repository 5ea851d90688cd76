import { Button, Menu, Skeleton } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { Panel } from '../../../components/Page'
import { Empty, ErrorNote, Note } from '../../../components/States'
import { reportCsvUrl, reportPeopleCsvUrl, reportQuery } from '../../../lib/api/endpoints/analytics'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Report as ReportData, ReportChoice } from '../../../lib/api/types'
import { ArmsTable } from './ArmsTable'
import { Clicks } from './clicks/Clicks'
import { Comparisons } from './Comparisons'
import { choiceOf, searchOf } from './figures'
import { Goals } from './Goals'
import { Hits } from './clicks/Hits'
import { Hours } from './Hours'
import { Leaving } from './Leaving'
import { Links } from './Links'
import { Outliers } from './Outliers'
import { Parts } from './Parts'
import css from './Report.module.css'
import { Rest } from './Rest'
import { SegmentChoice } from './SegmentChoice'
import { Series } from './Series'
import { Verdict } from './Verdict'

const route = getRouteApi('/inside/mailings/$id')

interface ReportProps {
  campaignId: string
  /** People are still being put into groups: a part of them would only mislead. */
  isPreparing: boolean
  /** It is over, and nobody was sent anything. */
  isForNobody: boolean
}

/** The report of a mass mailing; its address says how it is read. */
export function Report({ campaignId, isPreparing, isForNobody }: ReportProps) {
  const search = route.useSearch()
  const choice = choiceOf(search)
  const navigate = route.useNavigate()
  const go = (to: typeof search) => void navigate({ search: to, replace: true, resetScroll: false })
  return (
    <ReportBody
      of={ofCampaign(campaignId, search)}
      choice={choice}
      onRead={(change) =>
        go({ ...(search.segment && { segment: search.segment }), ...searchOf({ ...choice, ...change }) })
      }
      onSegment={(segment) => go({ ...searchOf(choice), ...(segment && { segment }) })}
      isPreparing={isPreparing}
      empty={isForNobody ? <Nobody /> : <Gathering />}
    />
  )
}

const ofCampaign = (id: string, { segment }: { segment?: string }): ReportOf => ({
  kind: 'campaign',
  id,
  ...(segment && { asked: { segment } }),
})

interface ReportBodyProps {
  of: ReportOf
  choice: ReportChoice
  /** Reads the report in another way. */
  onRead: (change: ReportChoice) => void
  /** Reads the report of a segment, or of everybody. */
  onSegment: (segment: string | undefined) => void
  isPreparing?: boolean
  /** Stands in its place while nobody was written to. */
  empty: ReactNode
  /** What a kind of mailing shows above its groups. */
  above?: (report: ReportData) => ReactNode
  /** The letters of the map of clicks, if not one of each group; none: no map. */
  letters?: { key: string; name: string }[]
}

/** The verdict in a sentence first, then the figures that it rests on. */
export function ReportBody({ of, choice, onRead: read, onSegment, isPreparing = false, empty, above, letters }: ReportBodyProps) {
  const { t } = useLingui()
  const segment = of.asked?.segment
  const { data, error, refetch } = useQuery({
    ...reportQuery(of, choice),
    refetchInterval: (query) => {
      const { data: report } = query.state
      // Facts reach the report a few seconds after the letters; until then it is asked often.
      if (of.kind === 'campaign' && !segment && (isPreparing || (report && isEmpty(report)))) return 2_000
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
  const whose = <SegmentChoice segment={segment} onChange={onSegment} />
  if (segment && isEmpty(data)) {
    return (
      <div className={css.stack}>
        {whose}
        <Panel>
          <Empty title={t`Nobody of this mailing is in the segment`} />
        </Panel>
      </div>
    )
  }
  if (isPreparing || isEmpty(data)) return empty
  const hasMap = letters === undefined || letters.length > 0
  return (
    <div className={css.stack}>
      <div className={css.whose}>
        {whose}
        {segment && (
          <span>
            <Trans>
              Only people who are in the segment now: a segment that the letter itself could bring people into explains
              nothing.
            </Trans>
          </span>
        )}
      </div>
      {(of.kind === 'campaign' || data.verdict.code !== 'nothing_to_compare') && <Verdict report={data} />}
      {above?.(data)}
      {data.campaign.goals.length > 1 && (
        <Goals report={data} of={of} choice={choice} onRead={(goal) => read({ goal })} />
      )}
      <Outliers
        report={data}
        of={of}
        choice={choice}
        onCut={(cut) => read({ without_outliers: cut })}
      />
      {data.foreign_events > 0 && (
        <Note level="warning">
          <Plural
            value={data.foreign_events}
            one="# sale is in another currency than that of the workspace"
            other="# sales are in another currency than that of the workspace"
          />
          {data.campaign.currency && ` (${data.campaign.currency})`}.{' '}
          <Trans>They count as target actions, but their amounts are not in the revenue.</Trans>
        </Note>
      )}
      <ArmsTable report={data} of={of} choice={choice} />
      {data.comparisons.length > 0 && <Comparisons report={data} />}
      {data.rest.length > 0 && <Rest report={data} of={of} choice={choice} />}
      <Series report={data} />
      <Hours report={data} of={of} choice={choice} />
      <Parts report={data} of={of} choice={choice} />
      {hasMap && data.arms.some((arm) => arm.delivered > 0) && (
        <Clicks key={letters?.[0]?.key} report={data} of={of} {...(letters && { letters })} />
      )}
      {data.links.length > 0 && <Links report={data} of={of} choice={choice} />}
      {data.arms.some((arm) => arm.opened_person + arm.opened_machine + arm.clicked_person + arm.clicked_machine > 0) && (
        <Hits of={of} hasRest={data.rest.length > 0} />
      )}
      {data.leaving.length > 0 && <Leaving report={data} of={of} choice={choice} />}
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

function Nobody() {
  const { t } = useLingui()
  return (
    <Panel>
      <Empty title={t`Nobody got this mailing`}>
        <Trans>At its launch there was nobody in its segments who could get it.</Trans>
      </Empty>
    </Panel>
  )
}

/** The files hold what the page shows: the same target action, the same checks. */
export function ReportDownload({ campaignId }: { campaignId: string }) {
  const search = route.useSearch()
  return <Download of={ofCampaign(campaignId, search)} choice={choiceOf(search)} />
}

export function Download({ of, choice }: { of: ReportOf; choice: ReportChoice }) {
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />}>
          <Trans>CSV</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={reportCsvUrl(of, choice)} download>
          <Trans>Groups and comparisons</Trans>
        </Menu.Item>
        <Menu.Item component="a" href={reportPeopleCsvUrl(of, choice)} download>
          <Trans>People, one a line</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
