import { armColor, useArmName } from './arms'

/** The colour and the name of a variant or of the control group. */
export function ArmMark({ arm, name = '' }: { arm: string; name?: string }) {
  const armName = useArmName()
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 8, minWidth: 0 }}>
      <span
        aria-hidden
        style={{
          width: 10,
          height: 10,
          borderRadius: 3,
          flex: 'none',
          background: `var(${armColor(arm)})`,
        }}
      />
      <span style={{ overflowWrap: 'break-word', minWidth: 0 }}>{armName(arm, name)}</span>
    </span>
  )
}
