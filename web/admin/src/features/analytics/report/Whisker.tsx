/** One interval drawn on a scale shared by its neighbours, zero always in sight. */

/** `most`: what lies farther out is cut off, or it would press the others into a point. */
export function axisOf(intervals: (number | null)[][], most = Infinity): [number, number] {
  const ends = intervals
    .flat()
    .filter((end) => end !== null && Number.isFinite(end))
    .map((end) => Math.min(Math.max(Number(end), -most), most))
  const low = Math.min(0, ...ends)
  const high = Math.max(0, ...ends)
  const room = (high - low || 1) * 0.06
  return [low - room, high + room]
}

interface WhiskerProps {
  axis: [number, number]
  low: number
  /** Nothing: not known, so the line goes on to the edge. */
  high: number | null
  at: number
  color: string
  label: string
}

export function Whisker({ axis, low, high, at, color, label }: WhiskerProps) {
  const [first, last] = axis
  const percent = (value: number) =>
    `${((Math.min(Math.max(value, first), last) - first) / (last - first)) * 100}%`
  const ends = [low, high].filter((end) => end !== null && end >= first && end <= last)
  return (
    <svg role="img" aria-label={label} width="100%" height="28">
      <line x1={percent(0)} x2={percent(0)} y1="0" y2="28" stroke="var(--text-dim)" strokeDasharray="2 2" opacity="0.7" />
      <line x1={percent(low)} x2={percent(high ?? last)} y1="14" y2="14" stroke={color} strokeWidth="2" />
      {ends.map((end) => (
        <line key={end} x1={percent(end ?? 0)} x2={percent(end ?? 0)} y1="9" y2="19" stroke={color} strokeWidth="2" />
      ))}
      {at >= first && at <= last && (
        <circle cx={percent(at)} cy="14" r="5" fill={color} stroke="var(--surface)" strokeWidth="2" />
      )}
    </svg>
  )
}
