/** One interval drawn on a scale shared by its neighbours, zero always in sight. */

export function axisOf(intervals: number[][]): [number, number] {
  const ends = intervals.flat().filter(Number.isFinite)
  const low = Math.min(0, ...ends)
  const high = Math.max(0, ...ends)
  const room = (high - low || 1) * 0.06
  return [low - room, high + room]
}

interface WhiskerProps {
  axis: [number, number]
  low: number
  high: number
  at: number
  color: string
  label: string
}

export function Whisker({ axis, low, high, at, color, label }: WhiskerProps) {
  const x = (value: number) => ((value - axis[0]) / (axis[1] - axis[0])) * 100
  const percent = (value: number) => `${x(value)}%`
  return (
    <svg role="img" aria-label={label} width="100%" height="28">
      <line x1={percent(0)} x2={percent(0)} y1="0" y2="28" stroke="var(--text-dim)" strokeDasharray="2 2" opacity="0.7" />
      <line x1={percent(low)} x2={percent(high)} y1="14" y2="14" stroke={color} strokeWidth="2" />
      <line x1={percent(low)} x2={percent(low)} y1="9" y2="19" stroke={color} strokeWidth="2" />
      <line x1={percent(high)} x2={percent(high)} y1="9" y2="19" stroke={color} strokeWidth="2" />
      <circle cx={percent(at)} cy="14" r="5" fill={color} stroke="var(--surface)" strokeWidth="2" />
    </svg>
  )
}
