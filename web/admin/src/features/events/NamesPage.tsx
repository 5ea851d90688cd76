import { Drawer, SegmentedControl, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'

import { AppLink } from '../../components/AppLink'
import { LineChart } from '../../components/charts/LineChart'
import { evenDays } from '../../components/charts/midnights'
import { type Column, DataTable } from '../../components/DataTable'
import { Page, Panel } from '../../components/Page'
import { SearchInput } from '../../components/SearchInput'
import { Empty, ErrorNote } from '../../components/States'
import { Ago } from '../../components/Time'
import { eventNamesQuery, eventSeriesQuery } from '../../lib/api/endpoints/events'
import type { EventName } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { EventsNav } from './EventsNav'

const route = getRouteApi('/inside/events/names')

export function NamesPage() {
  const { t } = useLingui()
  const format = useFormat()
  const { q = '', name } = route.useSearch()
  const navigate = route.useNavigate()
  const names = useQuery(eventNamesQuery)
  const words = q.toLowerCase()
  const rows = names.data?.filter((row) => row.name.toLowerCase().includes(words))
  const open = names.data?.find((row) => row.name === name)
  const columns: Column<EventName>[] = [
    { id: 'name', header: t`Name`, render: (row) => row.name },
    { id: 'count', header: t`All time`, align: 'right', render: (row) => format.number(row.count) },
    { id: 'day', header: t`24 hours`, align: 'right', render: (row) => format.number(row.count_24h) },
    { id: 'properties', header: t`Properties`, align: 'right', hide: 'sm', render: (row) => format.number(row.properties.length) },
    { id: 'seen', header: t`Last seen`, hide: 'sm', render: (row) => <Ago at={row.last_seen} /> },
  ]
  return (
    <Page title={t`Events`}>
      <EventsNav />
      <Panel flush>
        <DataTable
          label={t`Names of events`}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.name}
          href={(row) => `/events/names?${new URLSearchParams({ ...(q && { q }), name: row.name })}`}
          error={names.error && <ErrorNote error={names.error} retry={() => void names.refetch()} />}
          toolbar={
            <SearchInput
              placeholder={t`Find an event`}
              value={q}
              onChange={(text) => void navigate({ search: { q: text || undefined }, replace: true })}
            />
          }
          empty={
            <Empty title={t`No such events`}>
              <Trans>Names appear here with the first event of each.</Trans>
            </Empty>
          }
        />
      </Panel>
      <Drawer
        opened={Boolean(open)}
        onClose={() => void navigate({ search: (old) => ({ ...old, name: undefined }) })}
        position="right"
        size={520}
        title={open?.name}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        {open && <EventNameDetails row={open} />}
      </Drawer>
    </Page>
  )
}

function EventNameDetails({ row }: { row: EventName }) {
  const { t } = useLingui()
  const format = useFormat()
  const [days, setDays] = useState('30')
  const typeNames: Record<EventName['properties'][number]['type'], string> = {
    string: t`text`,
    number: t`number`,
    bool: t`yes or no`,
    list: t`list`,
    objects: t`list of objects`,
  }
  const series = useQuery(eventSeriesQuery(row.name, Number(days)))
  return (
    <Stack gap={16}>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 12 }}>
        <AppLink href={`/events?${new URLSearchParams({ name: row.name })}`}>
          <Trans>Show these events</Trans>
        </AppLink>
        <SegmentedControl
          aria-label={t`Period`}
          value={days}
          onChange={setDays}
          data={[
            { value: '7', label: t`7 days` },
            { value: '30', label: t`30 days` },
            { value: '90', label: t`90 days` },
          ]}
        />
      </div>
      {series.error && <ErrorNote error={series.error} />}
      {series.data ? (
        <LineChart
          label={t`Events a day`}
          height={180}
          wholeNumbers
          lines={[
            {
              name: row.name,
              color: '--accent',
              area: true,
              points: series.data.days.map((day) => [`${day.date}T12:00:00Z`, day.events]),
            },
          ]}
          formatValue={format.number}
          formatTime={(at) => format.date(new Date(at))}
          formatAxisTime={(at) => format.shortDate(new Date(at))}
          axisTimes={evenDays}
        />
      ) : (
        <Skeleton height={180} />
      )}
      <table style={{ width: '100%', fontSize: 13, borderCollapse: 'collapse' }} aria-label={t`Properties`}>
        <thead>
          <tr style={{ textAlign: 'left', color: 'var(--text-dim)', fontSize: 12 }}>
            <th scope="col" style={{ fontWeight: 500, padding: '4px 0' }}>
              <Trans>Property</Trans>
            </th>
            <th scope="col" style={{ fontWeight: 500 }}>
              <Trans>Type</Trans>
            </th>
            <th scope="col" style={{ fontWeight: 500 }}>
              <Trans>Sample</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {row.properties.map((property) => (
            <tr key={`${property.path}-${property.type}`} style={{ borderTop: '1px solid var(--line)' }}>
              <td style={{ padding: '6px 8px 6px 0', fontWeight: 500 }}>{property.path}</td>
              <td style={{ paddingRight: 8, color: 'var(--text-dim)' }}>{typeNames[property.type]}</td>
              <td style={{ overflowWrap: 'anywhere' }}>
                {property.sample == null ? '' : String(property.sample)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Stack>
  )
}
