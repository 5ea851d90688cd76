import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'

import { letterQuery } from '../../lib/api/endpoints/content'
import { CodeLetter } from './editor/CodeLetter'

const BlocksLetter = lazy(() => import('./blocks/BlocksLetter'))
const route = getRouteApi('/inside/letters/$id')

export function LetterPage() {
  const { id } = route.useParams()
  const { data: letter, error, isFetching, isFetchedAfterMount } = useQuery(letterQuery(id))
  if (error) throw error
  // What was seen before may be old by now, and the editors keep what they begin with.
  if (!letter || (isFetching && !isFetchedAfterMount)) return <Skeleton height={480} width="auto" m={24} />
  if (letter.kind === 'blocks') {
    return (
      <Suspense fallback={<Skeleton height={480} width="auto" m={24} />}>
        <BlocksLetter key={letter.id} letter={letter} />
      </Suspense>
    )
  }
  return <CodeLetter key={letter.id} letter={letter} />
}
