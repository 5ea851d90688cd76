// @vitest-environment happy-dom
import { Editor } from '@tiptap/core'
import { describe, expect, it } from 'vitest'

import { extensionsOf } from './extensions'

const editorOf = (content: string) => new Editor({ content, extensions: extensionsOf('variable') })

describe('a text of a letter', () => {
  it('keeps what the server lets through, and nothing else', () => {
    const html = '<p>Hi <strong>you</strong> <span style="color: rgb(15, 107, 99);">there</span></p><ul><li><p>one</p></li></ul>'
    expect(editorOf(html).getHTML()).toBe(html)
    expect(editorOf('<h1>A</h1><p><a href="javascript:x()">b</a><img src="x"></p>').getHTML()).toBe('<p>A</p><p>b</p>')
  })
  it('keeps a link to a variable without attributes of its own', () => {
    const html = '<p><a href="{{ unsubscribe_url }}">out</a></p>'
    expect(editorOf(html).getHTML()).toBe(html)
  })
  it('never puts a tag inside a variable', () => {
    const editor = editorOf('<p>Dear {{ customer.first_name | default: "you" }}, hello</p>')
    // Half of the variable and the words behind it.
    editor.chain().setTextSelection({ from: 20, to: 54 }).setBold().run()
    expect(editor.getHTML()).toBe('<p>Dear <strong>{{ customer.first_name | default: "you" }}, hell</strong>o</p>')
  })
})
