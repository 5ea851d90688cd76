import { Select } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { segmentChoicesQuery } from '../../../lib/api/endpoints/segments'

interface SegmentChoiceProps {
  segment: string | undefined
  onChange: (segment: string | undefined) => void
}

/** Of whom a report is: of everybody, or only of the people of a segment as it is now. */
export function SegmentChoice({ segment, onChange }: SegmentChoiceProps) {
  const { t } = useLingui()
  const { data } = useQuery(segmentChoicesQuery)
  return (
    <Select
      aria-label={t`Whose figures`}
      w={240}
      maw="100%"
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t`Clear` }}
      placeholder={t`Of everybody`}
      nothingFoundMessage={t`No such segment`}
      value={segment ?? null}
      data={(data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(value) => onChange(value ?? undefined)}
    />
  )
}
