import { Button } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { AppLink } from '../../../../components/AppLink'
import { Panel } from '../../../../components/Page'
import { Empty, ErrorNote } from '../../../../components/States'
import { letterEditionsQuery } from '../../../../lib/api/endpoints/analytics'
import { type ReportOf, pageOf } from '../../../../lib/api/reportOf'
import { useFormat } from '../../../../lib/format/useFormat'
import css from '../Report.module.css'
import { ReportBody } from '../Report'
import { Editions } from './Editions'
import { SpanBar } from './SpanBar'
import type { Ongoing } from './useOngoing'

interface LetterReportProps {
  id: string
  ongoing: Ongoing
}

/** The report of a letter that programs ask for: of a period, and of one edition or all. */
export function LetterReport({ id, ongoing }: LetterReportProps) {
  const { t } = useLingui()
  const { name, days, today, choice, edition, change, read } = ongoing
  const asked = { ...days, ...(ongoing.search.segment && { segment: ongoing.search.segment }) }
  const whole: ReportOf = { kind: 'transactional', id, asked }
  const of: ReportOf = edition === null ? whole : { ...whole, asked: { ...asked, edition } }
  const editions = useQuery(letterEditionsQuery(whole))
  const hrefOf = (chosen: string) =>
    `${pageOf(of)}/report?${new URLSearchParams({ ...ongoing.search, edition: chosen })}`
  const rows = editions.data ?? []
  const letters = rows
    .filter((row) => edition === null || row.edition === edition)
    .map((row) => ({ key: row.edition, name: t({ context: 'transactional', message: `Edition ${row.edition}` }) }))
  return (
    <div className={css.stack}>
      <Panel>
        <SpanBar name={name} days={days} today={today} onChange={change}>
          {edition !== null && (
            <Button variant="light" onClick={() => change({ edition: undefined })}>
              <Trans context="transactional">Edition {edition} only: show all</Trans>
            </Button>
          )}
        </SpanBar>
      </Panel>
      {editions.error && <ErrorNote error={editions.error} retry={() => void editions.refetch()} />}
      {rows.length > 0 && <Editions rows={rows} chosen={edition} hrefOf={hrefOf} />}
      <ReportBody
        of={of}
        choice={choice}
        onRead={read}
        onSegment={(segment) => change({ segment })}
        letters={letters}
        empty={
          <Panel>
            <Empty title={t`No letters in these days`}>
              <Trans>Choose other days. Figures appear some seconds after a letter.</Trans>
            </Empty>
          </Panel>
        }
      />
    </div>
  )
}

interface SeriesReportProps {
  id: string
  ongoing: Ongoing
}

/** The report of all runs of a regular mailing that began in a period. */
export function SeriesReport({ id, ongoing }: SeriesReportProps) {
  const { t } = useLingui()
  const format = useFormat()
  const { name, days, today, choice, change, read } = ongoing
  return (
    <div className={css.stack}>
      <Panel>
        <SpanBar name={name} days={days} today={today} onChange={change} />
      </Panel>
      <ReportBody
        of={{
          kind: 'series',
          id,
          asked: { ...days, ...(ongoing.search.segment && { segment: ongoing.search.segment }) },
        }}
        choice={choice}
        onRead={read}
        onSegment={(segment) => change({ segment })}
        letters={[]}
        above={(report) => (
          <p className={css.told}>
            <Trans>
              Letters in these runs: {format.number(report.messages)}. The figures below count people: who read several
              runs is one person, and the window of the target action begins with each letter. Maps of clicks are in
              the reports of <AppLink href={`/mailings/regular/${id}`}>the runs</AppLink>.
            </Trans>
          </p>
        )}
        empty={
          <Panel>
            <Empty title={t`No run went out in these days`}>
              <Trans>Choose other days, or wait for the next run.</Trans>
            </Empty>
          </Panel>
        }
      />
    </div>
  )
}
