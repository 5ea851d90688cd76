import { Select } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { Panel } from '../../components/Page'
import type { ImportFile, ImportOptions } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import { type Effect, useEffects } from './effects'
import css from './Import.module.css'

interface WordsProps {
  file: ImportFile
  options: ImportOptions
  onChange: (part: ImportOptions) => void
}

/** What each word of the column of statuses does; unknown ones must be told. */
export function Words({ file, options, onChange }: WordsProps) {
  const { t } = useLingui()
  const format = useFormat()
  const effects = useEffects(file.kind)
  if (file.words.length === 0) return null
  return (
    <Panel
      title={t`What the statuses mean`}
      hint={t`Words of the first rows. Rows with a word that means nothing here go to the file of errors.`}
      flush
    >
      <div className={css.scroller}>
        <table className={css.table} aria-label={t`What the statuses mean`}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Status</Trans>
              </th>
              <th scope="col">
                <Trans>In the first rows</Trans>
              </th>
              <th scope="col">
                <Trans>The person</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {file.words.map(({ word, rows, effect }) => (
              <tr key={word}>
                <th scope="row">{word}</th>
                <td className="tnum">{format.number(rows)}</td>
                <td>
                  <Select
                    aria-label={t`${word}: what it means`}
                    w={320}
                    placeholder={t`Say what it means`}
                    error={(options.effects?.[word] ?? effect) === null}
                    value={options.effects?.[word] ?? effect}
                    data={effects}
                    allowDeselect={false}
                    onChange={(chosen) =>
                      chosen && onChange({ effects: { ...options.effects, [word]: chosen as Effect } })
                    }
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
