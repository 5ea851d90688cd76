import { Button, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import type { Column } from '../../../components/DataTable'
import { DateTime } from '../../../components/Time'
import {
  mailingsPeopleCsvUrl,
  mailingsPeopleQuery,
  mailingsReportQuery,
} from '../../../lib/api/endpoints/analytics'
import type { MailingsFigure, MailingsPerson } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { dayOf } from '../../../lib/format/zones'
import { useNow } from '../../../lib/hooks/useNow'
import { monthName } from '../people/monthName'
import { PeopleList } from '../people/PeopleList'
import { SegmentChoice } from '../report/SegmentChoice'
import { askedOf, behindOf, queryOf } from './asked'
import { useRuleText } from './attribution'
import { usePeopleNames } from './figures'

const route = getRouteApi('/inside/reports/people')

/** The people behind a figure of all mailings, of a month, a mailing or a segment. */
export function MailingsPeoplePage() {
  const { t } = useLingui()
  const format = useFormat()
  const names = usePeopleNames()
  const ruleText = useRuleText()
  const { figure: _, mailing, month: __, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const today = dayOf(useNow().toISOString(), format.timeZone)
  const behind = behindOf(route.useSearch(), today)
  const asked = askedOf(search, today)
  const list = useInfiniteQuery(mailingsPeopleQuery(behind))
  // It is at hand where the reader comes from: the name of a mailing and the currency stand in it.
  const { data: report } = useQuery(mailingsReportQuery(queryOf(asked)))
  const set = (change: { figure?: string; mailing?: undefined; month?: undefined; segment?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const { since, until } = asked.span
  const isOrders = behind.figure === 'buyers' || behind.figure === 'attributed'
  const isByRule = behind.figure === 'attributed' || (isOrders && mailing !== undefined)
  const query = new URLSearchParams(Object.entries(search).flatMap(([key, value]) => (value ? [[key, value]] : [])))
  const mailingName = mailing && (report?.mailings.find((one) => one.id === mailing)?.name ?? t`deleted mailing`)
  return (
    <PeopleList
      title={names[behind.figure]}
      part={t`Reports`}
      back={{ href: `/reports${query.size > 0 ? `?${query}` : ''}`, label: t`Reports` }}
      subtitle={[
        behind.month
          ? monthName(behind.month, format.locale)
          : since === until
            ? format.date(since)
            : t({ context: 'dates', message: `${format.date(since)} – ${format.date(until)}` }),
        mailingName,
        isByRule && ruleText(asked.rule),
      ]}
      csv={mailingsPeopleCsvUrl(behind)}
      storeKey="mailings-people"
      list={list}
      columns={useColumns(isOrders, report?.currency ?? null)}
      toolbar={
        <>
          <Select
            aria-label={t`Figure`}
            w={240}
            allowDeselect={false}
            value={behind.figure}
            data={Object.entries(names).map(([value, label]) => ({ value, label }))}
            onChange={(figure) => figure && set({ figure: figure as MailingsFigure })}
          />
          <SegmentChoice segment={search.segment} onChange={(segment) => set({ segment })} />
          {mailing && (
            <Button variant="subtle" size="compact-xs" onClick={() => set({ mailing: undefined })}>
              <Trans>Of all mailings</Trans>
            </Button>
          )}
          {behind.month && (
            <Button variant="subtle" size="compact-xs" onClick={() => set({ month: undefined })}>
              <Trans>Of all months</Trans>
            </Button>
          )}
        </>
      }
    />
  )
}

function useColumns(isOrders: boolean, currency: string | null): Column<MailingsPerson>[] {
  const { t } = useLingui()
  const format = useFormat()
  const rounded = (value: number) => Math.round(value * 100) / 100
  return [
    { id: 'at', header: t`First time`, render: ({ at }) => <DateTime at={at} /> },
    {
      id: 'things',
      header: isOrders ? t`Orders` : t`Letters`,
      align: 'right',
      hide: 'sm',
      render: ({ things }) => format.number(rounded(things)),
    },
    ...(isOrders
      ? [
          {
            id: 'amount',
            header: t`Revenue`,
            align: 'right' as const,
            render: ({ amount }: MailingsPerson) =>
              amount === 0 ? NOTHING : format.money(rounded(amount), currency),
          },
        ]
      : []),
  ]
}
