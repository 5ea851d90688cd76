import { ActionIcon, Button, Group as Row, Menu, Modal, Textarea, Tooltip } from '@mantine/core'
import { useDebouncedValue, useHotkeys } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconClipboard,
  IconClipboardCopy,
  IconDots,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type Dispatch, type ReactNode, useMemo, useState } from 'react'

import { notifyDone, notifyError } from '../../components/notify'
import { Panel } from '../../components/Page'
import { definitionExplanationQuery, segmentPreviewQuery } from '../../lib/api/endpoints/segments'
import { GroupEditor } from './builder/Builder'
import { insightOf } from './builder/insight'
import { definitionOf, type Edited, type EditedAction, isComplete, pasted, sizeOf } from './model/tree'
import css from './Segment.module.css'
import { SegmentSummary } from './SegmentSummary'
import { Why } from './Why'

interface WorkbenchProps {
  edited: Edited
  dispatch: Dispatch<EditedAction>
  selfId: string | null
  isReadOnly?: boolean
  /** What stands above the conditions and below them. */
  above?: ReactNode
  below?: ReactNode
  /** What stands under the summary: the button that saves. */
  children: ReactNode
}

/** The builder with everything around it: counts, the sentence, one person held against it. */
export function Workbench({ edited, dispatch, selfId, isReadOnly = false, above, below, children }: WorkbenchProps) {
  const { t } = useLingui()
  const { root, past, future } = edited
  const [settled] = useDebouncedValue(root, 350)
  const [profileId, setProfileId] = useState<number | null>(null)
  const definition = useMemo(() => definitionOf(settled), [settled])
  const isReady = sizeOf(settled) > 0 && isComplete(definition)
  const count = useQuery(segmentPreviewQuery(definition, isReady))
  const answer = useQuery(definitionExplanationQuery(definition, profileId, isReady))
  const insight = useMemo(
    () =>
      insightOf(
        settled,
        isReady ? count.data : undefined,
        profileId === null || !isReady ? undefined : answer.data?.explanation,
        root !== settled || count.isPlaceholderData,
      ),
    [settled, isReady, count.data, count.isPlaceholderData, profileId, answer.data, root],
  )
  useHotkeys(
    isReadOnly
      ? []
      : [
          ['mod+Z', () => dispatch({ do: 'undo' })],
          ['mod+shift+Z', () => dispatch({ do: 'redo' })],
          ['mod+Y', () => dispatch({ do: 'redo' })],
        ],
    ['INPUT', 'TEXTAREA'],
  )
  return (
    <div className={css.layout}>
      <div className={css.sections}>
        {above}
        <Panel
          title={t`Conditions`}
          actions={
            !isReadOnly && (
              <Row gap={4}>
                <Tooltip label={t`Undo (Ctrl+Z)`}>
                  <ActionIcon
                    size={32}
                    aria-label={t`Undo`}
                    disabled={past.length === 0}
                    onClick={() => dispatch({ do: 'undo' })}
                  >
                    <IconArrowBackUp size={16} />
                  </ActionIcon>
                </Tooltip>
                <Tooltip label={t`Redo (Ctrl+Shift+Z)`}>
                  <ActionIcon
                    size={32}
                    aria-label={t`Redo`}
                    disabled={future.length === 0}
                    onClick={() => dispatch({ do: 'redo' })}
                  >
                    <IconArrowForwardUp size={16} />
                  </ActionIcon>
                </Tooltip>
                <CopyPaste edited={edited} dispatch={dispatch} />
              </Row>
            )
          }
        >
          <GroupEditor
            group={root}
            path={[]}
            dispatch={dispatch}
            selfId={selfId}
            isReadOnly={isReadOnly}
            insight={insight}
          />
        </Panel>
        <Why
          profileId={profileId}
          onChoose={setProfileId}
          answer={isReady ? answer.data : undefined}
          error={answer.error}
        />
        {below}
      </div>
      <SegmentSummary root={root}>{children}</SegmentSummary>
    </div>
  )
}

function CopyPaste({ edited, dispatch }: { edited: Edited; dispatch: Dispatch<EditedAction> }) {
  const { t } = useLingui()
  const [text, setText] = useState<string | null>(null)
  const copy = () => {
    const json = JSON.stringify(definitionOf(edited.root), null, 2)
    // Without a secure address browsers give no clipboard; then the text is shown to be copied.
    void (navigator.clipboard?.writeText(json) ?? Promise.reject(new Error('no clipboard'))).then(
      () => notifyDone(t`The conditions are in the clipboard`),
      () => setText(json),
    )
  }
  const root = text === null ? null : pasted(text)
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon size={32} aria-label={t`Copy and paste conditions`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconClipboardCopy size={16} />} onClick={copy}>
            <Trans>Copy the conditions as text</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<IconClipboard size={16} />} onClick={() => setText('')}>
            <Trans>Paste conditions</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={text !== null} onClose={() => setText(null)} title={t`Conditions as text`} size="lg">
        <Textarea
          aria-label={t`Conditions as text`}
          autosize
          minRows={8}
          maxRows={20}
          data-autofocus
          value={text ?? ''}
          error={text && !root ? t`This text is no definition of a segment` : undefined}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Row justify="flex-end" mt={12}>
          <Button variant="default" onClick={() => setText(null)}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            disabled={!root}
            onClick={() => {
              if (!root) return notifyError(t`This text is no definition of a segment`)
              dispatch({ do: 'reset', root })
              setText(null)
            }}
          >
            <Trans>Use these conditions</Trans>
          </Button>
        </Row>
      </Modal>
    </>
  )
}
