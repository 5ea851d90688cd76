/** The mark: a dot and the waves of its answer. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden style={{ flex: 'none' }}>
      <rect width="32" height="32" rx="8" fill="#0f6b61" />
      <path
        d="M7 17A10 10 0 0 1 17 7M11.5 17A5.5 5.5 0 0 1 17 11.5"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
        strokeLinecap="round"
        opacity="0.85"
      />
      <circle cx="19.5" cy="19.5" r="5.5" fill="#fff" />
    </svg>
  )
}
