import { MultiSelect } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { segmentChoicesQuery } from '../../../lib/api/endpoints/segments'

interface SegmentsInputProps {
  value: string[]
  onChange: (ids: string[]) => void
  most: number
  description: string
}

/** Chooses segments in an order that means something. */
export function SegmentsInput({ value, onChange, most, description }: SegmentsInputProps) {
  const { t } = useLingui()
  const choices = useQuery(segmentChoicesQuery)
  return (
    <MultiSelect
      label={t`Segments`}
      description={description}
      placeholder={value.length === 0 ? t`Choose segments` : undefined}
      data={(choices.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
      value={value}
      onChange={onChange}
      maxValues={most}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t`Clear` }}
      nothingFoundMessage={<Trans>No such segment</Trans>}
      hidePickedOptions
    />
  )
}
