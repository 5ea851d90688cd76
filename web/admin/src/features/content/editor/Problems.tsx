import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconAlertTriangle } from '@tabler/icons-react'

import type { LetterProblem } from '../../../lib/api/types'
import css from './Letter.module.css'

interface ProblemsProps {
  problems: LetterProblem[]
  /** Whether a click leads to the place of the problem. */
  leads: (problem: LetterProblem) => boolean
  onOpen: (problem: LetterProblem) => void
}

/** A number of a line says nothing there. */
const ONE_LINE = new Set<LetterProblem['part']>(['subject', 'preheader'])

export function Problems({ problems, leads, onOpen }: ProblemsProps) {
  const { t } = useLingui()
  if (problems.length === 0) return null
  const parts: Record<string, string> = {
    subject: t`subject`,
    preheader: t`preheader`,
    text: t`plain text`,
    amp: 'AMP',
  }
  return (
    <ul className={css.problems} aria-label={t`Problems`}>
      {problems.map((problem, index) => (
        <li key={index} data-level={problem.level}>
          <button type="button" data-line={leads(problem)} onClick={() => onOpen(problem)}>
            {problem.level === 'error' ? (
              <IconAlertCircle size={16} role="img" aria-label={t`error`} />
            ) : (
              <IconAlertTriangle size={16} role="img" aria-label={t`warning`} />
            )}
            <span>
              {parts[problem.part] && <span style={{ color: 'var(--text-dim)' }}>{parts[problem.part]}: </span>}
              {problem.line !== null && !ONE_LINE.has(problem.part) && (
                <span className="tnum" style={{ color: 'var(--text-dim)' }}>
                  {problem.column === null ? (
                    <Trans>line {problem.line}</Trans>
                  ) : (
                    <Trans>
                      line {problem.line}, character {problem.column}
                    </Trans>
                  )}
                  :{' '}
                </span>
              )}
              {problem.message}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
