import { Skeleton } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'

import { AppLink } from '../../../components/AppLink'
import { ErrorNote } from '../../../components/States'
import type { CampaignInput, Check } from '../../../lib/api/types'
import css from './Editor.module.css'
import { LinkChecks } from './LinkChecks'

const ICONS = { block: IconAlertCircle, warn: IconAlertTriangle, ok: IconCircleCheck }
const ORDER = { block: 0, warn: 1, ok: 2 }

interface ChecksProps {
  checks: Check[] | undefined
  error: unknown
  draft: CampaignInput
}

/** What stands in the way and what deserves a look; each line leads to where it is mended. */
export function Checks({ checks, error, draft }: ChecksProps) {
  const { t } = useLingui()
  if (error) return <ErrorNote error={error} />
  if (!checks) return <Skeleton height={72} />
  return (
    <ul className={css.checks} aria-label={t`Checks`} tabIndex={0}>
      {[...new Map(checks.map((check) => [check.message, check])).values()]
        .sort((a, b) => ORDER[a.level] - ORDER[b.level])
        .map((check) => (
          <CheckLine key={`${check.code}-${check.message}`} level={check.level}>
            {check.level === 'ok' ? (
              <span>{check.message}</span>
            ) : check.letter_id ? (
              <AppLink href={placeOf(check)}>{check.message}</AppLink>
            ) : (
              <a href={`#${check.section}`}>{check.message}</a>
            )}
          </CheckLine>
        ))}
      <LinkChecks draft={draft} />
    </ul>
  )
}

export function CheckLine({ level, children }: { level: Check['level']; children: ReactNode }) {
  const { t } = useLingui()
  const Icon = ICONS[level]
  const levels = { block: t`must be fixed`, warn: t`worth a look`, ok: t`in order` }
  return (
    <li data-level={level}>
      <Icon size={16} role="img" aria-label={levels[level]} />
      {children}
    </li>
  )
}

/** The letter, open at the block or the line. */
function placeOf({ letter_id, block_id, row_id, line }: Check): string {
  const place: [string, string][] = block_id
    ? [['block', block_id]]
    : row_id
      ? [['row', row_id]]
      : line
        ? [['line', String(line)]]
        : []
  const query = new URLSearchParams(place).toString()
  return `/letters/${letter_id}${query && `?${query}`}`
}
