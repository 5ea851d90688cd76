/** The geometry of a diagram of flows with two columns. */

export const OUTSIDE = -1

export interface Link {
  source: number
  target: number
  count: number
}

export interface Node {
  place: number
  count: number
  top: number
  height: number
}

export interface Ribbon extends Link {
  path: string
  /** Half the height of its middle, for labels. */
  middle: number
}

interface Size {
  width: number
  height: number
  /** Width of a column. */
  bar: number
  gap: number
}

/** Stacks the places of one side; each is as high as the people in it. */
function stack(links: Link[], side: 'source' | 'target', places: number[], size: Size): Node[] {
  const counts = places.map((place) =>
    links.filter((link) => link[side] === place).reduce((sum, link) => sum + link.count, 0),
  )
  const seen = places.map((place, at) => ({ place, count: counts[at] ?? 0 })).filter((one) => one.count > 0)
  const total = seen.reduce((sum, one) => sum + one.count, 0)
  const room = size.height - size.gap * Math.max(0, seen.length - 1)
  let top = 0
  return seen.map((one) => {
    const height = (one.count / total) * room
    const node = { ...one, top, height }
    top += height + size.gap
    return node
  })
}

export function ribbons(links: Link[], places: number[], size: Size) {
  const sources = stack(links, 'source', places, size)
  const targets = stack(links, 'target', places, size)
  const leaving = new Map(sources.map((node) => [node.place, node.top]))
  const coming = new Map(targets.map((node) => [node.place, node.top]))
  const order = new Map(places.map((place, at) => [place, at]))
  const rank = (link: Link) => (order.get(link.source) ?? 0) * places.length + (order.get(link.target) ?? 0)
  const made: Ribbon[] = [...links]
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((link) => {
      const from = sources.find((node) => node.place === link.source)
      const to = targets.find((node) => node.place === link.target)
      if (!from || !to) return []
      const [left, right] = [leaving.get(link.source) ?? 0, coming.get(link.target) ?? 0]
      const thick = (link.count / from.count) * from.height
      const thin = (link.count / to.count) * to.height
      leaving.set(link.source, left + thick)
      coming.set(link.target, right + thin)
      return [{ ...link, path: band(left, left + thick, right, right + thin, size), middle: thick / 2 }]
    })
  return { sources, targets, ribbons: made }
}

function band(top: number, bottom: number, otherTop: number, otherBottom: number, { width, bar }: Size): string {
  const [x, far, mid] = [bar, width - bar, width / 2]
  return (
    `M${x},${top} C${mid},${top} ${mid},${otherTop} ${far},${otherTop} ` +
    `L${far},${otherBottom} C${mid},${otherBottom} ${mid},${bottom} ${x},${bottom} Z`
  )
}
