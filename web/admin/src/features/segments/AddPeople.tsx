import { Button, Group as Row, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Panel } from '../../components/Page'
import { ErrorNote, Note } from '../../components/States'
import { addListed } from '../../lib/api/endpoints/segments'
import type { Segment } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { PeopleText } from './NewSegmentPage'
import css from './Segment.module.css'

/** Adding people to a list by their addresses, phones or ids. */
export function AddPeople({ segment }: { segment: Segment }) {
  const { t } = useLingui()
  const format = useFormat()
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [kind, setKind] = useState<'auto' | 'email' | 'phone' | 'user_id' | 'profile_id'>('auto')
  const add = useMutation({
    mutationFn: () => addListed(segment.id, { text, kind }),
    onSuccess: () => {
      setText('')
      void client.invalidateQueries({ queryKey: ['segments'] })
    },
  })
  return (
    <Panel title={t`Add people`} hint={t`E-mail addresses, phones or user IDs: one a line, or a file.`}>
      <Stack gap={12}>
        <PeopleText text={text} onChange={setText} />
        <Row gap={8} align="flex-end">
          <Select
            label={t`These are`}
            w={220}
            value={kind}
            data={[
              { value: 'auto', label: t`whatever each looks like` },
              { value: 'email', label: t`e-mail addresses` },
              { value: 'phone', label: t`phones` },
              { value: 'user_id', label: t`user IDs` },
              { value: 'profile_id', label: t`numbers of customers` },
            ]}
            onChange={(value) => value && setKind(value as typeof kind)}
          />
          <Button disabled={!text.trim()} loading={add.isPending} onClick={() => add.mutate()}>
            <Trans>Add to the list</Trans>
          </Button>
        </Row>
        {add.error && <ErrorNote error={add.error} />}
        {add.data && (
          <Note level={add.data.unknown ? 'warning' : 'info'}>
            <Trans>
              People found: {format.number(add.data.found)}. Values that nobody has:{' '}
              {format.number(add.data.unknown)}.
            </Trans>
            {add.data.examples.length > 0 && <div className={css.dim}>{add.data.examples.join(', ')}</div>}
          </Note>
        )}
      </Stack>
    </Panel>
  )
}
