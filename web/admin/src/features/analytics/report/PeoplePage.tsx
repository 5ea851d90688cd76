import { Button, Group, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { ArmMark } from '../../../components/ArmMark'
import { useArmName } from '../../../components/arms'
import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { usePersonName } from '../../../components/personName'
import { Empty, ErrorNote } from '../../../components/States'
import { DateTime } from '../../../components/Time'
import { behindQuery, reportPeopleCsvUrl } from '../../../lib/api/endpoints/analytics'
import { campaignQuery } from '../../../lib/api/endpoints/campaigns'
import type { Behind, Campaign, Goal, PersonBehind, ReportFigure } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { choiceOf, searchOf, useFigureNames } from './figures'
import css from './Report.module.css'

const route = getRouteApi('/inside/mailings/$id/people')

/** The people behind a figure of a mailing's report: exactly as many as it says. */
export function PeoplePage() {
  const { t } = useLingui()
  const format = useFormat()
  const armName = useArmName()
  const names = useFigureNames()
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const campaign = useQuery(campaignQuery(id))
  const figure: ReportFigure = isFigure(search.figure, names) ? search.figure : 'assigned'
  const choice = choiceOf(search)
  const behind: Behind = {
    ...choice,
    figure,
    ...(search.arm && { arm: search.arm }),
    ...(search.url && { url: search.url }),
    ...(search.link && { link: Number(search.link) }),
  }
  const list = useInfiniteQuery(behindQuery(id, behind))
  const set = (change: { figure?: string | undefined; arm?: string | undefined; url?: undefined; link?: undefined; part?: undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const total = list.data?.pages[0]?.total ?? null
  const columns = useColumns(figure, campaign.data, goalOf(campaign.data, choice.goal ?? 0))
  // The report shows both parts, so the way back names none.
  const { part: _, ...back } = searchOf(choice)
  const query = new URLSearchParams({ ...back }).toString()
  return (
    <Page
      title={names[figure]}
      part={campaign.data?.name}
      back={{ href: `/mailings/${id}${query && `?${query}`}`, label: campaign.data?.name ?? t`Mailing` }}
      subtitle={total === null ? undefined : t`${format.number(total)} people`}
      actions={
        <Button
          component="a"
          variant="default"
          href={reportPeopleCsvUrl(id, behind)}
          download
          leftSection={<IconDownload size={16} />}
        >
          <Trans>CSV</Trans>
        </Button>
      }
    >
      <Panel flush>
        <DataTable
          label={names[figure]}
          storeKey="behind"
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={(row) => row.profile_id}
          href={(row) => (row.person ? `/customers/${row.person.id}` : null)}
          total={total}
          more={{
            has: list.hasNextPage,
            loading: list.isFetchingNextPage,
            load: () => void list.fetchNextPage(),
          }}
          error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
          toolbar={
            <Group gap={8}>
              <Select
                aria-label={t`Figure`}
                w={240}
                allowDeselect={false}
                value={figure}
                data={Object.entries(names).map(([value, label]) => ({ value, label }))}
                onChange={(value) => value && set({ figure: value, url: undefined, link: undefined })}
              />
              <Select
                aria-label={t`Group`}
                w={200}
                placeholder={t`Any group`}
                clearable
                clearButtonProps={{ 'aria-label': t`Clear` }}
                value={search.arm ?? null}
                data={[
                  ...(campaign.data?.variants ?? []).map((variant) => ({
                    value: variant.key,
                    label: armName(variant.key, variant.name),
                  })),
                  { value: 'control', label: armName('control', '') },
                ]}
                onChange={(value) => set({ arm: value ?? undefined, link: undefined })}
              />
              {search.link && (
                <span className={css.followed}>
                  <Trans>Followed one place of the letter</Trans>
                  <Button
                    variant="subtle"
                    size="compact-xs"
                    onClick={() => set({ url: undefined, link: undefined })}
                  >
                    <Trans>Any place</Trans>
                  </Button>
                </span>
              )}
              {choice.part === 'rest' && (
                <span className={css.followed}>
                  <Trans>Of the rest</Trans>
                  <Button variant="subtle" size="compact-xs" onClick={() => set({ part: undefined })}>
                    <Trans>Of the first part</Trans>
                  </Button>
                </span>
              )}
              {search.url && (
                <span className={css.followed}>
                  <Trans>Followed {search.url}</Trans>
                  <Button variant="subtle" size="compact-xs" onClick={() => set({ url: undefined })}>
                    <Trans>Any address</Trans>
                  </Button>
                </span>
              )}
            </Group>
          }
          empty={
            <Empty title={t`Nobody fits`}>
              <Trans>Choose another figure or group.</Trans>
            </Empty>
          }
        />
      </Panel>
    </Page>
  )
}

const isFigure = (text: string | undefined, names: Record<ReportFigure, string>): text is ReportFigure =>
  text !== undefined && Object.hasOwn(names, text)

/** By which target action the report is read: the main one, or one of those beside it. */
const goalOf = (campaign: Campaign | undefined, place: number): Goal | null =>
  (place > 0 ? campaign?.more_goals[place - 1] : campaign?.goal) ?? null

function useColumns(
  figure: ReportFigure,
  campaign: Campaign | undefined,
  goal: Goal | null,
): Column<PersonBehind>[] {
  const { t } = useLingui()
  const format = useFormat()
  const personName = usePersonName()
  const nameOf = (arm: string) => campaign?.variants.find((variant) => variant.key === arm)?.name ?? ''
  const hasMoment = figure === 'opened_person' || figure === 'clicked_person'
  return [
    {
      id: 'name',
      header: t({ context: 'person', message: 'Name' }),
      render: ({ person }) =>
        person ? personName(person) : <span style={{ color: 'var(--text-dim)' }}>{t({ context: 'person', message: 'erased' })}</span>,
    },
    { id: 'email', header: t`E-mail`, hide: 'sm', render: ({ person }) => person?.email ?? NOTHING },
    { id: 'phone', header: t`Phone`, hide: 'md', render: ({ person }) => person?.phone ?? NOTHING },
    { id: 'arm', header: t`Group`, hide: 'sm', render: ({ arm }) => <ArmMark arm={arm} name={nameOf(arm)} /> },
    {
      id: 'at',
      header: hasMoment || figure === 'targets' || figure === 'outliers' ? t`First time` : t`Put into the group`,
      render: ({ at }) => <DateTime at={at} />,
    },
    ...(goal
      ? [
          {
            id: 'targets',
            header: t`Target actions`,
            align: 'right' as const,
            hide: 'sm' as const,
            render: ({ target_events: count }: PersonBehind) => format.number(count),
          },
        ]
      : []),
    ...(goal?.revenue_property
      ? [
          {
            id: 'amount',
            header: t`Revenue`,
            align: 'right' as const,
            render: ({ amount }: PersonBehind) => (amount === 0 ? NOTHING : format.money(amount)),
          },
        ]
      : []),
  ]
}
