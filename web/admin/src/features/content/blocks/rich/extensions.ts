/** What a text block may hold: the tags that the server lets through, and marked variables. */

import { Extension, Mark as TextMark } from '@tiptap/core'
import type { Mark } from '@tiptap/pm/model'
import { type EditorState, Plugin, type Transaction } from '@tiptap/pm/state'
import { Decoration, DecorationSet } from '@tiptap/pm/view'
import StarterKit from '@tiptap/starter-kit'

import { isAllowedHref, isColor, VARIABLE } from '../core/richHtml'

/** The colour of a part of the text: `span[style=color]`. */
export const Colour = TextMark.create({
  name: 'colour',
  addAttributes: () => ({
    color: {
      default: null,
      parseHTML: (element) => element.style.color || null,
      renderHTML: ({ color }) => (typeof color === 'string' && isColor(color) ? { style: `color: ${color}` } : {}),
    },
  }),
  parseHTML: () => [{ tag: 'span[style]', getAttrs: (node) => (node.style.color ? null : false) }],
  renderHTML: ({ HTMLAttributes }) => ['span', HTMLAttributes, 0],
})

/**
 * A tag inside a variable would break it: what is put on a part of one (a link, bold) is put on all
 * of it.
 */
export function wholeVariables(state: EditorState): Transaction | null {
  const change = state.tr
  state.doc.descendants((block, position) => {
    if (!block.isTextblock) return true
    const text = block.textBetween(0, block.content.size, undefined, '\ufffc')
    for (const match of text.matchAll(VARIABLE)) {
      const from = position + 1 + match.index
      const to = from + match[0].length
      const found: (readonly Mark[])[] = []
      state.doc.nodesBetween(from, to, (node) => {
        if (node.isText) found.push(node.marks)
      })
      const all = new Map(found.flat().map((mark) => [mark.type, mark]))
      if (found.every((marks) => marks.length === all.size)) continue
      for (const mark of all.values()) change.addMark(from, to, mark)
    }
    return false
  })
  return change.docChanged ? change : null
}

/** Variables stand out from the text around them; they stay plain text. */
const Variables = Extension.create<{ className: string }>({
  name: 'variables',
  addOptions: () => ({ className: '' }),
  addProseMirrorPlugins() {
    const { className } = this.options
    return [
      new Plugin({
        appendTransaction: (transactions, _, state) =>
          transactions.some(({ docChanged }) => docChanged) ? wholeVariables(state) : null,
        props: {
          decorations: (state) => {
            const found: Decoration[] = []
            state.doc.descendants((node, position) => {
              for (const match of node.text?.matchAll(VARIABLE) ?? []) {
                const from = position + match.index
                found.push(Decoration.inline(from, from + match[0].length, { class: className }))
              }
            })
            return DecorationSet.create(state.doc, found)
          },
        },
      }),
    ]
  },
})

/** Without a history: the letter has one for everything. `className` marks variables. */
export const extensionsOf = (className: string) => [
  StarterKit.configure({
    heading: false,
    blockquote: false,
    code: false,
    codeBlock: false,
    horizontalRule: false,
    dropcursor: false,
    gapcursor: false,
    trailingNode: false,
    undoRedo: false,
    link: {
      openOnClick: false,
      autolink: false,
      linkOnPaste: true,
      isAllowedUri: (href) => isAllowedHref(href ?? ''),
      HTMLAttributes: { target: null, rel: null, class: null },
    },
  }),
  Colour,
  Variables.configure({ className }),
]
