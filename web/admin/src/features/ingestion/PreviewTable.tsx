import { Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../components/AppLink'
import { Empty } from '../../components/States'
import type { ImportFile } from '../../lib/api/types'
import { NOTHING } from '../../lib/format/format'
import css from './Import.module.css'

type Row = ImportFile['rows'][number]
type Meeting = NonNullable<Row['meets']>

interface PreviewTableProps {
  rows: Row[]
  isStale: boolean
}

/** The first rows of the file as they would be stored: whom each meets, and what is wrong. */
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
  const hasMeetings = rows.some((row) => row.meets)
  return (
    <div className={css.scroller} style={{ opacity: isStale ? 0.6 : 1 }}>
      <table className={css.table} aria-label={t`First rows`} aria-busy={isStale}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Line</Trans>
            </th>
            {hasMeetings && (
              <th scope="col">
                <Trans>Customer</Trans>
              </th>
            )}
            {hasProblems && (
              <th scope="col">
                <Trans>What is wrong</Trans>
              </th>
            )}
            {fields.map((field) => (
              <th key={field} scope="col">
                {field}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line} className={row.problems.length > 0 ? css.bad : undefined}>
              <td className="tnum">{row.line}</td>
              {hasMeetings && <td>{row.meets ? <Met meeting={row.meets} /> : NOTHING}</td>}
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
              {fields.map((field) => (
                <td key={field}>{shown(row.values[field])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Met({ meeting: { outcome, people, same_as } }: { meeting: Meeting }) {
  const { t } = useLingui()
  const words = {
    new: t({ context: 'a customer', message: 'new' }),
    updates: t`updates`,
    joins: t`joins into one:`,
    apart: t`several, the rules keep them apart:`,
  }
  if (outcome === 'new' && same_as != null) {
    return (
      <span className={css.met}>
        <Trans>the same as in line {same_as}</Trans>
      </span>
    )
  }
  return (
    <span className={css.met} data-outcome={outcome}>
      {words[outcome]}{' '}
      {people.map((person, i) => (
        <span key={person.id}>
          {i > 0 && ', '}
          <AppLink href={`/customers/${person.id}`}>{person.name}</AppLink>
        </span>
      ))}
    </span>
  )
}

function shown(value: unknown): string {
  if (value === null) return '×'
  if (value === undefined || value === '') return NOTHING
  if (Array.isArray(value)) return value.map(String).join(' · ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
