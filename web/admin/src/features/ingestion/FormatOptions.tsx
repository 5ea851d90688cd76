import { Select, Switch } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import type { ImportFile, ImportFormat } from '../../lib/api/types'
import css from './Import.module.css'

const ENCODINGS = [
  'utf-8',
  'windows-1251',
  'utf-16',
  'koi8-r',
  'ibm866',
  'mac-cyrillic',
  'windows-1252',
] as const

/** How the bytes are read; only what can be chosen for this kind of file. */
export function FormatOptions({
  file,
  onChange,
}: {
  file: ImportFile
  onChange: (part: ImportFormat) => void
}) {
  const { t } = useLingui()
  return (
    <div className={css.options}>
      {file.source === 'csv' && (
        <>
          <Select
            label={t`Encoding`}
            w={170}
            value={file.encoding}
            data={[...new Set([file.encoding, ...ENCODINGS])]}
            onChange={(encoding) => onChange({ encoding })}
          />
          <Select
            label={t`Separator`}
            w={170}
            value={file.separator}
            data={[
              { value: ',', label: t`comma` },
              { value: ';', label: t`semicolon` },
              { value: '\t', label: t`tab` },
              { value: '|', label: t`vertical bar` },
            ]}
            onChange={(separator) => onChange({ separator })}
          />
        </>
      )}
      {file.sheets.length > 1 && (
        <Select
          label={file.source !== 'xlsx' && file.packed ? t`File in the archive` : t`Sheet`}
          w={220}
          value={String(file.sheet)}
          data={file.sheets.map((name, i) => ({ value: String(i), label: name || String(i + 1) }))}
          onChange={(sheet) => sheet !== null && onChange({ sheet: Number(sheet) })}
        />
      )}
      {file.source !== 'jsonl' && (
        <Switch
          mb={6}
          label={t`The first line holds the names of columns`}
          checked={file.header}
          onChange={(event) => onChange({ header: event.currentTarget.checked })}
        />
      )}
    </div>
  )
}

/** What the file was recognised as, in a few words. */
export function useFormatLine(): (file: Pick<ImportFile, 'source' | 'packed'> & { encoding?: string }) => string {
  const { t } = useLingui()
  return ({ source, packed, encoding }) => {
    const names = { csv: 'CSV', jsonl: t`JSON lines`, xlsx: 'XLSX' }
    const text = source === 'xlsx' || !encoding ? names[source] : `${names[source]}, ${encoding}`
    return packed ? t`${text}, packed` : text
  }
}
