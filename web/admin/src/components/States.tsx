import { Button } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconAlertCircle,
  IconAlertTriangle,
  IconCircleCheck,
  IconInfoCircle,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'

import { ApiError, Offline } from '../lib/api/client'
import css from './States.module.css'

interface EmptyProps {
  title: string
  children?: ReactNode
  action?: ReactNode
}

/** Says in a sentence what would stand here and offers the next step. */
export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div className={css.empty}>
      <strong>{title}</strong>
      {children && <p>{children}</p>}
      {action && <div>{action}</div>}
    </div>
  )
}

const ICONS = {
  error: IconAlertCircle,
  block: IconAlertCircle,
  warning: IconAlertTriangle,
  warn: IconAlertTriangle,
  info: IconInfoCircle,
  ok: IconCircleCheck,
}
export type NoteLevel = keyof typeof ICONS

/** A remark that stands beside what it concerns. */
export function Note({ level, children }: { level: NoteLevel; children: ReactNode }) {
  const Icon = ICONS[level]
  return (
    <div
      className={css.note}
      data-level={level}
      role={level === 'error' || level === 'block' ? 'alert' : undefined}
    >
      <Icon size={16} aria-hidden />
      <div>{children}</div>
    </div>
  )
}

export function useErrorText(): (error: unknown) => string {
  const { t } = useLingui()
  return (error) => {
    if (error instanceof Offline) {
      return t`The server does not answer. Check the connection; what you entered is kept.`
    }
    if (error instanceof ApiError) {
      if (error.status === 403) return t`Your role does not allow this. Ask the owner of the workspace.`
      if (error.message && !error.message.startsWith('HTTP ')) {
        return error.hint ? `${error.message} ${error.hint}` : error.message
      }
      return t`The server answered with an error (${error.status}). Try again in a minute.`
    }
    return t`Something went wrong in the interface. Reload the page.`
  }
}

/** An error beside the thing that failed, with a way to try again. */
export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const text = useErrorText()
  return (
    <Note level="error">
      {text(error)}
      {retry && (
        <>
          {' '}
          <Button variant="subtle" color="red" size="compact-xs" onClick={retry}>
            <Trans>Try again</Trans>
          </Button>
        </>
      )}
    </Note>
  )
}

export type Tone = 'good' | 'live' | 'warn' | 'bad' | 'idle' | 'dim'

/** A state in words with a dot before it: colour never speaks alone. */
export function StateLabel({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={css.state} data-tone={tone}>
      <i aria-hidden />
      {children}
    </span>
  )
}
