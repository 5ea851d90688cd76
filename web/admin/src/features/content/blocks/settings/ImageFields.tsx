import { Button, Switch } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPhoto } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'

import type { BlockOf } from '../core/document'
import { AlignField } from './AlignField'
import type { Change } from './BlockSettings'
import { LineField } from './LineField'
import { NumberField } from './NumberField'

const MediaLibrary = lazy(() => import('../../media/MediaLibrary'))

export function ImageFields({ block, change }: { block: BlockOf<'image'>; change: Change }) {
  const { t } = useLingui()
  const [isChoosing, { open, close }] = useDisclosure(false)
  const isDecorative = block.decorative ?? false
  return (
    <>
      <Button variant="default" leftSection={<IconPhoto size={16} />} onClick={open}>
        <Trans>Choose from the library</Trans>
      </Button>
      <LineField label={t`Address of the picture`} placeholder="https://" value={block.src} onChange={(src) => change({ src })} />
      <LineField
        label={t`What the picture shows`}
        description={t`Read aloud, and shown where pictures are off.`}
        value={block.alt}
        maxLength={300}
        error={!isDecorative && block.src !== '' && !block.alt.trim() && t`Describe the picture, or mark it as decoration.`}
        onChange={(alt) => change({ alt })}
      />
      <Switch
        label={t`Only decoration`}
        checked={isDecorative}
        onChange={(event) => change({ decorative: event.currentTarget.checked })}
      />
      <LineField
        label={t`Address that it leads to`}
        placeholder="https://"
        value={block.href}
        onChange={(href) => change({ href: href || undefined })}
      />
      <NumberField
        label={t`Width`}
        value={block.width}
        min={8}
        max={1300}
        suffix={t` px`}
        inherited={t`as wide as its column`}
        onChange={(width) => change({ width })}
      />
      <AlignField value={block.align ?? 'center'} onChange={(align) => change({ align })} />
      {isChoosing && (
        <Suspense>
          <MediaLibrary
            onClose={close}
            onChoose={({ src, alt }) => {
              change({ src, ...(alt && { alt }) })
              close()
            }}
          />
        </Suspense>
      )}
    </>
  )
}
