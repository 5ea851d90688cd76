import { EditorContent, useEditor } from '@tiptap/react'
import { useEffect, useRef } from 'react'

import css from '../canvas/Canvas.module.css'
import type { Align } from '../core/document'
import { FONTS, type Theme } from '../core/look'
import { extensionsOf } from './extensions'
import { RichToolbar } from './RichToolbar'

interface RichTextProps {
  html: string
  align: Align
  theme: Theme
  label: string
  profileId: number | null
  onChange: (html: string) => void
  onUndo: () => void
  onRedo: () => void
  onLeave: () => void
}

/** The text of a block, written where it stands. */
export default function RichText({ html, align, theme, label, profileId, onChange, onUndo, onRedo, onLeave }: RichTextProps) {
  const act = useRef({ onChange, onUndo, onRedo, onLeave })
  useEffect(() => {
    act.current = { onChange, onUndo, onRedo, onLeave }
  })
  /** What the text gave last: only what comes from elsewhere (undo) is put into it. */
  const given = useRef(html)
  const editor = useEditor({
    extensions: extensionsOf(css.variable ?? '', {
      onUndo: () => act.current.onUndo(),
      onRedo: () => act.current.onRedo(),
      onLeave: () => act.current.onLeave(),
    }),
    content: html,
    autofocus: 'end',
    editorProps: {
      attributes: { role: 'textbox', 'aria-multiline': 'true', 'aria-label': label },
    },
    onUpdate: ({ editor: written }) => {
      given.current = written.getHTML()
      act.current.onChange(given.current)
    },
  })
  useEffect(() => {
    if (html === given.current) return
    given.current = html
    editor.commands.setContent(html, { emitUpdate: false })
  }, [editor, html])
  return (
    <>
      <RichToolbar editor={editor} profileId={profileId} />
      <div
        style={{
          fontFamily: FONTS[theme.font],
          fontSize: theme.font_size,
          lineHeight: 1.5,
          color: theme.text_color,
          textAlign: align,
        }}
      >
        <EditorContent editor={editor} className={css.rich} />
      </div>
    </>
  )
}
