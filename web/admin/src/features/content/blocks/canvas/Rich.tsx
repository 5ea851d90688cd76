import { createElement, type CSSProperties, Fragment, type ReactNode } from 'react'

import { readRich, type RichNode, VARIABLE } from '../core/richHtml'
import css from './Canvas.module.css'

/** A text with its variables marked. */
export function WithVariables({ text }: { text: string }) {
  const parts: ReactNode[] = []
  let at = 0
  for (const found of text.matchAll(VARIABLE)) {
    parts.push(text.slice(at, found.index))
    parts.push(
      <span key={found.index} className={css.variable}>
        {found[0]}
      </span>,
    )
    at = found.index + found[0].length
  }
  return (
    <>
      {parts}
      {text.slice(at)}
    </>
  )
}

const draw = (nodes: RichNode[], linkColor: string): ReactNode =>
  nodes.map((node, index) => {
    if (typeof node === 'string') return <WithVariables key={index} text={node} />
    const style: CSSProperties = { color: node.color }
    // A link is not followed from here, so it is drawn as one only.
    if (node.tag === 'a') {
      return (
        <span key={index} style={{ color: linkColor, textDecoration: 'underline' }}>
          {draw(node.children, linkColor)}
        </span>
      )
    }
    if (node.tag === 'br') return <br key={index} />
    return createElement(node.tag, { key: index, style }, <Fragment>{draw(node.children, linkColor)}</Fragment>)
  })

export function Rich({ html, linkColor }: { html: string; linkColor: string }) {
  return <div className={css.rich}>{draw(readRich(html), linkColor)}</div>
}
