/** The HTML of text blocks: what of it is drawn, and which links are let through. */

/** What begins with a variable is an address made at sending; the server checks it then. */
export const isAllowedHref = (href: string): boolean =>
  /^\s*(https?:\/\/|mailto:|tel:|\{\{)/i.test(href) && !/^\s*javascript:/i.test(href)

/** A colour as the server takes it, so that nothing is shown here that the letter has not. */
export const isColor = (value: string): boolean =>
  /^(#[0-9a-f]{3}|#[0-9a-f]{6}|rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)|[a-z]{3,20})$/i.test(value.trim())

export const VARIABLE = /\{\{.*?\}\}|\{%.*?%\}/g

export interface RichElement {
  tag: string
  href?: string
  color?: string
  children: RichNode[]
}
export type RichNode = string | RichElement

const TAGS = new Set(['p', 'br', 'strong', 'b', 'em', 'i', 'u', 's', 'a', 'ul', 'ol', 'li', 'span'])

function nodesOf(parent: Node): RichNode[] {
  return [...parent.childNodes].flatMap((node): RichNode[] => {
    if (node.nodeType === Node.TEXT_NODE) return [node.textContent ?? '']
    if (!(node instanceof HTMLElement)) return []
    const tag = node.tagName.toLowerCase()
    if (tag === 'script' || tag === 'style') return []
    const children = nodesOf(node)
    if (!TAGS.has(tag)) return children
    const href = tag === 'a' ? (node.getAttribute('href') ?? '') : ''
    const color = node.style.color
    return [{ tag, children, ...(isAllowedHref(href) && { href }), ...(isColor(color) && { color }) }]
  })
}

/** Only known tags, without their attributes: the text of a letter never runs anything here. */
export function readRich(html: string): RichNode[] {
  return nodesOf(new DOMParser().parseFromString(html, 'text/html').body)
}

export function textOf(html: string): string {
  const words = (nodes: RichNode[]): string =>
    nodes.map((node) => (typeof node === 'string' ? node : `${words(node.children)} `)).join('')
  return words(readRich(html)).replace(/\s+/g, ' ').trim()
}
