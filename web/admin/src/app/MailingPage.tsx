import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'

import { Page } from '../components/Page'
import { MailingActions } from '../features/campaigns/progress/MailingActions'
import { MailingProgress } from '../features/campaigns/progress/MailingProgress'
import { MailingMenu } from '../features/campaigns/MailingMenu'
import { MailingFacts } from '../features/campaigns/MailingFacts'
import { Report, ReportDownload } from '../features/analytics/report/Report'
import { campaignQuery } from '../lib/api/endpoints/campaigns'
import type { Campaign } from '../lib/api/types'
import { useAccess } from '../lib/hooks/useAccess'
import { PendingScreen } from './screens'

const route = getRouteApi('/inside/mailings/$id')
const MailingEditor = lazy(() =>
  import('../features/campaigns/editor/MailingEditor').then((module) => ({ default: module.MailingEditor })),
)
const LetterTest = lazy(() =>
  import('../features/content/editor/TestDialog').then((module) => ({ default: module.TestDialog })),
)

const UNDER_WAY = new Set(['preparing', 'running', 'paused'])

/** A draft is edited, a launched mailing is watched, a finished one is read: one address for all. */
export function MailingPage() {
  const { id } = route.useParams()
  const { data: campaign, error } = useQuery(campaignQuery(id))
  if (error) throw error
  if (!campaign) return <PendingScreen />
  if (campaign.state === 'draft' || campaign.state === 'scheduled') {
    return (
      <Suspense fallback={<PendingScreen />}>
        <MailingEditor key={campaign.id} campaign={campaign} letterTest={LetterTest} />
      </Suspense>
    )
  }
  return <LaunchedMailing campaign={campaign} />
}

function LaunchedMailing({ campaign }: { campaign: Campaign }) {
  const { t } = useLingui()
  const may = useAccess()
  const isUnderWay = UNDER_WAY.has(campaign.state)
  return (
    <Page
      title={campaign.name}
      back={{ href: '/mailings', label: t`Mailings` }}
      actions={
        <>
          <MailingActions campaign={campaign} />
          <ReportDownload campaignId={campaign.id} />
          {may('edit') && <MailingMenu campaign={campaign} label={t`More actions`} size={32} />}
        </>
      }
    >
      <div style={{ display: 'flex', flexDirection: 'column', gap: 16 }}>
        {isUnderWay && <MailingProgress campaign={campaign} />}
        <Report
          campaignId={campaign.id}
          isPreparing={campaign.state === 'preparing'}
          isForNobody={campaign.state === 'finished' && campaign.counts.total === campaign.counts.skipped}
        />
        {!isUnderWay && <MailingProgress campaign={campaign} />}
        <MailingFacts campaign={campaign} />
      </div>
    </Page>
  )
}
