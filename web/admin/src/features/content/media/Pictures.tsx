import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans } from '@lingui/react/macro'
import { IconPhoto } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'

const MediaLibrary = lazy(() => import('./MediaLibrary'))

interface PicturesProps {
  /** What taking a picture does here. */
  takeLabel: string
  onChoose: (picture: { src: string; alt: string }) => void
}

/** The button that opens the library. */
export function Pictures({ takeLabel, onChoose }: PicturesProps) {
  const [isOpen, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button variant="default" leftSection={<IconPhoto size={16} />} onClick={open}>
        <Trans>Pictures</Trans>
      </Button>
      {isOpen && (
        <Suspense>
          <MediaLibrary
            takeLabel={takeLabel}
            onClose={close}
            onChoose={(picture) => {
              close()
              onChoose(picture)
            }}
          />
        </Suspense>
      )}
    </>
  )
}
