import { Button, Skeleton } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { type Column, DataTable } from '../../../components/DataTable'
import { Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { type Change, changedPeopleQuery, segmentChangesQuery } from '../../../lib/api/endpoints/overTime'
import type { DayOfChanges } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { PeopleBehind } from './PeopleBehind'

interface Chosen {
  date: string
  change: Change
  count: number
}

/** Who entered a segment and who left it, day by day. */
export function Changes({ segmentId }: { segmentId: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const changes = useQuery(segmentChangesQuery(segmentId, 30))
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const rows = changes.data?.filter((day) => day.entered + day.left > 0).toReversed()
  const cell = (day: DayOfChanges, change: Change) => {
    const count = change === 'entered' ? day.entered : day.left
    if (count === 0) return NOTHING
    return (
      <Button
        variant="subtle"
        size="compact-sm"
        aria-label={
          change === 'entered'
            ? t`Entered on ${format.date(day.date)}: ${format.number(count)}`
            : t`Left on ${format.date(day.date)}: ${format.number(count)}`
        }
        onClick={() => setChosen({ date: day.date, change, count })}
      >
        {format.signed(change === 'entered' ? count : -count)}
      </Button>
    )
  }
  const columns: Column<DayOfChanges>[] = [
    { id: 'date', header: t`Day`, render: (day) => format.date(day.date) },
    { id: 'entered', header: t`Entered`, align: 'right', render: (day) => cell(day, 'entered') },
    { id: 'left', header: t`Left`, align: 'right', render: (day) => cell(day, 'left') },
  ]
  return (
    <>
      <Panel title={t`Who entered and who left`} hint={t`The last 30 days`} flush>
        {changes.error ? (
          <ErrorNote error={changes.error} retry={() => void changes.refetch()} />
        ) : !rows ? (
          <Skeleton height={120} />
        ) : (
          <DataTable
            label={t`Who entered and who left`}
            columns={columns}
            rows={rows}
            rowKey={(day) => day.date}
            keys={false}
            empty={<Empty title={t`Nobody entered or left`} />}
          />
        )}
      </Panel>
      {chosen && <Behind key={`${chosen.date}${chosen.change}`} segmentId={segmentId} chosen={chosen} />}
    </>
  )
}

function Behind({ segmentId, chosen }: { segmentId: string; chosen: Chosen }) {
  const { t } = useLingui()
  const format = useFormat()
  const list = useInfiniteQuery(changedPeopleQuery(segmentId, chosen.change, chosen.date))
  const day = format.date(chosen.date)
  return (
    <PeopleBehind
      title={chosen.change === 'entered' ? t`Entered on ${day}` : t`Left on ${day}`}
      count={chosen.count}
      list={list}
    />
  )
}
