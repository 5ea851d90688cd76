import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'

import { Page } from '../../../components/Page'
import { SaveState } from '../../../components/SaveState'
import { ErrorNote } from '../../../components/States'
import { CheckDialog } from './CheckDialog'
import css from './Letter.module.css'
import { LetterClash } from './LetterClash'
import { LetterMenu } from './LetterMenu'
import { TestDialog } from './TestDialog'
import type { LetterDraft } from './useLetterDraft'

/** What every letter has, however it is written: its name, where its saving stands, its actions. */
export function LetterFrame({ draft: state, children }: { draft: LetterDraft; children: ReactNode }) {
  const { t } = useLingui()
  const { letter, draft, change, saving, savedAt, clash, isReadOnly, profileId } = state
  const [testing, { open, close }] = useDisclosure(false)
  const [checking, check] = useDisclosure(false)
  // Both are of the letter as the server has it: what could not be saved would not be in it.
  const saved = (then: () => void) => void saving.flush().then((isSaved) => isSaved && then())
  return (
    <Page
      title={draft.name || t`Untitled`}
      back={{ href: '/letters', label: t`Letters` }}
      heading={
        <input
          className={css.title}
          aria-label={t`Name of the letter`}
          placeholder={t`Name of the letter`}
          readOnly={isReadOnly}
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
      }
      subtitle={<SaveState state={saving.state} at={savedAt} />}
      actions={
        !isReadOnly && (
          <>
            <Button variant="default" onClick={() => saved(open)}>
              <Trans>Send a test</Trans>
            </Button>
            <LetterMenu letter={letter} draft={draft} flush={saving.flush} onCheck={() => saved(check.open)} />
          </>
        )
      }
    >
      {clash && <LetterClash draft={state} />}
      {saving.state === 'failed' && !clash && (
        <div style={{ marginBottom: 12 }}>
          <ErrorNote error={saving.error} retry={() => void saving.flush()} />
        </div>
      )}
      <div className={css.page}>{children}</div>
      {checking && <CheckDialog letterId={letter.id} onClose={check.close} />}
      {testing && <TestDialog letterId={letter.id} profileId={profileId} onClose={close} />}
    </Page>
  )
}
