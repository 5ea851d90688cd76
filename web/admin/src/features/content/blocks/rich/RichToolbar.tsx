import { ActionIcon, Tooltip } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'
import { IconBold, IconItalic, IconList, IconListNumbers, IconStrikethrough, IconUnderline } from '@tabler/icons-react'
import { type Editor, useEditorState } from '@tiptap/react'

import { Variables } from '../../editor/Variables'
import { ColourButton } from './ColourButton'
import { LinkButton } from './LinkButton'
import css from './Rich.module.css'

/** What can be done with the chosen words. */
export function RichToolbar({ editor, profileId }: { editor: Editor; profileId: number | null }) {
  const { t } = useLingui()
  const is = useEditorState({
    editor,
    selector: ({ editor: now }) => ({
      bold: now.isActive('bold'),
      italic: now.isActive('italic'),
      underline: now.isActive('underline'),
      strike: now.isActive('strike'),
      bullets: now.isActive('bulletList'),
      numbers: now.isActive('orderedList'),
    }),
  })
  const chain = () => editor.chain().focus()
  const marks = [
    { label: t`Bold`, icon: IconBold, on: is.bold, act: () => chain().toggleBold().run() },
    { label: t`Italic`, icon: IconItalic, on: is.italic, act: () => chain().toggleItalic().run() },
    { label: t`Underlined`, icon: IconUnderline, on: is.underline, act: () => chain().toggleUnderline().run() },
    { label: t`Struck through`, icon: IconStrikethrough, on: is.strike, act: () => chain().toggleStrike().run() },
    { label: t`List`, icon: IconList, on: is.bullets, act: () => chain().toggleBulletList().run() },
    { label: t`Numbered list`, icon: IconListNumbers, on: is.numbers, act: () => chain().toggleOrderedList().run() },
  ]
  return (
    <div
      className={css.toolbar}
      role="toolbar"
      aria-label={t`Formatting`}
      // The chosen words stay chosen; what opens from a button takes the focus as usual.
      onMouseDown={(event) => {
        if (event.currentTarget.contains(event.target as Node)) event.preventDefault()
      }}
    >
      {marks.map(({ label, icon: Icon, on, act }) => (
        <Tooltip key={label} label={label}>
          <ActionIcon size={28} variant={on ? 'light' : 'subtle'} aria-label={label} aria-pressed={on} onClick={act}>
            <Icon size={16} />
          </ActionIcon>
        </Tooltip>
      ))}
      <LinkButton editor={editor} />
      <ColourButton editor={editor} />
      <Variables
        isCompact
        profileId={profileId}
        onInsert={(snippet) => editor.chain().focus().insertContent(textNode(snippet)).run()}
      />
    </div>
  )
}

/** As text: a variable's braces and quotes are no markup. */
const textNode = (snippet: string) => ({ type: 'text', text: snippet.replace(/\n/g, ' ') })
