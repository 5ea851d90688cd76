import { EditorContent, useEditor } from '@tiptap/react'
import { useEffect, useRef } from 'react'

import css from '../canvas/Canvas.module.css'
import { useDrawing } from '../canvas/DrawingContext'
import type { Align } from '../core/document'
import { FONTS } from '../core/look'
import { extensionsOf } from './extensions'
import { RichToolbar } from './RichToolbar'

interface RichTextProps {
  html: string
  align: Align
  label: string
  profileId: number | null
  onChange: (html: string) => void
  onUndo: () => void
  onRedo: () => void
  onLeave: () => void
}

const EXTENSIONS = extensionsOf(css.variable ?? '')

/** The text of a block, written where it stands. */
export default function RichText({ html, align, label, profileId, onChange, onUndo, onRedo, onLeave }: RichTextProps) {
  const { theme } = useDrawing()
  /** What the text gave last: only what comes from elsewhere (undo) is put into it. */
  const given = useRef(html)
  const editor = useEditor({
    extensions: EXTENSIONS,
    content: html,
    autofocus: 'end',
    editorProps: {
      attributes: { role: 'textbox', 'aria-multiline': 'true', 'aria-label': label },
      handleKeyDown: (_, event) => {
        const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey
        if (event.code === 'Escape') onLeave()
        else if (isCommand && event.code === 'KeyZ' && !event.shiftKey) onUndo()
        else if (isCommand && (event.code === 'KeyY' || (event.code === 'KeyZ' && event.shiftKey))) onRedo()
        else return false
        event.preventDefault()
        return true
      },
    },
    onUpdate: ({ editor: written }) => {
      given.current = written.getHTML()
      onChange(given.current)
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
          lineHeight: 1.55,
          color: theme.text_color,
          textAlign: align,
        }}
      >
        <EditorContent editor={editor} className={css.rich} />
      </div>
    </>
  )
}
