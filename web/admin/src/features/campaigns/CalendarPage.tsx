import { ActionIcon, Button, Group } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { AppLink } from '../../components/AppLink'
import { Page, Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { campaignCalendarQuery } from '../../lib/api/endpoints/campaigns'
import { plannedRunsQuery } from '../../lib/api/endpoints/regular'
import type { PlannedCampaign, PlannedRun } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { dayOf, toUtc } from '../../lib/format/zones'
import { useNow } from '../../lib/hooks/useNow'
import { addMonths, dayAfter, monthOf, weeksOf } from './calendarDays'
import css from './Calendar.module.css'
import { MailingState } from './states'

const route = getRouteApi('/inside/mailings/calendar')

/** What went out and what is planned: a month as a grid, and on a phone as a list. */
export function CalendarPage() {
  const { t, i18n } = useLingui()
  const { timeZone } = useFormat()
  const navigate = route.useNavigate()
  const today = dayOf(useNow().toISOString(), timeZone)
  const { month: asked } = route.useSearch()
  const month = asked && /^\d{4}-(0[1-9]|1[0-2])$/.test(asked) ? asked : monthOf(today)
  const weeks = weeksOf(month)
  const days = weeks.flat()
  const begin = (day: string) => toUtc(`${day} 00:00:00`, timeZone)
  const since = begin(days[0] ?? today)
  const until = begin(dayAfter(days.at(-1) ?? today))
  const list = useQuery(campaignCalendarQuery(since, until))
  const planned = useQuery(plannedRunsQuery(since, until))
  const byDay = new Map<string, PlannedCampaign[]>()
  for (const one of list.data ?? []) {
    const day = one.own_time?.slice(0, 10) ?? dayOf(one.at, timeZone)
    byDay.set(day, [...(byDay.get(day) ?? []), one])
  }
  const runsByDay = new Map<string, PlannedRun[]>()
  for (const one of planned.data ?? []) {
    const day = one.own_time?.slice(0, 10) ?? dayOf(one.at, timeZone)
    runsByDay.set(day, [...(runsByDay.get(day) ?? []), one])
  }
  const title = new Intl.DateTimeFormat(i18n.locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${month}-15T00:00:00Z`),
  )
  const dayName = new Intl.DateTimeFormat(i18n.locale, { weekday: 'short', timeZone: 'UTC' })
  const wholeDay = new Intl.DateTimeFormat(i18n.locale === 'en' ? 'en-GB' : i18n.locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  })
  const asDate = (day: string) => new Date(`${day}T00:00:00Z`)
  const go = (to: string) => void navigate({ search: { month: to === monthOf(today) ? undefined : to } })
  const inMonth = days.filter((day) => monthOf(day) === month)
  const isEmpty = list.data && !inMonth.some((day) => byDay.has(day) || runsByDay.has(day))

  return (
    <Page
      title={t`Calendar of mailings`}
      back={{ href: '/mailings', label: t`Mailings` }}
      actions={
        <Group gap={8} wrap="nowrap">
          <ActionIcon size={32} aria-label={t`Month before`} onClick={() => go(addMonths(month, -1))}>
            <IconChevronLeft size={18} />
          </ActionIcon>
          <Button variant="default" onClick={() => go(monthOf(today))}>
            <Trans>Today</Trans>
          </Button>
          <ActionIcon size={32} aria-label={t`Month after`} onClick={() => go(addMonths(month, 1))}>
            <IconChevronRight size={18} />
          </ActionIcon>
        </Group>
      }
    >
      <Panel title={<span className={css.month}>{title}</span>} hint={timeZone} flush>
        {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        <table className={css.grid} aria-label={title}>
          <thead>
            <tr>
              {(weeks[0] ?? []).map((day) => (
                <th key={day} scope="col">
                  {dayName.format(asDate(day))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeks.map((week) => (
              <tr key={week[0]}>
                {week.map((day) => (
                  <td
                    key={day}
                    data-outside={monthOf(day) !== month || undefined}
                    data-today={day === today || undefined}
                  >
                    <span className={css.number}>{Number(day.slice(8))}</span>
                    {(byDay.get(day) ?? []).map((one) => (
                      <CalendarItem key={one.id} campaign={one} />
                    ))}
                    {(runsByDay.get(day) ?? []).map((one) => (
                      <PlannedItem key={`${one.regular_id} ${one.at}`} run={one} />
                    ))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <ul className={css.list}>
          {inMonth
            .filter((day) => byDay.has(day) || runsByDay.has(day))
            .map((day) => (
              <li key={day} data-today={day === today || undefined}>
                <span className={css.listDay}>{wholeDay.format(asDate(day))}</span>
                {(byDay.get(day) ?? []).map((one) => (
                  <CalendarItem key={one.id} campaign={one} withState />
                ))}
                {(runsByDay.get(day) ?? []).map((one) => (
                  <PlannedItem key={`${one.regular_id} ${one.at}`} run={one} />
                ))}
              </li>
            ))}
        </ul>
        {isEmpty && (
          <Empty title={t`No mailings in this month`}>
            <Trans>Drafts appear here when they have a time of sending.</Trans>
          </Empty>
        )}
      </Panel>
    </Page>
  )
}

function CalendarItem({ campaign, withState }: { campaign: PlannedCampaign; withState?: boolean }) {
  const { t } = useLingui()
  const { timeZone } = useFormat()
  const time = campaign.own_time?.slice(11, 16) ?? timeOf(campaign.at, timeZone)
  return (
    <AppLink className={css.item} data-state={campaign.state} href={`/mailings/${campaign.id}`}>
      <span className="tnum">{time}</span> {campaign.name || t`Untitled`}
      {withState ? <MailingState state={campaign.state} /> : campaign.state === 'draft' && ` · ${t`draft`}`}
    </AppLink>
  )
}

/** A moment of a regular mailing that is still to come. */
function PlannedItem({ run }: { run: PlannedRun }) {
  const { t } = useLingui()
  const { timeZone } = useFormat()
  const time = run.own_time?.slice(11, 16) ?? timeOf(run.at, timeZone)
  return (
    <AppLink className={css.item} data-state="scheduled" href={`/mailings/regular/${run.regular_id}`}>
      <span className="tnum">{time}</span> {run.name} · {run.skipped ? t`left out` : t`regular`}
    </AppLink>
  )
}

function timeOf(at: string, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(new Date(at))
}
