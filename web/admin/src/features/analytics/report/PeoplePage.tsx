import { Button, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { ArmMark } from '../../../components/ArmMark'
import { useArmName } from '../../../components/arms'
import type { Column } from '../../../components/DataTable'
import { DateTime } from '../../../components/Time'
import { behindQuery, reportPeopleCsvUrl } from '../../../lib/api/endpoints/analytics'
import { campaignQuery } from '../../../lib/api/endpoints/campaigns'
import { hitsQuery } from '../../../lib/api/endpoints/clicks'
import type { ReportOf } from '../../../lib/api/reportOf'
import type { Behind, Goal, PersonBehind, ReportFigure } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { PeopleList } from '../people/PeopleList'
import { type ChoiceSearch, choiceOf, placeOf, searchOf, useFigureNames, useLeavingNames } from './figures'
import { clock } from './hours'
import css from './Report.module.css'

const route = getRouteApi('/inside/mailings/$id/people')

/** The people behind a figure of a mass mailing's report. */
export function PeoplePage() {
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const search = route.useSearch()
  const { data: campaign } = useQuery(campaignQuery(id))
  return (
    <PeopleBehind
      of={{ kind: 'campaign', id, asked: search.segment ? { segment: search.segment } : {} }}
      mailing={
        campaign && {
          name: campaign.name,
          groups: [...campaign.variants, { key: 'control', name: '' }],
          goals: [...(campaign.goal ? [campaign.goal] : []), ...campaign.more_goals],
        }
      }
      back={`/mailings/${id}`}
      search={search}
      onChange={(change) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })}
    />
  )
}

/** What is said of a mailing beside its people. */
interface Mailing {
  name: string
  groups: { key: string; name: string }[]
  goals: Goal[]
}

interface PeopleSearch extends ChoiceSearch {
  figure?: string
  arm?: string
  url?: string
  link?: string
  why?: string
  sign?: string
  verdict?: string
  lettered?: string
  hour?: string
  place?: string
}

interface PeopleBehindProps {
  of: ReportOf
  mailing: Mailing | undefined
  /** Where the report is. */
  back: string
  search: PeopleSearch
  onChange: (change: {
    figure?: string | undefined
    arm?: string | undefined
    url?: undefined
    link?: undefined
    why?: undefined
    sign?: undefined
    verdict?: undefined
    lettered?: undefined
    part?: undefined
    hour?: undefined
    place?: undefined
  }) => void
}

