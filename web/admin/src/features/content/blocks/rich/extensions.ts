/** What a text block may hold: the tags that the server lets through, and marked variables. */

import { Extension, Mark } from '@tiptap/core'
import { Plugin } from '@tiptap/pm/state'
import { Decoration, DecorationSet } from '@tiptap/pm/view'
import StarterKit from '@tiptap/starter-kit'

import { isAllowedHref, isColor, VARIABLE } from '../core/richHtml'

/** The colour of a part of the text: `span[style=color]`. */
export const Colour = Mark.create({
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

/** Variables stand out from the text around them; they stay plain text. */
const Variables = Extension.create<{ className: string }>({
  name: 'variables',
  addOptions: () => ({ className: '' }),
  addProseMirrorPlugins() {
    const { className } = this.options
    return [
      new Plugin({
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

interface Keys {
  onUndo: () => void
  onRedo: () => void
  onLeave: () => void
}

/** The letter has one history for everything, so the text has none of its own. */
const LetterKeys = Extension.create<Keys>({
  name: 'letterKeys',
  addOptions: () => ({ onUndo: () => undefined, onRedo: () => undefined, onLeave: () => undefined }),
  addKeyboardShortcuts() {
    const run = (act: () => void) => () => {
      act()
      return true
    }
    return {
      'Mod-z': run(() => this.options.onUndo()),
      'Shift-Mod-z': run(() => this.options.onRedo()),
      'Mod-y': run(() => this.options.onRedo()),
      Escape: run(() => this.options.onLeave()),
    }
  },
})

export const extensionsOf = (className: string, keys: Keys) => [
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
  LetterKeys.configure(keys),
]
