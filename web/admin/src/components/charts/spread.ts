/**
 * Labels at the ends of lines, moved apart as little as keeps them `gap` from each other.
 * Takes and returns places in pixels, in the order given.
 */
export function spread(places: number[], gap: number): number[] {
  const order = places.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place)
  // Neighbours that collide become one block, centred on the mean of their places.
  const blocks: { members: typeof order; centre: number }[] = []
  for (const item of order) {
    blocks.push({ members: [item], centre: item.place })
    for (let last = blocks.length - 1; last > 0; last -= 1) {
      const [upper, lower] = [blocks[last - 1], blocks[last]]
      if (!upper || !lower) break
      const room = ((upper.members.length + lower.members.length) / 2) * gap
      if (lower.centre - upper.centre >= room) break
      const members = [...upper.members, ...lower.members]
      const centre = members.reduce((sum, member) => sum + member.place, 0) / members.length
      blocks.splice(last - 1, 2, { members, centre })
    }
  }
  const result = [...places]
  for (const { members, centre } of blocks) {
    members.forEach((member, index) => {
      result[member.index] = centre + (index - (members.length - 1) / 2) * gap
    })
  }
  return result
}
