import { Button, Group } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { usePersonName } from '../../../components/personName'
import { Empty, ErrorNote } from '../../../components/States'
import type { PersonBehind } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'

/** What every list of people behind a figure knows of them; `person` is null once erased. */
type Row = Pick<PersonBehind, 'profile_id' | 'person'>

interface PeopleListProps<Person extends Row> {
  title: string
  part: string | undefined
  back: { href: string; label: string }
  /** What the figure is of; how many there are stands last. */
  subtitle?: (string | false | null | undefined)[]
  csv: string
  storeKey: string
  list: UseInfiniteQueryResult<InfiniteData<{ items: Person[]; total: number | null }>>
  /** What is told of each beside the name and the e-mail. */
  columns: Column<Person>[]
  toolbar: ReactNode
}

/** The people behind a figure: exactly as many as it says, each a link to his card. */
export function PeopleList<Person extends Row>(props: PeopleListProps<Person>) {
  const { title, part, back, subtitle = [], csv, storeKey, list, columns, toolbar } = props
  const { t } = useLingui()
  const format = useFormat()
  const personName = usePersonName()
  const total = list.data?.pages[0]?.total ?? null
  const who: Column<Person>[] = [
    {
      id: 'name',
      header: t({ context: 'person', message: 'Name' }),
      render: ({ person }) =>
        person ? (
          personName(person)
        ) : (
          <span style={{ color: 'var(--text-dim)' }}>{t({ context: 'person', message: 'erased' })}</span>
        ),
    },
    { id: 'email', header: t`E-mail`, hide: 'sm', render: ({ person }) => person?.email ?? NOTHING },
  ]
  return (
    <Page
      title={title}
      part={part}
      back={back}
      subtitle={[...subtitle, total !== null && t`${format.number(total)} people`].filter(Boolean).join(' · ') || undefined}
      actions={
        <Button component="a" variant="default" href={csv} download leftSection={<IconDownload size={16} />}>
          <Trans>CSV</Trans>
        </Button>
      }
    >
      <Panel flush>
        <DataTable
          label={title}
          storeKey={storeKey}
          columns={[...who, ...columns]}
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
          toolbar={<Group gap={8}>{toolbar}</Group>}
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
