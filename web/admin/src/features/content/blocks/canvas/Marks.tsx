import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconAlertTriangle, IconFilter, IconRepeat } from '@tabler/icons-react'

import { nameOf } from '../core/conditions'
import type { Condition, Repeat } from '../core/document'
import { useEditorContext } from '../EditorContext'
import { useConditionText } from '../settings/useConditionText'
import css from './Canvas.module.css'

interface MarksProps {
  id: string
  condition?: Condition | null
  repeat?: Repeat | null
}

/** Small labels of a block or row: who sees it, what it is repeated over, what is wrong with it. */
export function Marks({ id, condition, repeat }: MarksProps) {
  const { t } = useLingui()
  const { problems, variables } = useEditorContext()
  const textOf = useConditionText()
  const found = problems.get(id) ?? []
  const hasCondition = (condition?.test.length ?? 0) > 0
  if (!hasCondition && !repeat && found.length === 0) return null
  const isError = found.some(({ level }) => level === 'error')
  return (
    <div className={css.marks}>
      {found.length > 0 && (
        <span data-level={isError ? 'error' : 'warning'} title={found.map(({ message }) => message).join('\n')}>
          {isError ? (
            <IconAlertCircle size={13} role="img" aria-label={t`error`} />
          ) : (
            <IconAlertTriangle size={13} role="img" aria-label={t`warning`} />
          )}
          {found.length > 1 && found.length}
        </span>
      )}
      {condition && hasCondition && (
        <span title={textOf(condition)}>
          <IconFilter size={13} aria-hidden />
          {textOf(condition)}
        </span>
      )}
      {repeat && (
        <span>
          <IconRepeat size={13} aria-hidden />
          <Trans>for each: {nameOf(variables, repeat.over)}</Trans>
        </span>
      )}
    </div>
  )
}
