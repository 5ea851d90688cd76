import type { LetterInput } from '../../../lib/api/types'

interface Words {
  name: string
  subject: string
  title: string
  button: string
  note: string
  preheader: string
}

/** A letter to begin with: a row that repeats over the items of the reader. */
export function ownLetter(words: Words): LetterInput {
  const item = [
    {
      kind: 'image',
      id: 'picture',
      src: '{{ item.picture }}',
      href: '{{ item.link }}',
      decorative: true,
      show_if: { test: [{ path: 'item.picture', op: 'set' }] },
    },
    { kind: 'heading', id: 'title', text: '{{ item.title }}', level: 3 },
    { kind: 'text', id: 'summary', html: '<p>{{ item.summary }}</p>' },
    { kind: 'button', id: 'read', text: words.button, href: '{{ item.link }}' },
  ]
  const document = {
    v: 1,
    rows: [
      {
        id: 'head',
        columns: [
          {
            blocks: [
              { kind: 'logo', id: 'logo' },
              { kind: 'heading', id: 'hello', text: words.title, level: 1 },
            ],
          },
        ],
      },
      { id: 'items', repeat: { over: 'articles', limit: 20 }, columns: [{ blocks: item }] },
      { id: 'end', columns: [{ blocks: [{ kind: 'footer', id: 'footer', note: words.note }] }] },
    ],
  }
  return {
    name: words.name,
    kind: 'blocks',
    subject: words.subject,
    preheader: words.preheader,
    source: JSON.stringify(document),
    text: '',
    amp: '',
  }
}
