import { useDebouncedValue } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'

import { letterPreviewQuery, letterQuery, updateLetter } from '../../../lib/api/endpoints/content'
import { ApiError } from '../../../lib/api/client'
import type { Letter, LetterInput, LetterProblem } from '../../../lib/api/types'
import { useAccess } from '../../../lib/hooks/useAccess'
import { useAutosave } from '../../../lib/hooks/useAutosave'

const SAVE_AFTER_MS = 700
const NO_PROBLEMS: LetterProblem[] = []

const inputOf = ({ name, kind, subject, preheader, source, text, amp }: Letter): LetterInput => ({
  name,
  kind,
  subject,
  preheader,
  source,
  text,
  amp,
})

/** What a preview depends on: all but the name. */
export type LetterContent = Omit<LetterInput, 'name'>
const contentOf = ({ name: _name, ...content }: LetterInput): LetterContent => content

/** A letter being written: its draft, its saving, and what the server makes of it. */
export function useLetterDraft(letter: Letter) {
  const may = useAccess()
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => inputOf(letter))
  const [savedAt, setSavedAt] = useState(letter.updated_at)
  const [profileId, setProfileId] = useState<number | null>(null)
  const version = useRef(letter.version)
  /** What somebody else has saved over the version that this draft was made of. */
  const [clash, setClash] = useState<Letter | null>(null)
  const saving = useAutosave<Partial<LetterInput>>(async (change) => {
    try {
      const saved = await updateLetter(letter.id, change, version.current)
      version.current = saved.version
      client.setQueryData(letterQuery(letter.id).queryKey, saved)
      setSavedAt(saved.updated_at)
    } catch (error) {
      if (error instanceof ApiError && error.code === 'letter_changed') {
        setClash(await client.fetchQuery({ ...letterQuery(letter.id), staleTime: 0 }))
      }
      throw error
    }
  }, SAVE_AFTER_MS)
  const takeTheirs = () => {
    saving.drop()
    // The editors hold what they began with: they begin anew.
    window.location.reload()
  }
  const keepMine = () => {
    if (!clash) return
    version.current = clash.version
    setClash(null)
    void saving.flush()
  }
  const change = (next: Partial<LetterInput>) => {
    setDraft((old) => ({ ...old, ...next }))
    saving.change(next)
  }
  const content = useMemo(() => contentOf(draft), [draft])
  const [shown] = useDebouncedValue(content, 200)
  const preview = useQuery(letterPreviewQuery(shown, profileId))
  const problems = preview.data?.problems ?? NO_PROBLEMS
  return {
    letter,
    draft,
    change,
    saving,
    savedAt,
    clash,
    takeTheirs,
    keepMine,
    isReadOnly: !may('edit'),
    profileId,
    setProfileId,
    /** What the preview is of: the draft of a moment ago. */
    shown,
    preview,
    problems,
    errorOf: (part: string) =>
      problems.find((problem) => problem.part === part && problem.level === 'error')?.message,
  }
}
export type LetterDraft = ReturnType<typeof useLetterDraft>
