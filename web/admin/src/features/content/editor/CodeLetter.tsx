import { SegmentedControl, Skeleton, Textarea } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useRef, useState } from 'react'

import { letterVariablesQuery } from '../../../lib/api/endpoints/content'
import type { Letter, LetterProblem } from '../../../lib/api/types'
import type { CodeEditorHandle } from './CodeEditor'
import css from './Letter.module.css'
import { LetterFrame } from './LetterFrame'
import { Preview } from './Preview'
import { Problems } from './Problems'
import { SubjectFields } from './SubjectFields'
import { useInsertion } from './useInsertion'
import { useLetterDraft } from './useLetterDraft'
import { Variables } from './Variables'

const CodeEditor = lazy(() => import('./CodeEditor'))

/** A letter that is written as MJML or HTML, with its preview beside it. */
export function CodeLetter({ letter }: { letter: Letter }) {
  const { t } = useLingui()
  const state = useLetterDraft(letter)
  const { draft, change, isReadOnly, preview, problems, profileId } = state
  const [part, setPart] = useState<'source' | 'text'>('source')
  const editor = useRef<CodeEditorHandle>(null)
  const insertion = useInsertion(state)
  const variables = useQuery(letterVariablesQuery(profileId))
  const goTo = (problem: LetterProblem) => {
    if (problem.part === 'text') setPart('text')
    if (problem.part === 'source' && problem.line !== null) {
      setPart('source')
      editor.current?.goTo(problem.line)
    }
  }
  const insert = (snippet: string) => {
    if (!insertion.insert(snippet)) editor.current?.insert(snippet)
  }
  return (
    <LetterFrame draft={state}>
      <SubjectFields draft={state} insertion={insertion} />
      <div className={css.work}>
        <section className={css.pane} aria-label={t`Source`}>
          <div className={css.bar}>
            <SegmentedControl
              aria-label={t`Part of the letter`}
              value={part}
              onChange={(value) => setPart(value as 'source' | 'text')}
              data={[
                { value: 'source', label: draft.kind.toUpperCase() },
                { value: 'text', label: t`Plain text` },
              ]}
            />
            {!isReadOnly && <Variables profileId={profileId} onInsert={insert} />}
          </div>
          <div
            className={css.grow}
            onFocus={insertion.forget}
            style={part === 'source' ? undefined : { display: 'none' }}
          >
            <Suspense fallback={<Skeleton height="100%" />}>
              <CodeEditor
                ref={editor}
                label={t`Source of the letter`}
                value={draft.source}
                isReadOnly={isReadOnly}
                variables={variables.data}
                problems={problems.filter((problem) => problem.part === 'source')}
                onChange={(source) => change({ source })}
              />
            </Suspense>
          </div>
          {part === 'text' && (
            <div className={css.grow} style={{ padding: 12 }}>
              <Textarea
                aria-label={t`Plain text of the letter`}
                description={t`For those who do not see HTML. Empty: made from the letter itself.`}
                placeholder={preview.data?.text}
                autosize
                minRows={14}
                disabled={isReadOnly}
                value={draft.text}
                {...insertion.remember('text')}
                onChange={(event) => change({ text: event.currentTarget.value })}
              />
            </div>
          )}
          <Problems problems={problems} leads={(problem) => problem.line !== null} onOpen={goTo} />
        </section>
        <Preview draft={state} />
      </div>
    </LetterFrame>
  )
}
