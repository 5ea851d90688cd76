import { Input, SegmentedControl, Switch } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { lazy, Suspense } from 'react'

import type { Align, Block, BlockOf, Row } from '../core/document'
import { useEditorContext } from '../EditorContext'
import { ProductsFields } from '../products/ProductsFields'
import { SavedFields } from '../saved/SavedFields'
import { AlignField } from './AlignField'
import type { Change } from './BlockSettings'
import { ColourField } from './ColourField'
import { ImageFields } from './ImageFields'
import { LineField } from './LineField'
import { LinksFields } from './LinksFields'
import { NumberField } from './NumberField'
import css from './Settings.module.css'

const CodeEditor = lazy(() => import('../../editor/CodeEditor'))
// With it comes a calendar, which few letters need.
const CountdownFields = lazy(() => import('./CountdownFields'))

interface Fields<Kind extends Block['kind']> {
  block: BlockOf<Kind>
  change: Change
}

/** What a block of each kind says and shows. */
export function ContentFields({ block, row, change }: { block: Block; row: Row; change: Change }) {
  const { t } = useLingui()
  const { theme } = useEditorContext()
  const align = (first: Align) => (
    <AlignField value={('align' in block ? block.align : undefined) ?? first} onChange={(next) => change({ align: next })} />
  )
  switch (block.kind) {
    case 'text':
      return (
        <>
          <p className={css.hint}>
            <Trans>The text is written in the letter itself: it stands open there now.</Trans>
          </p>
          {align('left')}
        </>
      )
    case 'heading':
      return <HeadingFields block={block} change={change} />
    case 'button':
      return (
        <>
          <LineField label={t`Words on the button`} value={block.text} maxLength={300} onChange={(text) => change({ text })} />
          <LineField label={t`Address`} placeholder="https://" value={block.href} onChange={(href) => change({ href })} />
          {align('left')}
          <Switch
            label={t`As wide as its column`}
            checked={block.wide ?? false}
            onChange={(event) => change({ wide: event.currentTarget.checked })}
          />
          <div className={css.two}>
            <ColourField
              label={t`Button`}
              value={block.background}
              inherited={theme.button_background}
              onChange={(background) => change({ background })}
            />
            <ColourField
              label={t({ context: 'colour', message: 'Text' })}
              value={block.color}
              inherited={theme.button_color}
              onChange={(color) => change({ color })}
            />
          </div>
        </>
      )
    case 'image':
      return <ImageFields block={block} change={change} />
    case 'divider':
      return (
        <div className={css.two}>
          <ColourField label={t`Colour`} value={block.color} onChange={(color) => change({ color })} />
          <NumberField
            label={t`Thickness`}
            value={block.thickness ?? 1}
            min={1}
            max={8}
            suffix={t` px`}
            onChange={(thickness) => thickness && change({ thickness })}
          />
        </div>
      )
    case 'spacer':
      return (
        <NumberField
          label={t`Height`}
          value={block.height}
          min={4}
          max={120}
          suffix={t` px`}
          onChange={(height) => height && change({ height })}
        />
      )
    case 'logo':
      return (
        <>
          <p className={css.hint}>
            <Trans>The picture is set once in the brand kit.</Trans>
          </p>
          {align('left')}
          <NumberField
            label={t`Width`}
            value={block.width ?? 120}
            min={24}
            max={400}
            suffix={t` px`}
            onChange={(width) => width && change({ width })}
          />
        </>
      )
    case 'social':
    case 'menu':
      return (
        <>
          <LinksFields block={block} change={change} />
          {align('center')}
        </>
      )
    case 'products':
      return <ProductsFields block={block} change={change} />
    case 'quote':
      return (
        <>
          <LineField label={t`Words`} isLong value={block.text} onChange={(text) => change({ text })} />
          <LineField label={t`Author`} value={block.author} onChange={(author) => change({ author })} />
          <LineField label={t`Who it is`} value={block.role} onChange={(role) => change({ role })} />
        </>
      )
    case 'countdown':
      return (
        <>
          <Suspense>
            <CountdownFields block={block} change={change} />
          </Suspense>
          {align('center')}
        </>
      )
    case 'html':
      return <HtmlFields block={block} change={change} />
    case 'footer':
      return (
        <>
          <p className={css.hint}>
            <Trans>Company, address and note are set once in the brand kit.</Trans>
          </p>
          <LineField
            label={t`Why the reader gets this letter`}
            isLong
            value={block.note}
            onChange={(note) => change({ note })}
          />
          <LineField
            label={t`Words of the unsubscribe link`}
            value={block.unsubscribe_text}
            onChange={(text) => change({ unsubscribe_text: text })}
          />
          <LineField
            label={t`Words of the link to the choice of topics`}
            description={t`Empty: there is no such link.`}
            value={block.preferences_text}
            onChange={(text) => change({ preferences_text: text })}
          />
          {align('center')}
        </>
      )
    case 'saved':
      return <SavedFields block={block} row={row} />
  }
}

function HeadingFields({ block, change }: Fields<'heading'>) {
  const { t } = useLingui()
  return (
    <>
      <LineField label={t`Words`} isLong value={block.text} onChange={(text) => change({ text })} />
      <Input.Wrapper label={t`Level`} labelElement="div">
        <SegmentedControl
          fullWidth
          aria-label={t`Level`}
          value={String(block.level ?? 1)}
          onChange={(level) => change({ level: Number(level) })}
          data={[
            { value: '1', label: t`Large` },
            { value: '2', label: t`Middle` },
            { value: '3', label: t`Small` },
          ]}
        />
      </Input.Wrapper>
      <AlignField value={block.align ?? 'left'} onChange={(next) => change({ align: next })} />
    </>
  )
}

function HtmlFields({ block, change }: Fields<'html'>) {
  const { t } = useLingui()
  const { problems, variables } = useEditorContext()
  return (
    <>
      <p className={css.hint}>
        <Trans>It goes into the letter as it is. The preview shows what becomes of it.</Trans>
      </p>
      <div style={{ height: 280, border: '1px solid var(--line-strong)', borderRadius: 6, overflow: 'hidden' }}>
        <Suspense>
          <CodeEditor
            label={t`HTML of the block`}
            value={block.source}
            isReadOnly={false}
            variables={variables}
            problems={problems.get(block.id) ?? []}
            onChange={(source) => change({ source })}
          />
        </Suspense>
      </div>
    </>
  )
}
