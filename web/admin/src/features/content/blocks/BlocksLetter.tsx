import { Skeleton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useRef, useState } from 'react'

import { Note } from '../../../components/States'
import { letterVariablesQuery } from '../../../lib/api/endpoints/content'
import type { Letter, LetterProblem } from '../../../lib/api/types'
import type { LinePlace } from '../editor/AmpPanel'
import type { CodeEditorHandle } from '../editor/CodeEditor'
import letterCss from '../editor/Letter.module.css'
import { LetterFrame } from '../editor/LetterFrame'
import { Preview } from '../editor/Preview'
import { Problems } from '../editor/Problems'
import { SubjectFields } from '../editor/SubjectFields'
import { useInsertion } from '../editor/useInsertion'
import { useLetterDraft } from '../editor/useLetterDraft'
import { Variables } from '../editor/Variables'
import css from './Blocks.module.css'
import { BlocksEditor } from './BlocksEditor'
import { readDocument } from './core/source'
import { type Mode, ModeSwitch } from './ModeSwitch'

const AmpPanel = lazy(() => import('../editor/AmpPanel'))

/** A letter of blocks: edited as a drawing, seen as the server makes it. */
export default function BlocksLetter({ letter }: { letter: Letter }) {
  const { t } = useLingui()
  const state = useLetterDraft(letter)
  const insertion = useInsertion(state)
  const [first] = useState(() => readDocument(letter.source))
  const [wanted, setMode] = useState<Mode>('edit')
  const [ampPlace, setAmpPlace] = useState<LinePlace | null>(null)
  const ampEditor = useRef<CodeEditorHandle | null>(null)
  const keepAmpEditor = (handle: CodeEditorHandle | null) => {
    ampEditor.current = handle
  }
  const { isReadOnly, profileId, problems } = state
  const variables = useQuery({ ...letterVariablesQuery(profileId), enabled: wanted === 'amp' && !isReadOnly })
  const canEdit = !isReadOnly && first !== null
  const shown = wanted === 'edit' && !canEdit ? 'preview' : wanted
  const isEditing = shown === 'edit'
  const modeSwitch = <ModeSwitch value={shown} onChange={setMode} canEdit={canEdit} />
  const openAmp = ({ line }: LetterProblem) => {
    setMode('amp')
    setAmpPlace(line === null ? null : { line })
  }
  const insert = (snippet: string) => {
    if (!insertion.insert(snippet)) ampEditor.current?.insert(snippet)
  }
  return (
    <LetterFrame draft={state}>
      <SubjectFields draft={state} insertion={insertion}>
        {!isReadOnly && <Variables profileId={profileId} onInsert={insert} />}
      </SubjectFields>
      {first === null && (
        <Note level="error">
          <Trans>The source of this letter is damaged: it cannot be shown as blocks. Begin a new letter.</Trans>
        </Note>
      )}
      {/* Undo and the selection outlive a look at the preview. */}
      {first !== null && !isReadOnly && (
        <div style={isEditing ? undefined : { display: 'none' }}>
          <BlocksEditor state={state} first={first} modeSwitch={modeSwitch} isShown={isEditing} onAmp={openAmp} />
        </div>
      )}
      {!isEditing && (
        <div className={css.frame}>
          <div className={css.tools}>{modeSwitch}</div>
          {shown === 'amp' ? (
            <section
              aria-label={t`AMP part`}
              className={letterCss.grow}
              style={{ display: 'flex', flexDirection: 'column', overflow: 'hidden' }}
            >
              <div className={letterCss.grow} style={{ display: 'flex' }} onFocus={insertion.forget}>
                <Suspense fallback={<Skeleton height="100%" />}>
                  <AmpPanel draft={state} variables={variables.data} onEditor={keepAmpEditor} place={ampPlace} />
                </Suspense>
              </div>
              <Problems
                problems={problems.filter(({ part }) => part === 'amp')}
                leads={({ line }) => line !== null}
                onOpen={openAmp}
              />
            </section>
          ) : (
            <div className={css.preview}>
              <Preview draft={state} />
            </div>
          )}
        </div>
      )}
    </LetterFrame>
  )
}
