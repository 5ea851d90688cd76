import { Button, Menu, Skeleton, UnstyledButton } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'

import { notifyUndo } from '../../../components/notify'
import { ErrorNote } from '../../../components/States'
import { ampExamplesQuery } from '../../../lib/api/endpoints/content'
import type { LetterVariable } from '../../../lib/api/types'
import css from './Amp.module.css'
import type { CodeEditorHandle } from './CodeEditor'
import type { LetterDraft } from './useLetterDraft'

const CodeEditor = lazy(() => import('./CodeEditor'))

/** A line to be shown; a new object asks for it again. */
export interface LinePlace {
  line: number
}

interface AmpPanelProps {
  draft: LetterDraft
  variables?: LetterVariable[]
  /** Is told the editor when it is there, and null when it goes. */
  onEditor: (handle: CodeEditorHandle | null) => void
  place: LinePlace | null
}

/** The AMP part of a letter: written as code, checked by the published rules. */
export default function AmpPanel({ draft: { draft, change, isReadOnly, problems }, variables, onEditor, place }: AmpPanelProps) {
  const { t } = useLingui()
  const examples = useQuery(ampExamplesQuery)
  // The editor owns its text; another text needs another editor.
  const [edition, setEdition] = useState(0)
  const editor = useRef<CodeEditorHandle | null>(null)
  const found = problems.filter((problem) => problem.part === 'amp')
  const replace = (amp: string) => {
    change({ amp })
    setEdition((old) => old + 1)
  }
  const exchange = (amp: string, message: string) => {
    const old = draft.amp
    replace(amp)
    notifyUndo(message, () => replace(old))
  }
  useEffect(() => {
    if (place) editor.current?.goTo(place.line)
  }, [place])

  if (!draft.amp) {
    return (
      <div className={css.empty}>
        <p>
          <Trans>
            An AMP part lets a reader answer inside the letter. Gmail, Yahoo and Mail.ru show it to
            readers of senders that they have registered; everybody else gets the HTML of this letter.
          </Trans>
        </p>
        {isReadOnly ? (
          <p>
            <Trans>This letter has no AMP part.</Trans>
          </p>
        ) : (
          <>
            <strong>
              <Trans>Start from an example</Trans>
            </strong>
            {examples.error && <ErrorNote error={examples.error} retry={() => void examples.refetch()} />}
            <div className={css.examples} aria-busy={examples.isLoading}>
              {examples.isLoading
                ? [0, 1].map((index) => <Skeleton key={index} height={88} />)
                : examples.data?.map((example) => (
                    <UnstyledButton key={example.key} className={css.example} onClick={() => replace(example.amp)}>
                      <strong>{example.name}</strong>
                      <span>{example.purpose}</span>
                    </UnstyledButton>
                  ))}
            </div>
          </>
        )}
      </div>
    )
  }
  const refused = found.find(({ level, code }) => level === 'error' || code === 'amp_not_shown')
  return (
    <div className={css.panel}>
      <div className={css.verdict}>
        <span role="status">
          {refused ? (
            <>
              <IconAlertTriangle size={16} color="var(--warn)" aria-hidden style={{ verticalAlign: '-3px' }} />{' '}
              {refused.message}
            </>
          ) : (
            <>
              <IconCircleCheck size={16} color="var(--good)" aria-hidden style={{ verticalAlign: '-3px' }} />{' '}
              <Trans>No rule of AMP is broken. Mail services show this part themselves; it has no preview here.</Trans>
            </>
          )}
        </span>
        {!isReadOnly && (
          <>
            <Menu>
              <Menu.Target>
                <Button variant="default" size="compact-sm">
                  <Trans>Examples</Trans>
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {examples.data?.map((example) => (
                  <Menu.Item
                    key={example.key}
                    onClick={() => exchange(example.amp, t`The AMP part is now “${example.name}”`)}
                  >
                    {example.name}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
            <Button
              variant="subtle"
              color="red"
              size="compact-sm"
              onClick={() => exchange('', t`The AMP part is removed`)}
            >
              <Trans>Remove</Trans>
            </Button>
          </>
        )}
      </div>
      <div className={css.editor}>
        <Suspense fallback={<Skeleton height="100%" />}>
          <CodeEditor
            key={edition}
            ref={(handle) => {
              editor.current = handle
              onEditor(handle)
            }}
            label={t`Source of the AMP part`}
            value={draft.amp}
            isReadOnly={isReadOnly}
            line={place?.line}
            variables={variables}
            problems={found}
            onChange={(amp) => change({ amp })}
          />
        </Suspense>
      </div>
    </div>
  )
}
