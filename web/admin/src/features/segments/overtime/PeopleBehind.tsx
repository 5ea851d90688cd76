import { Button, Group, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconListCheck } from '@tabler/icons-react'
import { type InfiniteData, type UseInfiniteQueryResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { type Column, DataTable } from '../../../components/DataTable'
import { notifyError } from '../../../components/notify'
import { Panel } from '../../../components/Page'
import { Empty, ErrorNote, useErrorText } from '../../../components/States'
import { Ago } from '../../../components/Time'
import type { ProfileRow, Segment } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useAccess } from '../../../lib/hooks/useAccess'

interface People {
  items: ProfileRow[]
  next_cursor: string | null
}

interface PeopleBehindProps {
  title: string
  count: number
  list: UseInfiniteQueryResult<InfiniteData<People>>
  /** Makes a list of them under this name, where that can be done. */
  keep?: (name: string) => Promise<Segment>
}

/** The people behind a part of a diagram, and a way to keep them as a list. */
export function PeopleBehind({ title, count, list, keep }: PeopleBehindProps) {
  const { t } = useLingui()
  const may = useAccess()
  const router = useRouter()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [name, setName] = useState<string | null>(null)
  const keeping = useMutation({
    mutationFn: async (given: string) => {
      if (keep) router.history.push(`/segments/${(await keep(given)).id}`)
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: ['segments'] }),
    onError: (error) => notifyError(errorText(error)),
  })
  const columns: Column<ProfileRow>[] = [
    {
      id: 'name',
      header: t({ context: 'person', message: 'Name' }),
      render: (row) => row.name || row.email || row.phone || `#${row.id}`,
    },
    { id: 'email', header: t`E-mail`, hide: 'sm', render: (row) => row.email ?? NOTHING },
    { id: 'phone', header: t`Phone`, hide: 'md', render: (row) => row.phone ?? NOTHING },
    { id: 'seen', header: t`Last seen`, hide: 'sm', render: (row) => <Ago at={row.last_seen} /> },
  ]
  return (
    <Panel
      title={title}
      flush
      actions={
        keep &&
        may('edit') &&
        name === null && (
          <Button
            variant="default"
            leftSection={<IconListCheck size={16} />}
            disabled={count === 0}
            onClick={() => setName(title)}
          >
            <Trans>Keep as a list</Trans>
          </Button>
        )
      }
    >
      {name !== null && (
        <form
          style={{ padding: 12 }}
          onSubmit={(event) => {
            event.preventDefault()
            keeping.mutate(name)
          }}
        >
          <Group align="end" gap={8}>
            <TextInput
              label={t`Name of the list`}
              flex={1}
              miw={200}
              value={name}
              data-autofocus
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" loading={keeping.isPending} disabled={!name.trim()}>
              <Trans>Keep</Trans>
            </Button>
            <Button variant="default" onClick={() => setName(null)}>
              <Trans>Cancel</Trans>
            </Button>
          </Group>
        </form>
      )}
      <DataTable
        label={t`People behind a part of the diagram`}
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        href={(row) => `/customers/${row.id}`}
        total={count}
        keys={false}
        more={{
          has: list.hasNextPage,
          loading: list.isFetchingNextPage,
          load: () => void list.fetchNextPage(),
        }}
        error={list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
        empty={<Empty title={t`Nobody is here`} />}
      />
    </Panel>
  )
}