/** The people behind a figure of a report: exactly as many as it says. */
export function PeopleBehind({ of, mailing, back: page, search, onChange: set }: PeopleBehindProps) {
  const { t } = useLingui()
  const armName = useArmName()
  const names = useFigureNames()
  const leavingName = useLeavingNames()
  const figure: ReportFigure = isFigure(search.figure, names) ? search.figure : 'assigned'
  const choice = choiceOf(search)
  const place = search.place ? placeOf(search.place) : null
  const behind: Behind = {
    ...choice,
    ...place,
    figure,
    ...(search.hour && { hour: Number(search.hour) }),
    ...(search.arm && { arm: search.arm }),
    ...(search.url && { url: search.url }),
    ...(search.link && { link: Number(search.link) }),
    ...(search.why && { why: search.why }),
    ...(isVerdict(search.verdict) && { verdict: search.verdict, ...(search.sign && { sign: search.sign }) }),
    ...(search.lettered && { lettered: true }),
  }
  const list = useInfiniteQuery(behindQuery(of, behind))
  const signs = useQuery({ ...hitsQuery(of, choice.part ?? 'first'), enabled: behind.verdict !== undefined })
  const columns = useColumns(figure, mailing, mailing?.goals[choice.goal ?? 0] ?? null)
  const signName =
    signs.data?.find((one) => one.verdict === behind.verdict && one.reason === (behind.sign ?? ''))?.what ?? NOTHING
  // The report shows both parts, so the way back names none.
  const { part: _, ...back } = searchOf(choice)
  const query = new URLSearchParams({ ...of.asked, ...back }).toString()
  return (
    <PeopleList
      title={names[figure]}
      part={mailing?.name}
      back={{ href: `${page}${query && `?${query}`}`, label: mailing?.name ?? t`Mailing` }}
      csv={reportPeopleCsvUrl(of, behind)}
      storeKey="behind"
      list={list}
      columns={columns}
      toolbar={
        <>
          <Select
            aria-label={t`Figure`}
            w={240}
            allowDeselect={false}
            value={figure}
            data={Object.entries(names).map(([value, label]) => ({ value, label }))}
            onChange={(value) => value && set({ figure: value, url: undefined, link: undefined, why: undefined, sign: undefined, verdict: undefined, hour: undefined })}
          />
          {(mailing?.groups.length ?? 0) > 1 && (
            <Select
              aria-label={t`Group`}
              w={200}
              placeholder={t`Any group`}
              clearable
              clearButtonProps={{ 'aria-label': t`Clear` }}
              value={search.arm ?? null}
              data={mailing?.groups.map(({ key, name }) => ({ value: key, label: armName(key, name) })) ?? []}
              onChange={(value) => set({ arm: value ?? undefined, link: undefined })}
            />
          )}
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
          {search.why && (
            <span className={css.followed}>
              <Trans>Left because: {leavingName(search.why)}</Trans>
              <Button variant="subtle" size="compact-xs" onClick={() => set({ why: undefined })}>
                <Trans>Whatever the reason</Trans>
              </Button>
            </span>
          )}
          {behind.verdict && (
            <span className={css.followed}>
              <Trans>By the sign: {signName}</Trans>
              <Button variant="subtle" size="compact-xs" onClick={() => set({ sign: undefined, verdict: undefined })}>
                <Trans>By any sign</Trans>
              </Button>
            </span>
          )}
          {search.lettered && (
            <span className={css.followed}>
              <Trans>In the groups with letters</Trans>
              <Button variant="subtle" size="compact-xs" onClick={() => set({ lettered: undefined })}>
                <Trans>Any group</Trans>
              </Button>
            </span>
          )}
          {search.hour && (
            <span className={css.followed}>
              {/* The hour is one of the workspace's clock, as the report says. */}
              <Trans>For the first time between {clock(behind.hour ?? 0)} and {clock((behind.hour ?? 0) + 1)}</Trans>
              <Button variant="subtle" size="compact-xs" onClick={() => set({ hour: undefined })}>
                <Trans>At any hour</Trans>
              </Button>
            </span>
          )}
          {place && (
            <span className={css.followed}>
              <Trans>Of one row of “Told apart by”</Trans>
              <Button variant="subtle" size="compact-xs" onClick={() => set({ place: undefined })}>
                <Trans>Of the whole report</Trans>
              </Button>
            </span>
          )}
        </>
      }
    />
  )
}

const isFigure = (text: string | undefined, names: Record<ReportFigure, string>): text is ReportFigure =>
  text !== undefined && Object.hasOwn(names, text)

const isVerdict = (text: string | undefined): text is 'person' | 'machine' | 'scanner' =>
  text === 'person' || text === 'machine' || text === 'scanner'

function useColumns(
  figure: ReportFigure,
  mailing: Mailing | undefined,
  goal: Goal | null,
): Column<PersonBehind>[] {
  const { t } = useLingui()
  const format = useFormat()
  const nameOf = (arm: string) => mailing?.groups.find((group) => group.key === arm)?.name ?? ''
  const hasMoment = figure === 'opened_person' || figure === 'clicked_person'
  return [
    { id: 'phone', header: t`Phone`, hide: 'md', render: ({ person }) => person?.phone ?? NOTHING },
    ...((mailing?.groups.length ?? 0) > 1
      ? [
          {
            id: 'arm',
            header: t`Group`,
            hide: 'sm' as const,
            render: ({ arm }: PersonBehind) => <ArmMark arm={arm} name={nameOf(arm)} />,
          },
        ]
      : []),
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
