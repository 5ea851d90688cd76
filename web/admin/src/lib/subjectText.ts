/** A subject line as somebody reads it of whom nothing is known: lists show letters, not their code. */

const PIECE = /\{%-?\s*(\w*).*?-?%\}|\{\{-?(.*?)-?\}\}/gs
const DEFAULT = /\|\s*default:\s*(?:"([^"]*)"|'([^']*)')/
/** What these hold is for somebody of whom something is known. */
const OPENING = new Set(['if', 'unless', 'case', 'for', 'capture', 'comment'])

/** Returns the text; a value without a default is an ellipsis. The code itself if no word is left. */
export function subjectText(source: string): string {
  const said: boolean[] = []
  let text = ''
  let from = 0
  const tell = (words: string) => {
    if (said.every(Boolean)) text += words
  }
  for (const piece of source.matchAll(PIECE)) {
    tell(source.slice(from, piece.index))
    from = piece.index + piece[0].length
    const [, tag, value] = piece
    if (value !== undefined) {
      const known = DEFAULT.exec(value)
      tell(known ? (known[1] ?? known[2] ?? '') : '…')
    } else if (tag === 'else') said.splice(-1, 1, !said.at(-1))
    else if (tag?.startsWith('end')) said.pop()
    else if (tag && OPENING.has(tag)) said.push(tag === 'unless')
  }
  tell(source.slice(from))
  const words = text.replace(/\s+/g, ' ').trim()
  if (!/[\p{L}\d]/u.test(words)) return source
  return words.charAt(0).toUpperCase() + words.slice(1)
}
