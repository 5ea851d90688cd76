import { Trans } from '@lingui/react/macro'
import { useState } from 'react'

import { Note } from '../../../components/States'
import type { Letter } from '../../../lib/api/types'
import { LetterFrame } from '../editor/LetterFrame'
import { Preview } from '../editor/Preview'
import { SubjectFields } from '../editor/SubjectFields'
import { useInsertion } from '../editor/useInsertion'
import { useLetterDraft } from '../editor/useLetterDraft'
import { Variables } from '../editor/Variables'
import css from './Blocks.module.css'
import { BlocksEditor } from './BlocksEditor'
import { readDocument } from './core/source'
import { ModeSwitch } from './ModeSwitch'

/** A letter of blocks: edited as a drawing, seen as the server makes it. */
export default function BlocksLetter({ letter }: { letter: Letter }) {
  const state = useLetterDraft(letter)
  const insertion = useInsertion(state)
  const [first] = useState(() => readDocument(letter.source))
  const [wanted, setMode] = useState<'edit' | 'preview'>('edit')
  const { isReadOnly, profileId } = state
  const isEditing = wanted === 'edit' && !isReadOnly && first !== null
  const modeSwitch = !isReadOnly && first !== null && <ModeSwitch value={wanted} onChange={setMode} />
  return (
    <LetterFrame draft={state}>
      <SubjectFields draft={state} insertion={insertion}>
        {!isReadOnly && <Variables profileId={profileId} onInsert={insertion.insert} />}
      </SubjectFields>
      {first === null && (
        <Note level="error">
          <Trans>The source of this letter is damaged: it cannot be shown as blocks. Begin a new letter.</Trans>
        </Note>
      )}
      {/* Undo and the selection outlive a look at the preview. */}
      {first !== null && !isReadOnly && (
        <div style={isEditing ? undefined : { display: 'none' }}>
          <BlocksEditor state={state} first={first} modeSwitch={modeSwitch} isShown={isEditing} />
        </div>
      )}
      {!isEditing && (
        <div className={css.frame}>
          {modeSwitch && <div className={css.tools}>{modeSwitch}</div>}
          <div className={css.preview}>
            <Preview draft={state} />
          </div>
        </div>
      )}
    </LetterFrame>
  )
}
