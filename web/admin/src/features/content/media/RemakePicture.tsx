import { Button, NumberInput, Select } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconCrop } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { ErrorNote } from '../../../components/States'
import { remakePicture } from '../../../lib/api/endpoints/blocks'
import type { Picture } from '../../../lib/api/types'
import { type Shape, SHAPES, shapeOf } from './shapes'

const SHAPE_WORDS: Record<Shape, ReturnType<typeof msg>> = {
  whole: msg`The whole picture`,
  square: msg`Square`,
  photo: msg`4 : 3`,
  wide: msg`16 : 9`,
  banner: msg`Banner, 3 : 1`,
}
const FORMATS = [
  { value: 'jpg', label: 'JPEG' },
  { value: 'webp', label: 'WebP' },
  { value: 'png', label: 'PNG' },
]
type Format = 'jpg' | 'webp' | 'png'
const WIDTH_MAX = 1300
const WIDTH_MIN = 8

/** Makes another picture of one: cut, smaller, or encoded otherwise; the first stays. */
export function RemakePicture({ picture, onMade }: { picture: Picture; onMade: (made: Picture) => void }) {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const full = picture.files.find(({ size }) => size === 'full') ?? picture.files[0]
  const [isOpen, open] = useDisclosure(false)
  const [shape, setShape] = useState<Shape>('whole')
  const [width, setWidth] = useState<number | ''>(Math.min(full?.width ?? WIDTH_MAX, 1200))
  const [format, setFormat] = useState<Format>(full?.format === 'gif' ? 'png' : (full?.format ?? 'jpg'))
  const make = useMutation({
    mutationFn: () =>
      remakePicture(picture.id, {
        format,
        ...(width !== '' && { width }),
        ...(full && shape !== 'whole' && { crop: shapeOf(shape, full) }),
      }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['media'] })
      onMade(made)
    },
  })
  if (picture.animated) return null
  if (!isOpen) {
    return (
      <Button
        variant="default"
        size="compact-sm"
        h="auto"
        styles={{ label: { whiteSpace: 'normal' } }}
        leftSection={<IconCrop size={15} />}
        onClick={open.open}
      >
        <Trans>Crop, resize, convert</Trans>
      </Button>
    )
  }
  return (
    <form
      aria-label={t`Crop, resize, convert`}
      style={{ display: 'grid', gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault()
        make.mutate()
      }}
    >
      <Select
        label={t`Shape`}
        description={t`Cut evenly from both sides.`}
        allowDeselect={false}
        data={SHAPES.map((value) => ({ value, label: i18n._(SHAPE_WORDS[value]) }))}
        value={shape}
        onChange={(value) => value && setShape(value as Shape)}
      />
      <NumberInput
        label={t`Width at most`}
        suffix={t` px`}
        min={WIDTH_MIN}
        max={WIDTH_MAX}
        clampBehavior="blur"
        value={width}
        onChange={(value) => setWidth(typeof value === 'number' ? value : '')}
      />
      <Select
        label={t`Format`}
        description={
          format === 'webp'
            ? t`The lightest, but Outlook on Windows does not show it.`
            : format === 'jpg'
              ? t`For photographs; what was transparent becomes white.`
              : t`For drawings, and for what is transparent.`
        }
        allowDeselect={false}
        data={FORMATS}
        value={format}
        onChange={(value) => value && setFormat(value as Format)}
      />
      {make.error && <ErrorNote error={make.error} />}
      <Button type="submit" variant="default" loading={make.isPending}>
        <Trans>Make this picture</Trans>
      </Button>
    </form>
  )
}
