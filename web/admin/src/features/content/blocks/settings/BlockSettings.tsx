import { Stack } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import type { Block, Row } from '../core/document'
import { changeBlock } from '../core/edit'
import { useEditorContext } from '../EditorContext'
import { ColourField } from './ColourField'
import { ConditionFields } from './ConditionFields'
import { ContentFields } from './ContentFields'
import { NumberField } from './NumberField'
import { Part } from './Part'
import css from './Settings.module.css'

export type Change = (patch: object) => void

export function BlockSettings({ block, row }: { block: Block; row: Row }) {
  const { t } = useLingui()
  const { apply, problems, theme } = useEditorContext()
  const found = problems.get(block.id) ?? []
  const change: Change = (patch) =>
    apply(
      (document) => changeBlock(document, block.id, patch as Partial<Block>),
      `${block.id}.${Object.keys(patch).join()}`,
    )
  return (
    <>
      {found.length > 0 && (
        <Part title={t`Problems`}>
          <ul style={{ margin: 0, paddingLeft: 18, fontSize: 13, color: 'var(--bad)' }}>
            {found.map((problem, index) => (
              <li key={index} style={problem.level === 'error' ? undefined : { color: 'var(--warn)' }}>
                {problem.message}
              </li>
            ))}
          </ul>
        </Part>
      )}
      <Part>
        <Stack gap={10}>
          <ContentFields block={block} row={row} change={change} />
        </Stack>
      </Part>
      {block.kind !== 'saved' && (
        <Part title={t`Place`}>
          <div className={css.two}>
            {block.kind !== 'button' && (
              <ColourField
                label={t`Background`}
                value={block.background}
                inherited={row.background ?? theme.content_background}
                onChange={(background) => change({ background })}
              />
            )}
            <NumberField
              label={t`Space above and below`}
              value={block.padding}
              min={0}
              max={60}
              suffix={t` px`}
              inherited={block.kind === 'spacer' ? 0 : 8}
              onChange={(padding) => change({ padding })}
            />
          </div>
        </Part>
      )}
      <Part title={t`Who sees it`}>
        <ConditionFields value={block.show_if} onChange={(show_if) => change({ show_if })} />
      </Part>
    </>
  )
}
