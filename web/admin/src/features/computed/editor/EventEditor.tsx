import { Autocomplete, Select, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { PropertyFilters } from '../../../components/rules/PropertyFilters'
import css from '../Computed.module.css'
import { EVENT_MEASURES, type EventMeasure, type EventTrait, needsProperty } from '../model'
import { EVENT_MEASURE_WORDS } from '../words'
import { EventSelect, useProperties } from './EventSelect'
import { WindowInput } from './WindowInput'

export function EventEditor({ trait, onChange }: { trait: EventTrait; onChange: (trait: EventTrait) => void }) {
  const { t, i18n } = useLingui()
  const properties = useProperties(trait.event)
  const { kind, property = '' } = trait.measure
  const choose = (next: EventMeasure) =>
    onChange({ ...trait, measure: needsProperty(next) ? { kind: next, property } : { kind: next } })
  return (
    <Stack gap={12}>
      <div className={css.fields}>
        <Select
          aria-label={t`What is computed`}
          w={300}
          value={kind}
          data={EVENT_MEASURES.map((value) => ({ value, label: i18n._(EVENT_MEASURE_WORDS[value]) }))}
          onChange={(value) => value && choose(value as EventMeasure)}
        />
        {needsProperty(kind) && (
          <Autocomplete
            aria-label={t`Property of the event`}
            placeholder={t`property`}
            w={180}
            value={property}
            data={[...new Set(properties.map((one) => one.path))]}
            error={property === ''}
            onChange={(path) => onChange({ ...trait, measure: { kind, property: path } })}
          />
        )}
      </div>
      <div className={css.fields}>
        <span className={css.text}>
          <Trans>of the event</Trans>
        </span>
        <EventSelect event={trait.event} onChange={(event) => onChange({ ...trait, event, filters: [] })} />
        <WindowInput window={trait.window} onChange={(window) => onChange({ ...trait, window })} />
      </div>
      {trait.event && (
        <PropertyFilters
          event={trait.event}
          properties={properties}
          filters={trait.filters}
          onChange={(filters) => onChange({ ...trait, filters })}
        />
      )}
    </Stack>
  )
}
