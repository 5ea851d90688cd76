import { Checkbox } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { Panel } from '../../components/Page'
import type { ImportFile, ImportOptions } from '../../lib/api/types'
import { FieldInput } from './ColumnField'
import { parseField } from './fields'
import css from './Import.module.css'

interface ColumnsTableProps {
  columns: ImportFile['columns']
  fields: string[]
  mapping: Record<string, string>
  options: ImportOptions
  onChange: (column: string, field: string) => void
  onOptions: (part: ImportOptions) => void
}

/** Where each column goes, beside samples of it; for traits also what an empty cell does. */
export function ColumnsTable({ columns, fields, mapping, options, onChange, onOptions }: ColumnsTableProps) {
  const { t } = useLingui()
  const kindOf = (name: string) => parseField(mapping[name] ?? 'skip').kind
  const hasTraits = columns.some(({ name }) => kindOf(name) === 'trait')
  return (
    <Panel title={t`Columns`} hint={t`Where each column goes. What is left out is not stored.`} flush>
      <div className={css.scroller}>
        <table className={css.table} aria-label={t`Columns`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Column</Trans>
              </th>
              <th scope="col">
                <Trans>Samples</Trans>
              </th>
              <th scope="col">
                <Trans>Goes to</Trans>
              </th>
              {hasTraits && (
                <th scope="col">
                  <Trans>Empty clears</Trans>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {columns.map(({ name, samples, suggested }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className={css.samples}>{samples.filter(Boolean).slice(0, 3).join(', ')}</td>
                <td>
                  <FieldInput
                    column={name}
                    fields={fields}
                    value={mapping[name] ?? suggested}
                    onChange={(field) => onChange(name, field)}
                  />
                </td>
                {hasTraits && (
                  <td>
                    {kindOf(name) === 'trait' && (
                      <Checkbox
                        aria-label={t`${name}: an empty cell clears the trait`}
                        checked={(options.empty_of?.[name] ?? options.empty ?? 'keep') === 'clear'}
                        onChange={(event) =>
                          onOptions({
                            empty_of: {
                              ...options.empty_of,
                              [name]: event.currentTarget.checked ? 'clear' : 'keep',
                            },
                          })
                        }
                      />
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
