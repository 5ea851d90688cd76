import { Skeleton } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../components/AppLink'
import { ErrorNote } from '../../../components/States'
import type { CampaignInput, Check } from '../../../lib/api/types'
import { CheckLine } from './CheckLine'
import css from './Editor.module.css'
import { BadLinks, LinksInOrder, useAskedLinks } from './LinkChecks'

interface ChecksProps {
  checks: Check[] | undefined
  error: unknown
  draft: CampaignInput
}

/** What stands in the way and what deserves a look; each line leads to where it is mended. */
export function Checks({ checks, error, draft }: ChecksProps) {
  const { t } = useLingui()
  const links = useAskedLinks(draft)
  if (error) return <ErrorNote error={error} />
  if (!checks) return <Skeleton height={72} />
  const lines = [...new Map(checks.map((check) => [check.message, check])).values()]
  const of = (level: Check['level']) =>
    lines.filter((check) => check.level === level).map((check) => <FoundLine key={check.message} check={check} />)
  return (
    <ul className={css.checks} aria-label={t`Checks`} tabIndex={0}>
      {of('block')}
      {of('warn')}
      <BadLinks asked={links} />
      {of('ok')}
      <LinksInOrder asked={links} />
    </ul>
  )
}

function FoundLine({ check }: { check: Check }) {
  return (
    <CheckLine level={check.level}>
      {check.level === 'ok' ? (
        <span>{check.message}</span>
      ) : check.letter_id ? (
        <AppLink href={placeOf(check)}>{check.message}</AppLink>
      ) : (
        <a href={`#${check.section}`}>{check.message}</a>
      )}
    </CheckLine>
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
