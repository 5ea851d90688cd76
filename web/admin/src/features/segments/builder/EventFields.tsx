import { Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'

import { PropertyFilters } from '../../../components/rules/PropertyFilters'
import { schemaQuery } from '../../../lib/api/endpoints/segments'
import type { LeafOf } from '../../../lib/rules/types'
import css from './Builder.module.css'
import { CountInput } from './CountInput'
import type { FieldsProps } from './LeafFields'
import { WindowInput } from './WindowInput'

export function EventFields({ node, onChange }: FieldsProps<LeafOf<'event'>>) {
  const { t } = useLingui()
  const { data } = useQuery(schemaQuery)
  const names = (data?.events ?? []).map((event) => event.name)
  const properties = data?.events.find((event) => event.name === node.event)?.properties ?? []
  return (
    <>
      <Select
        aria-label={t`Event`}
        placeholder={t`Choose an event`}
        w={200}
        searchable
        nothingFoundMessage={t`No such event`}
        error={!node.event}
        value={node.event || null}
        data={[...new Set([...names, ...(node.event ? [node.event] : [])])]}
        onChange={(event) => event && onChange({ ...node, event, filters: [] })}
      />
      <CountInput label={t`Event`} test={node.test} onChange={(test) => onChange({ ...node, test })} />
      <span className={css.text}>
        <Trans>times</Trans>
      </span>
      <WindowInput label={t`Event`} window={node.window} onChange={(window) => onChange({ ...node, window })} />
      {node.event && (
        <div className={css.more}>
          <PropertyFilters
            event={node.event}
            properties={properties}
            filters={node.filters}
            onChange={(filters) => onChange({ ...node, filters })}
          />
        </div>
      )}
    </>
  )
}
