import { type Editor, EditorContent, useEditor } from '@tiptap/react'
import { useEffect, useRef, useState } from 'react'

import { SuggestionList } from '../../editor/suggest/SuggestionList'
import { type Suggestion, withSuggestion } from '../../editor/suggest/suggestions'
import { useSuggestions } from '../../editor/suggest/useSuggestions'
import css from '../canvas/Canvas.module.css'
import { useDrawing } from '../canvas/DrawingContext'
import type { Align } from '../core/document'
import { FONTS } from '../core/look'
import { useEditorContext } from '../EditorContext'
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

/** The text of the paragraph on both sides of the cursor; what is no text counts as one sign. */
function aroundCursor({ state: { selection } }: Editor) {
  const { $from: place } = selection
  const part = (from: number, to: number) => place.parent.textBetween(from, to, undefined, '\ufffc')
  return { before: part(0, place.parentOffset), after: part(place.parentOffset, place.parent.content.size) }
}

/** Puts a suggestion in the place of what was typed, as text: its braces and quotes are no markup. */
function put(editor: Editor, item: Suggestion, from: number) {
  const { before, after } = aroundCursor(editor)
  const whole = withSuggestion(before + after, before.length, from, item)
  const text = whole.text.slice(from, whole.text.length - after.length)
  const to = editor.state.selection.from
  const start = to - (before.length - from)
  editor
    .chain()
    .focus()
    .insertContentAt({ from: start, to }, { type: 'text', text })
    .setTextSelection(start + whole.caret - from)
    .run()
}

const EXTENSIONS = extensionsOf(css.variable ?? '')

/** The text of a block, written where it stands. */
export default function RichText({ html, align, label, profileId, onChange, onUndo, onRedo, onLeave }: RichTextProps) {
  const { theme } = useDrawing()
  /** What the text gave last: only what comes from elsewhere (undo) is put into it. */
  const given = useRef(html)
  const { variables } = useEditorContext()
  const [at, setAt] = useState({ left: 0, top: 0 })
  const suggest = useSuggestions(variables)
  /** The editor is made once; its keys go to what is offered now. */
  const offered = useRef(suggest)
  const made = useRef<Editor | null>(null)
  useEffect(() => {
    offered.current = suggest
  })
  const editor = useEditor({
    extensions: EXTENSIONS,
    content: html,
    autofocus: 'end',
    editorProps: {
      attributes: { role: 'textbox', 'aria-multiline': 'true', 'aria-label': label },
      handleKeyDown: (_, event) => {
        if (offered.current.onKey(event, (item, from) => made.current && put(made.current, item, from))) return true
        const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey
        if (event.code === 'Escape') onLeave()
        else if (isCommand && event.code === 'KeyZ' && !event.shiftKey) onUndo()
        else if (isCommand && (event.code === 'KeyY' || (event.code === 'KeyZ' && event.shiftKey))) onRedo()
        else return false
        event.preventDefault()
        return true
      },
    },
    onCreate: ({ editor: created }) => {
      made.current = created
    },
    onUpdate: ({ editor: written }) => {
      given.current = written.getHTML()
      onChange(given.current)
      const { bottom, left } = written.view.coordsAtPos(written.state.selection.from)
      setAt({ left, top: bottom })
      offered.current.look(aroundCursor(written).before)
    },
    onBlur: () => offered.current.close(),
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
      {suggest.found && (
        <SuggestionList {...suggest} {...suggest.found} at={at} onTake={(item, from) => put(editor, item, from)} />
      )}
    </>
  )
}
