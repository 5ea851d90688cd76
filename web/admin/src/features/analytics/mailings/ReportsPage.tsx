import { Button, Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../../components/AppLink'
import { Page, Panel } from '../../../components/Page'
import { ErrorNote, Note } from '../../../components/States'
import { mailingsCsvUrl, mailingsReportQuery } from '../../../lib/api/endpoints/analytics'
import type { MailingsAsked } from '../../../lib/api/types'
import { useFormat } from '../../../lib/format/useFormat'
import { dayOf } from '../../../lib/format/zones'
import { useNow } from '../../../lib/hooks/useNow'
import { MODELS, type Rule, TOUCHES, useRuleText } from './attribution'
import { type Against, Choice } from './Choice'
import css from './Mailings.module.css'
import { MailingsTable } from './MailingsTable'
import { Months } from './Months'
import { type Period, PERIODS, type Span, spanOf } from './periods'
import { Totals } from './Totals'

const route = getRouteApi('/inside/reports')

const AGAINST: Against[] = ['none', 'before', 'year']

/** What of an address is one of the words that are known; else the first of them. */
function known<Word extends string>(text: string | undefined, words: readonly [Word, ...Word[]] | Word[]): Word {
  return words.find((word) => word === text) ?? (words[0] as Word)
}

interface Asked {
  period: Period
  span: Span
  today: string
  against: Against
  rule: Rule
}

/** What the page is asked for, as its address has it. */
function useAsked(): Asked {
  const search = route.useSearch()
  const { timeZone } = useFormat()
  const today = dayOf(useNow().toISOString(), timeZone)
  const period = known(search.period, PERIODS)
  const days = Number(search.days)
  return {
    period,
    today,
    span: spanOf(period, today, search),
    against: known(search.against ?? 'before', AGAINST),
    rule: {
      model: known(search.model, MODELS),
      touch: known(search.touch, TOUCHES),
      days: Number.isInteger(days) && days >= 1 && days <= 90 ? days : 7,
    },
  }
}

/** All mailings of a period: what they did, against another period, and which orders they brought. */
export function ReportsPage() {
  const { t } = useLingui()
  const format = useFormat()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { period, span, today, against, rule } = useAsked()
  const ruleText = useRuleText()
  const asked: MailingsAsked = {
    ...span,
    against,
    model: rule.model,
    touch: rule.touch,
    window_days: rule.days,
  }
  const { data, error, refetch, isPlaceholderData } = useQuery(mailingsReportQuery(asked))
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
  const days = ({ since, until }: Span) =>
    since === until ? format.date(since) : t({ context: 'dates', message: `${format.date(since)} – ${format.date(until)}` })
  return (
    <Page
      title={t`Reports`}
      subtitle={
        data?.against
          ? t`${days(span)}, against ${days(data.against)}`
          : days(span)
      }
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
          <Choice period={period} span={span} today={today} against={against} rule={rule} onChange={set} />
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
            <Totals report={data} rule={ruleText(rule)} />
            {rule.model === 'any' && (
              <Note level="info">
                <Trans>
                  Every letter that touched the buyer has the whole order, so mailings add up to more than all
                  orders from letters.
                </Trans>
              </Note>
            )}
            <Months report={data} rule={ruleText(rule)} />
            <MailingsTable
              report={data}
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
