import { SegmentedControl, Skeleton, Textarea } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useRef, useState } from 'react'

import { letterVariablesQuery } from '../../../lib/api/endpoints/content'
import type { Letter, LetterProblem } from '../../../lib/api/types'
import { Pictures } from '../media/Pictures'
import type { CodeEditorHandle } from './CodeEditor'
import type { LinePlace } from './AmpPanel'
import css from './Letter.module.css'
import { LetterFrame } from './LetterFrame'
import { Preview } from './Preview'
import { Problems } from './Problems'
import { SubjectFields } from './SubjectFields'
import { useInsertion } from './useInsertion'
import { useLetterDraft } from './useLetterDraft'
import { Variables } from './Variables'

/** A picture in the language of the source. */
function pictureTag(kind: Letter['kind'], { src, alt }: { src: string; alt: string }): string {
  const words = alt.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  return kind === 'mjml'
    ? `<mj-image src="${src}" alt="${words}" />`
    : `<img src="${src}" alt="${words}" style="display:block;max-width:100%;height:auto;border:0" />`
}

const CodeEditor = lazy(() => import('./CodeEditor'))
const AmpPanel = lazy(() => import('./AmpPanel'))

type Shown = 'source' | 'text' | 'amp'

/** A letter that is written as MJML or HTML, with its preview beside it. */
export function CodeLetter({ letter }: { letter: Letter }) {
  const { t } = useLingui()
  const state = useLetterDraft(letter)
  const { draft, change, isReadOnly, preview, problems, profileId } = state
  const [part, setPart] = useState<Shown>('source')
  const [ampPlace, setAmpPlace] = useState<LinePlace | null>(null)
  const editor = useRef<CodeEditorHandle>(null)
  const { line } = useSearch({ strict: false })
  const cameFor = useRef(Number(line) || 0)
  const ampEditor = useRef<CodeEditorHandle | null>(null)
  const keepAmpEditor = (handle: CodeEditorHandle | null) => {
    ampEditor.current = handle
  }
  const insertion = useInsertion(state)
  const variables = useQuery(letterVariablesQuery(profileId))
  const goTo = (problem: LetterProblem) => {
    if (problem.part === 'text') setPart('text')
    if (problem.part === 'amp') {
      setPart('amp')
      setAmpPlace(problem.line === null ? null : { line: problem.line })
    }
    if (problem.part === 'source' && problem.line !== null) {
      setPart('source')
      editor.current?.goTo(problem.line)
    }
  }
  const insert = (snippet: string) => {
    const shown = part === 'amp' ? ampEditor : editor
    if (!insertion.insert(snippet)) shown.current?.insert(snippet)
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
              onChange={(value) => setPart(value as Shown)}
              data={[
                { value: 'source', label: draft.kind.toUpperCase() },
                { value: 'text', label: t`Plain text` },
                { value: 'amp', label: 'AMP' },
              ]}
            />
            {!isReadOnly && <Variables profileId={profileId} onInsert={insert} />}
            {!isReadOnly && part === 'source' && (
              <Pictures takeLabel={t`Put it into the source`} onChoose={(picture) => editor.current?.insert(pictureTag(draft.kind, picture))} />
            )}
          </div>
          <div
            className={css.grow}
            onFocus={insertion.forget}
            style={part === 'source' ? undefined : { display: 'none' }}
          >
            <Suspense fallback={<Skeleton height="100%" />}>
              <CodeEditor
                ref={(handle) => {
                  editor.current = handle
                  // Who came by a finding of a mailing sees the line that it is about, once.
                  if (handle && cameFor.current > 0) handle.goTo(cameFor.current)
                  if (handle) cameFor.current = 0
                }}
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
          {part === 'amp' && (
            <div className={css.grow} onFocus={insertion.forget} style={{ display: 'flex' }}>
              <Suspense fallback={<Skeleton height="100%" />}>
                <AmpPanel draft={state} variables={variables.data} onEditor={keepAmpEditor} place={ampPlace} />
              </Suspense>
            </div>
          )}
          <Problems problems={problems} leads={(problem) => problem.line !== null} onOpen={goTo} />
        </section>
        <Preview draft={state} />
      </div>
    </LetterFrame>
  )
}
