import { ActionIcon, Checkbox, Group, MultiSelect, Radio, Select, Stack, Text } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { PropertyFilters } from '../../components/rules/PropertyFilters'
import { schemaQuery, segmentChoicesQuery } from '../../lib/api/endpoints/segments'
import type { ChosenSegment, ForwardingChoice } from '../../lib/api/types'
import { readFilters } from '../../lib/rules/types'
import css from './Exports.module.css'

interface ChoiceFieldsProps {
  choice: ForwardingChoice
  onChange: (part: Partial<ForwardingChoice>) => void
}

type Extent = 'all' | 'some' | 'none'

/** What is forwarded: events, conditions on them, and who enters or leaves segments. */
export function ChoiceFields({ choice, onChange }: ChoiceFieldsProps) {
  const { t } = useLingui()
  const schema = useQuery(schemaQuery)
  const [extent, setExtent] = useState<Extent>(!choice.names ? 'all' : choice.names.length ? 'some' : 'none')
  const names = choice.names ?? []
  const events = schema.data?.events ?? []
  const properties = events.filter((event) => names.includes(event.name)).flatMap((event) => event.properties)
  return (
    <>
      <Radio.Group
        label={t`Events`}
        value={extent}
        onChange={(value) => {
          setExtent(value as Extent)
          onChange({ names: value === 'all' ? null : [], filters: [] })
        }}
      >
        <Group gap={16} mt={4}>
          <Radio size="xs" value="all" label={t`all events`} />
          <Radio size="xs" value="some" label={t`chosen ones`} />
          <Radio size="xs" value="none" label={t`none, segments only`} />
        </Group>
      </Radio.Group>
      {extent === 'some' && (
        <MultiSelect
          aria-label={t`Events`}
          placeholder={names.length ? '' : t`Choose events`}
          searchable
          value={names}
          data={events.map((event) => event.name)}
          onChange={(next) => onChange({ names: next, ...(!next.length && { filters: [] }) })}
        />
      )}
      {extent === 'some' && names.length > 0 && (
        <PropertyFilters
          event={names[0] ?? ''}
          properties={properties}
          filters={readFilters(choice.filters ?? [])}
          onChange={(filters) => onChange({ filters: filters.map((filter) => ({ ...filter })) })}
        />
      )}
      {extent !== 'none' && (
        <Checkbox
          label={t`Imported history too`}
          checked={choice.imported ?? false}
          onChange={(event) => onChange({ imported: event.currentTarget.checked })}
        />
      )}
      <SegmentFields chosen={choice.segments ?? []} onChange={(segments) => onChange({ segments })} />
    </>
  )
}

interface SegmentFieldsProps {
  chosen: ChosenSegment[]
  onChange: (chosen: ChosenSegment[]) => void
}

function SegmentFields({ chosen, onChange }: SegmentFieldsProps) {
  const { t } = useLingui()
  const segments = useQuery(segmentChoicesQuery)
  const nameOf = (id: string) => segments.data?.find((segment) => segment.id === id)?.name ?? '…'
  const taken = new Set(chosen.map((one) => one.segment_id))
  const set = (id: string, part: Partial<ChosenSegment>) =>
    onChange(chosen.map((one) => (one.segment_id === id ? { ...one, ...part } : one)))
  return (
    <Stack gap={8}>
      <Text component="span" size="sm" fw={500}>
        <Trans>People who enter or leave segments</Trans>
      </Text>
      {chosen.map(({ segment_id: id, entered = true, left = true }) => {
        const name = nameOf(id)
        return (
          <Group key={id} gap="4px 16px" role="group" aria-label={name}>
            <span style={{ flex: 1, minWidth: 160 }}>{name}</span>
            <Group gap={16} wrap="nowrap">
              <Checkbox
                size="xs"
                label={t`who enters`}
                checked={entered}
                onChange={(event) => set(id, { entered: event.currentTarget.checked })}
              />
              <Checkbox
                size="xs"
                label={t`who leaves`}
                checked={left}
                onChange={(event) => set(id, { left: event.currentTarget.checked })}
              />
              <ActionIcon
                aria-label={t`Take out the segment ${name}`}
                onClick={() => onChange(chosen.filter((one) => one.segment_id !== id))}
              >
                <IconX size={16} />
              </ActionIcon>
            </Group>
          </Group>
        )
      })}
      <Select
        aria-label={t`Add a segment`}
        placeholder={t`Add a segment`}
        searchable
        value={null}
        data={(segments.data ?? [])
          .filter(({ id }) => !taken.has(id))
          .map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(id) => id && onChange([...chosen, { segment_id: id, entered: true, left: true }])}
      />
      {chosen.length > 0 && (
        <span className={css.dim}>
          <Trans>
            Sent as the events “Segment entered” and “Segment left” with the number and the name of the segment, after
            each of its recalculations.
          </Trans>
        </span>
      )}
    </Stack>
  )
}
