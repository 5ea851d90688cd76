/** What the server says of each node of the definition on the screen, by its path. */

import type { Explanation, SegmentCount } from '../../../lib/api/types'
import { type Group, isGroup, type Node } from '../../../lib/rules/types'
import type { Path } from '../model/tree'

export interface Insight {
  parts: Map<string, { count: number; left: number }>
  answers: Map<string, Explanation>
  /** The figures belong to what stood there a moment ago. */
  isOld: boolean
}

export const pathOf = (path: Path) => '$' + path.map((place) => `.of[${place}]`).join('')

/** Paths of what is sent to paths of what is on the screen: empty groups are not sent. */
function screenPaths(root: Group): Map<string, string> {
  const found = new Map<string, string>()
  const isSent = (node: Node): boolean => !isGroup(node) || node.of.some(isSent)
  const visit = (node: Node, shown: string, sent: string) => {
    found.set(sent, shown)
    if (!isGroup(node)) return
    let place = 0
    node.of.forEach((child, index) => {
      if (isSent(child)) visit(child, `${shown}.of[${index}]`, `${sent}.of[${place++}]`)
    })
  }
  visit(root, '$', '$')
  return found
}

export function insightOf(
  root: Group,
  count: SegmentCount | undefined,
  explanation: Explanation | undefined,
  isOld: boolean,
): Insight {
  const shown = screenPaths(root)
  const parts = new Map<string, { count: number; left: number }>()
  for (const part of count?.parts ?? []) {
    const path = shown.get(part.path)
    if (path) parts.set(path, part)
  }
  const answers = new Map<string, Explanation>()
  const visit = (node: Explanation) => {
    const path = shown.get(node.path)
    if (path && path !== '$') answers.set(path, node)
    node.children.forEach(visit)
  }
  if (explanation) visit(explanation)
  return { parts, answers, isOld }
}
