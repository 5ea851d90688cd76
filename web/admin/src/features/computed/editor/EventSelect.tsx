import { Select } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { schemaQuery } from '../../../lib/api/endpoints/segments'

/** The properties that an event was seen with. */
export function useProperties(event: string) {
  const { data } = useQuery(schemaQuery)
  return data?.events.find((one) => one.name === event)?.properties ?? []
}

export function EventSelect({ event, onChange }: { event: string; onChange: (event: string) => void }) {
  const { t } = useLingui()
  const { data } = useQuery(schemaQuery)
  const names = (data?.events ?? []).map((one) => one.name)
  return (
    <Select
      aria-label={t`Event`}
      placeholder={t`Choose an event`}
      w={220}
      searchable
      nothingFoundMessage={t`No such event`}
      error={!event}
      value={event || null}
      data={[...new Set([...names, ...(event ? [event] : [])])]}
      onChange={(chosen) => chosen && onChange(chosen)}
    />
  )
}
