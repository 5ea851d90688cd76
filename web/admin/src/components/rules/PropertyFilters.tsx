import { ActionIcon, Autocomplete, Button, Group, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'

import { propertyValuesQuery } from '../../lib/api/endpoints/segments'
import { defaultTest, typeOf } from '../../lib/rules/tests'
import type { PropertyFilter } from '../../lib/rules/types'
import { TestInput } from './TestInput'

interface PropertyFiltersProps {
  event: string
  properties: { path: string; type: string }[]
  filters: PropertyFilter[]
  onChange: (filters: PropertyFilter[]) => void
}

/** Which of the events of a name count: tests of their properties, all of which must pass. */
export function PropertyFilters({ event, properties, filters, onChange }: PropertyFiltersProps) {
  const { t } = useLingui()
  const typeFor = (path: string) => typeOf(properties.find((p) => p.path === path)?.type ?? 'string')
  const replace = (index: number, filter: PropertyFilter) =>
    onChange(filters.map((old, place) => (place === index ? filter : old)))
  return (
    <Stack gap={6}>
      {filters.map((filter, index) => (
        <Group key={index} gap={6} align="flex-start">
          <span style={{ lineHeight: '32px', color: 'var(--text-dim)', fontSize: 13 }}>
            <Trans>where</Trans>
          </span>
          <Autocomplete
            aria-label={t`Property of the event`}
            placeholder={t`property`}
            w={150}
            value={filter.path}
            data={properties.map((p) => p.path)}
            error={filter.path === ''}
            onChange={(path) =>
              replace(index, {
                path,
                test: typeFor(path) === typeFor(filter.path) ? filter.test : defaultTest(typeFor(path)),
              })
            }
          />
          <TestInput
            label={filter.path || t`property`}
            test={filter.test}
            type={typeFor(filter.path)}
            values={(prefix) => propertyValuesQuery(event, filter.path, prefix)}
            onChange={(test) => replace(index, { ...filter, test })}
          />
          <ActionIcon
            size={32}
            aria-label={t`Remove the property ${filter.path}`}
            onClick={() => onChange(filters.filter((_, place) => place !== index))}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          disabled={!event}
          onClick={() =>
            onChange([...filters, { path: '', test: { op: 'eq', value: '' } }])
          }
        >
          <Trans>Property of the event</Trans>
        </Button>
      </div>
    </Stack>
  )
}
