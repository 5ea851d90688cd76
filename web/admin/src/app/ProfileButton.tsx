import { lazy, Suspense, useState } from 'react'

import type { Me } from '../lib/api/types'
import { WhoButton } from './WhoButton'

const ProfileMenu = lazy(() => import('./ProfileMenu'))

export function ProfileButton({ me }: { me: Me }) {
  const [wanted, setWanted] = useState(false)
  if (!wanted) return <WhoButton me={me} onClick={() => setWanted(true)} />
  return (
    <Suspense fallback={<WhoButton me={me} />}>
      <ProfileMenu me={me} />
    </Suspense>
  )
}
