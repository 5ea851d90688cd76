import { useState } from 'react'

interface PictureProps {
  src: string
  className?: string | undefined
}

/** A picture from the shop's site; where it does not load, an empty place of its size. */
export function Picture({ src, className }: PictureProps) {
  const [isBroken, setBroken] = useState(false)
  if (isBroken) return <span className={className} aria-hidden />
  return (
    <img
      className={className}
      src={src}
      alt=""
      loading="lazy"
      referrerPolicy="no-referrer"
      onError={() => setBroken(true)}
    />
  )
}
