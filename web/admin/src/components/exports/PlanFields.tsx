import { Checkbox, Group, MultiSelect, SegmentedControl, Select, Stack } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { eventNamesQuery } from '../../lib/api/endpoints/events'
import { exportColumnsQuery } from '../../lib/api/endpoints/exports'
import { segmentChoicesQuery } from '../../lib/api/endpoints/segments'
import type { ExportFormat, ExportPlan } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { dayOf, dayStart } from '../../lib/format/zones'
import { DateField } from '../DateField'

interface PlanFieldsProps {
  plan: ExportPlan
  onChange: (plan: ExportPlan) => void
  /** A schedule of what is new has periods of its own. */
  withPeriod: boolean
}

/** What to take out and in which form. */
export function PlanFields({ plan, onChange, withPeriod }: PlanFieldsProps) {
  const { t } = useLingui()
  const columns = useQuery(exportColumnsQuery(plan.subject))
  const segments = useQuery(segmentChoicesQuery)
  const names = useQuery({ ...eventNamesQuery, enabled: plan.subject === 'events' })
  const set = (part: Partial<ExportPlan>) => onChange({ ...plan, ...part })
  const { timeZone } = useFormat()
  const since = plan.since ? dayOf(plan.since, timeZone) : null
  const until = plan.until ? dayOf(plan.until, timeZone) : null
  const forExcel = plan.bom === true && plan.separator === ';'
  const usual = (columns.data ?? []).filter((column) => column.usual).map((column) => column.name)
  const chosen = plan.columns?.length ? plan.columns : usual
  return (
    <Stack gap={12}>
      <div>
        <SegmentedControl
          aria-label={t`Format`}
          value={plan.format ?? 'csv'}
          data={[
            { value: 'csv', label: 'CSV' },
            { value: 'jsonl', label: 'JSON Lines' },
            { value: 'parquet', label: 'Parquet' },
          ]}
          onChange={(format) =>
            set({
              format: format as ExportFormat,
              ...(format !== 'csv' && { bom: false, separator: ',' as const }),
              ...(format === 'parquet' && { compress: 'none' as const }),
            })
          }
        />
      </div>
      {plan.subject !== 'profiles' && (
        <Select
          label={t`Only of people in the segment`}
          placeholder={t`Everybody`}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t`Everybody` }}
          value={plan.segment_id ?? null}
          data={(segments.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(segment_id) => set({ segment_id })}
        />
      )}
      {plan.subject === 'profiles' && (
        <Select
          label={t`Segment`}
          placeholder={t`All customers`}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t`All customers` }}
          value={plan.segment_id ?? null}
          data={(segments.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(segment_id) => set({ segment_id })}
        />
      )}
      {plan.subject === 'events' && (
        <MultiSelect
          label={t`Events`}
          placeholder={plan.names?.length ? '' : t`All events`}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t`All events` }}
          value={plan.names ?? []}
          data={(names.data ?? []).map((row) => row.name)}
          onChange={(chosenNames) => set({ names: chosenNames })}
        />
      )}
      {withPeriod && plan.subject !== 'profiles' && (
        <Group grow>
          <DateField
            label={t`From`}
            w="100%"
            clearable
            max={until}
            value={since}
            onChange={(day) => set({ since: day && dayStart(day, timeZone) })}
          />
          <DateField
            label={t`Before`}
            w="100%"
            clearable
            min={since}
            value={until}
            onChange={(day) => set({ until: day && dayStart(day, timeZone) })}
          />
        </Group>
      )}
      <MultiSelect
        label={t`Columns`}
        searchable
        hidePickedOptions
        maxDropdownHeight={260}
        value={chosen}
        data={(columns.data ?? []).map((column) => ({ value: column.name, label: column.label }))}
        onChange={(next) => set({ columns: next })}
      />
      {plan.format !== 'jsonl' && plan.format !== 'parquet' && (
        <Checkbox
          label={t`For Russian Excel: semicolons and a mark of UTF-8`}
          checked={forExcel}
          onChange={(event) =>
            set(event.currentTarget.checked ? { bom: true, separator: ';' } : { bom: false, separator: ',' })
          }
        />
      )}
      {plan.format !== 'parquet' && (
        <Checkbox
          label={t`Times in the zone of the workspace instead of UTC`}
          checked={plan.zone === 'workspace'}
          onChange={(event) => set({ zone: event.currentTarget.checked ? 'workspace' : 'utc' })}
        />
      )}
    </Stack>
  )
}
