import { Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { Empty } from '../../components/States'
import type { ImportFile } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import css from './Import.module.css'

interface PreviewTableProps {
  rows: ImportFile['rows']
  isStale: boolean
}

/** The first rows of the file as they would be stored, with what is wrong beside each. */
export function PreviewTable({ rows, isStale }: PreviewTableProps) {
  const { t } = useLingui()
  if (rows.length === 0) {
    return (
      <Empty title={t`Nothing to show yet`}>
        <Trans>Point at the columns that are needed: an identifier, and for orders a number and a date.</Trans>
      </Empty>
    )
  }
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row.values)))]
  const hasProblems = rows.some((row) => row.problems.length > 0)
  return (
    <div className={css.scroller} style={{ opacity: isStale ? 0.6 : 1 }}>
      <table className={css.table} aria-label={t`First rows`} aria-busy={isStale}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Line</Trans>
            </th>
            {fields.map((field) => (
              <th key={field} scope="col">
                {field}
              </th>
            ))}
            {hasProblems && (
              <th scope="col">
                <Trans>What is wrong</Trans>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line} className={row.problems.length > 0 ? css.bad : undefined}>
              <td className="tnum">{row.line}</td>
              {fields.map((field) => (
                <td key={field}>{shown(row.values[field])}</td>
              ))}
              {hasProblems && (
                <td className={css.problem}>
                  <Stack gap={2}>
                    {row.problems.map((problem) => (
                      <span key={`${problem.column}-${problem.code}`}>
                        {problem.column && `${problem.column}: `}
                        {problem.message}
                      </span>
                    ))}
                  </Stack>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') return NOTHING
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
