import { Button, Group as Row, Modal, Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { ErrorNote } from '../../components/States'
import { freezeSegment, segmentHistoryQuery } from '../../lib/api/endpoints/segments'
import type { Segment } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'

/** A fixed list of those who were in the segment at one of its past recounts. */
export function FreezeMoment({ segment, onClose }: { segment: Segment; onClose: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const router = useRouter()
  const client = useQueryClient()
  const { data } = useQuery(segmentHistoryQuery(segment.id))
  const points = (data ?? []).toReversed()
  const [at, setAt] = useState<string | null>(null)
  const chosen = at ?? points[0]?.at ?? null
  const freeze = useMutation({
    mutationFn: (moment: string) =>
      freezeSegment(segment.id, { at: moment, name: t`${segment.name}, ${format.dateTime(moment)}` }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['segments'] })
      router.history.push(`/segments/${made.id}`)
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Keep a past moment as a fixed list`}>
      <Select
        label={t`Recount`}
        data-autofocus
        searchable
        value={chosen}
        data={[...new Map(points.map((point) => [point.at, point])).values()].map((point) => ({
          value: point.at,
          label: `${format.dateTime(point.at)} · ${format.number(point.size)}`,
        }))}
        onChange={setAt}
      />
      {freeze.error && <ErrorNote error={freeze.error} />}
      <Row justify="flex-end" mt={16}>
        <Button variant="default" onClick={onClose}>
          <Trans>Cancel</Trans>
        </Button>
        <Button disabled={!chosen} loading={freeze.isPending} onClick={() => chosen && freeze.mutate(chosen)}>
          <Trans>Make the list</Trans>
        </Button>
      </Row>
    </Modal>
  )
}
