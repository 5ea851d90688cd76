import { Button, Menu, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { reportCsvUrl, reportPeopleCsvUrl, reportQuery } from '../../../lib/api/endpoints/analytics'
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
import { Series } from './Series'
import { Verdict } from './Verdict'

const route = getRouteApi('/inside/mailings/$id')

interface ReportProps {
  campaignId: string
  /** People are still being put into groups: a part of them would only mislead. */
  isPreparing: boolean
}

/** The verdict in a sentence first, then the figures that it rests on. */
export function Report({ campaignId, isPreparing }: ReportProps) {
  const choice = choiceOf(route.useSearch())
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery({
    ...reportQuery(campaignId, choice),
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
  const read = (change: ReportChoice) =>
    void navigate({ search: searchOf({ ...choice, ...change }), replace: true, resetScroll: false })
  return (
    <div className={css.stack}>
      <Verdict report={data} />
      {data.campaign.goals.length > 1 && (
        <Goals report={data} campaignId={campaignId} choice={choice} onRead={(goal) => read({ goal })} />
      )}
      <Outliers
        report={data}
        campaignId={campaignId}
        choice={choice}
        onCut={(cut) => read({ without_outliers: cut })}
      />
      <ArmsTable report={data} campaignId={campaignId} choice={choice} />
      {data.comparisons.length > 0 && <Comparisons report={data} />}
      {data.rest.length > 0 && <Rest report={data} campaignId={campaignId} choice={choice} />}
      <Series report={data} />
      <Hours report={data} />
      <Parts report={data} campaignId={campaignId} choice={choice} />
      {data.arms.some((arm) => arm.delivered > 0) && <Clicks report={data} campaignId={campaignId} />}
      {data.links.length > 0 && <Links report={data} campaignId={campaignId} choice={choice} />}
      {data.arms.some((arm) => arm.opened_person + arm.opened_machine + arm.clicked_person + arm.clicked_machine > 0) && (
        <Hits campaignId={campaignId} />
      )}
      {data.leaving.length > 0 && <Leaving report={data} />}
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

/** The files hold what the page shows: the same target action, the same checks. */
export function ReportDownload({ campaignId }: { campaignId: string }) {
  const choice = choiceOf(route.useSearch())
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />}>
          <Trans>CSV</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={reportCsvUrl(campaignId, choice)} download>
          <Trans>Groups and comparisons</Trans>
        </Menu.Item>
        <Menu.Item component="a" href={reportPeopleCsvUrl(campaignId, choice)} download>
          <Trans>People, one a line</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
