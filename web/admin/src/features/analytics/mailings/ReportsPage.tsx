import { Button, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../../components/AppLink'
import { Page, Panel } from '../../../components/Page'
import { ErrorNote, Note } from '../../../components/States'
import { mailingsCsvUrl, mailingsReportQuery } from '../../../lib/api/endpoints/analytics'
import { useFormat } from '../../../lib/format/useFormat'
import { dayOf } from '../../../lib/format/zones'
import { useNow } from '../../../lib/hooks/useNow'
import { askedOf, queryOf } from './asked'
import { useRuleText } from './attribution'
import { Choice } from './Choice'
import css from './Mailings.module.css'
import { MailingsTable } from './MailingsTable'
import { Months } from './Months'
import type { Span } from './periods'
import { Segments } from './Segments'
import { Totals } from './Totals'

const route = getRouteApi('/inside/reports')

/** All mailings of a period: what they did, against another period, and which orders they brought. */
export function ReportsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const today = dayOf(useNow().toISOString(), format.timeZone)
  const whole = askedOf(search, today)
  const { span, rule } = whole
  const asked = queryOf(whole)
  const ruleText = useRuleText()
  const { data, error, refetch, isPlaceholderData } = useQuery(mailingsReportQuery(asked))
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
  const days = ({ since, until }: Span) =>
    since === until ? format.date(since) : t({ context: 'dates', message: `${format.date(since)} – ${format.date(until)}` })
  return (
    <Page
      title={t`Reports`}
      subtitle={[
        data?.against ? t`${days(span)}, against ${days(data.against)}` : days(span),
        data?.segment && t`only people of “${data.segment.name}”`,
      ]
        .filter(Boolean)
        .join(' · ')}
      actions={
        <>
          <Button component={AppLink} href="/reports/control-group" variant="default">
            <Trans>Global control group</Trans>
          </Button>
          <Button
            component="a"
            variant="default"
            href={mailingsCsvUrl(asked)}
            download
            leftSection={<IconDownload size={16} />}
          >
            <Trans>CSV</Trans>
          </Button>
        </>
      }
    >
      <div className={css.stack}>
        <Panel>
          <Choice asked={whole} onChange={set} />
        </Panel>
        {error ? (
          <ErrorNote error={error} retry={() => void refetch()} />
        ) : !data ? (
          <>
            <Skeleton height={188} />
            <Skeleton height={260} />
            <Skeleton height={320} />
          </>
        ) : (
          <div className={css.stack} aria-busy={isPlaceholderData} data-waiting={isPlaceholderData}>
            <Totals report={data} search={search} rule={ruleText(rule)} />
            {rule.model === 'any' && (
              <Note level="info">
                <Trans>
                  Every letter that touched the buyer has the whole order, so mailings add up to more than all
                  orders from letters.
                </Trans>
              </Note>
            )}
            <Months report={data} search={search} rule={ruleText(rule)} />
            <Segments asked={whole} search={search} rule={ruleText(rule)} onChange={(segments) => set({ segments })} />
            <MailingsTable
              report={data}
              search={search}
              rule={ruleText(rule)}
              sorting={{ value: search.sort ?? '-sent_at', onChange: (sort) => set({ sort }) }}
            />
            <p className={css.remark}>
              <Trans>
                What an order belongs to is a rule, not a proof: people who click would have bought more often
                anyway. What a letter changed, the control group in its own report tells; what all of them changed,
                the global control group.
              </Trans>
            </p>
          </div>
        )}
      </div>
    </Page>
  )
}
