import { Button, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import type { Column } from '../../../components/DataTable'
import { DateTime } from '../../../components/Time'
import { controlPeopleCsvUrl, controlPeopleQuery, globalControlQuery } from '../../../lib/api/endpoints/analytics'
import type { ControlPerson } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { monthName } from '../people/monthName'
import { PeopleList } from '../people/PeopleList'
import { Named } from './ControlSides'
import { useControlFigures, useGroupName, useSideNames } from './names'
import { askedOf, behindOf, searchOf } from './search'

const route = getRouteApi('/inside/reports/control-group/people')

/** The people behind a figure of the global control group: exactly as many as it says. */
export function ControlPeoplePage() {
  const { t } = useLingui()
  const format = useFormat()
  const names = useControlFigures()
  const sideNames = useSideNames()
  const groupName = useGroupName()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const behind = behindOf(search)
  const { data: whole } = useQuery(globalControlQuery(askedOf(search)))
  const list = useInfiniteQuery(controlPeopleQuery(behind))
  const set = (change: { figure?: string; side?: string | undefined; month?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const query = new URLSearchParams({ ...searchOf(behind) }).toString()
  return (
    <PeopleList
      title={names[behind.figure]}
      part={t`Global control group`}
      back={{ href: `/reports/control-group${query && `?${query}`}`, label: t`Global control group` }}
      subtitle={[whole?.span && groupName(whole.span), behind.month && monthName(behind.month, format.locale)]}
      csv={controlPeopleCsvUrl(behind)}
      storeKey="control-people"
      list={list}
      columns={useColumns(whole?.currency ?? null)}
      toolbar={
        <>
          <Select
            aria-label={t`Figure`}
            w={240}
            allowDeselect={false}
            value={behind.figure}
            data={Object.entries(names).map(([value, label]) => ({ value, label }))}
            onChange={(figure) => figure && set({ figure })}
          />
          <Select
            aria-label={t`Group`}
            w={288}
            placeholder={t`Both groups`}
            clearable
            clearButtonProps={{ 'aria-label': t`Clear` }}
            value={behind.side ?? null}
            data={Object.entries(sideNames).map(([value, label]) => ({ value, label }))}
            onChange={(side) => set({ side: side ?? undefined })}
          />
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

function useColumns(currency: string | null): Column<ControlPerson>[] {
  const { t } = useLingui()
  const format = useFormat()
  const sideNames = useSideNames()
  return [
    {
      id: 'side',
      header: t`Group`,
      hide: 'sm',
      render: ({ side }) => <Named arm={side === 'kept' ? 'control' : 'A'} name={sideNames[side]} />,
    },
    { id: 'entered', header: t`First mailing`, render: ({ entered_at }) => <DateTime at={entered_at} /> },
    {
      id: 'letters',
      header: t`Letters`,
      align: 'right',
      hide: 'md',
      render: ({ letters }) => format.number(letters),
    },
    {
      id: 'orders',
      header: t`Orders`,
      align: 'right',
      hide: 'sm',
      render: ({ orders }) => format.number(orders),
    },
    {
      id: 'revenue',
      header: t`Revenue`,
      align: 'right',
      render: ({ revenue }) => (revenue === 0 ? NOTHING : format.money(revenue, currency)),
    },
  ]
}
