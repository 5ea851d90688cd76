import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { Page } from '../components/Page'
import { LetterReport, SeriesReport } from '../features/analytics/report/ongoing/OngoingReport'
import { useOngoing } from '../features/analytics/report/ongoing/useOngoing'
import { PeopleBehind } from '../features/analytics/report/PeoplePage'
import { Download } from '../features/analytics/report/Report'
import { regularQuery } from '../lib/api/endpoints/regular'
import { transactionalQuery } from '../lib/api/endpoints/transactional'
import type { ReportOf } from '../lib/api/reportOf'
import { PendingScreen } from './screens'

const letterReport = getRouteApi('/inside/mailings/transactional/$id/report')
const letterPeople = getRouteApi('/inside/mailings/transactional/$id/people')
const seriesReport = getRouteApi('/inside/mailings/regular/$id/report')
const seriesPeople = getRouteApi('/inside/mailings/regular/$id/people')

/** What an address names of the days and the letter that a report is of. */
const askedOf = ({ since, until, edition, segment }: NonNullable<ReportOf['asked']>) => ({
  ...(since && { since }),
  ...(until && { until }),
  ...(edition && { edition }),
  ...(segment && { segment }),
})

export function LetterReportPage() {
  const { t } = useLingui()
  const { id } = letterReport.useParams()
  const navigate = letterReport.useNavigate()
  const ongoing = useOngoing(letterReport.useSearch(), '30', (change) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false }),
  )
  const { data: letter, error } = useQuery(transactionalQuery(id))
  if (error) throw error
  if (!letter) return <PendingScreen />
  const { segment } = ongoing.search
  const asked = askedOf({
    ...ongoing.days,
    ...(ongoing.edition !== null && { edition: ongoing.edition }),
    ...(segment && { segment }),
  })
  return (
    <Page
      title={t`Report`}
      part={letter.name}
      back={{ href: `/mailings/transactional/${id}`, label: letter.name }}
      actions={<Download of={{ kind: 'transactional', id, asked }} choice={ongoing.choice} />}
    >
      <LetterReport id={id} ongoing={ongoing} />
    </Page>
  )
}

export function LetterPeoplePage() {
  const { id } = letterPeople.useParams()
  const search = letterPeople.useSearch()
  const navigate = letterPeople.useNavigate()
  const { data: letter, error } = useQuery(transactionalQuery(id))
  if (error) throw error
  return (
    <PeopleBehind
      of={{ kind: 'transactional', id, asked: askedOf(search) }}
      mailing={letter && { name: letter.name, groups: [], goals: letter.goal ? [letter.goal] : [] }}
      back={`/mailings/transactional/${id}/report`}
      search={search}
      onChange={(change) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })}
    />
  )
}

export function SeriesReportPage() {
  const { t } = useLingui()
  const { id } = seriesReport.useParams()
  const navigate = seriesReport.useNavigate()
  const ongoing = useOngoing(seriesReport.useSearch(), 'all', (change) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false }),
  )
  const { data: mailing, error } = useQuery(regularQuery(id))
  if (error) throw error
  if (!mailing) return <PendingScreen />
  return (
    <Page
      title={t({ context: 'regular mailing', message: 'Report of the series' })}
      part={mailing.name}
      back={{ href: `/mailings/regular/${id}`, label: mailing.name }}
      actions={<Download of={{ kind: 'series', id, asked: askedOf({ ...ongoing.search, ...ongoing.days }) }} choice={ongoing.choice} />}
    >
      <SeriesReport id={id} ongoing={ongoing} />
    </Page>
  )
}

export function SeriesPeoplePage() {
  const { t } = useLingui()
  const { id } = seriesPeople.useParams()
  const search = seriesPeople.useSearch()
  const navigate = seriesPeople.useNavigate()
  const { data: mailing, error } = useQuery(regularQuery(id))
  if (error) throw error
  return (
    <PeopleBehind
      of={{ kind: 'series', id, asked: askedOf(search) }}
      mailing={
        mailing && {
          name: mailing.name,
          groups: [
            { key: 'all', name: t({ context: 'regular mailing', message: 'Readers' }) },
            { key: 'control', name: '' },
          ],
          goals: mailing.goal ? [mailing.goal] : [],
        }
      }
      back={`/mailings/regular/${id}/report`}
      search={search}
      onChange={(change) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })}
    />
  )
}
