import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { ErrorNote } from '../../../components/States'
import { brandKitQuery } from '../../../lib/api/endpoints/blocks'
import { BrandKitForm } from './BrandKitForm'

/** What all letters of blocks share: colours, font, logo, links, footer. */
export function BrandKitSettings() {
  const kit = useQuery(brandKitQuery)
  if (kit.error) return <ErrorNote error={kit.error} retry={() => void kit.refetch()} />
  if (!kit.data) return <Skeleton height={480} />
  return <BrandKitForm first={kit.data} />
}
