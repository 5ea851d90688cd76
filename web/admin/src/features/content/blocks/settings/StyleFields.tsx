import { Select, Stack } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

import type { Font, Style } from '../core/document'
import type { Theme } from '../core/look'
import { ColourField } from './ColourField'
import { NumberField } from './NumberField'
import css from './Settings.module.css'

const FONT_NAMES: Record<Font, string> = {
  system: '',
  arial: 'Arial',
  georgia: 'Georgia',
  verdana: 'Verdana',
  tahoma: 'Tahoma',
  trebuchet: 'Trebuchet MS',
}

interface StyleFieldsProps {
  value: Style
  /** What holds where the style leaves something open. */
  inherited: Theme
  onChange: (patch: Partial<Style>) => void
}

/** Colours and type of a letter, or of all letters in the brand kit. */
export function StyleFields({ value, inherited, onChange }: StyleFieldsProps) {
  const { t } = useLingui()
  const colour = (key: ColourKey, label: string) => (
    <ColourField
      key={key}
      label={label}
      value={value[key]}
      inherited={inherited[key]}
      onChange={(next) => onChange({ [key]: next })}
    />
  )
  const number = (key: 'font_size' | 'width' | 'button_radius', label: string, min: number, max: number) => (
    <NumberField
      label={label}
      value={value[key]}
      min={min}
      max={max}
      suffix={t` px`}
      inherited={inherited[key]}
      onChange={(next) => onChange({ [key]: next })}
    />
  )
  return (
    <Stack gap={10}>
      <div className={css.two}>
        {colour('background', t`Page`)}
        {colour('content_background', t`Background of the letter`)}
        {colour('text_color', t({ context: 'colour', message: 'Text' }))}
        {colour('heading_color', t({ context: 'colour', message: 'Headings' }))}
        {colour('muted_color', t`Small print`)}
        {colour('link_color', t({ context: 'colour', message: 'Links' }))}
        {colour('button_background', t({ context: 'colour', message: 'Buttons' }))}
        {colour('button_color', t`Text on buttons`)}
      </div>
      <Select
        label={t`Font`}
        clearable
        placeholder={inherited.font === 'system' ? t`Of the reader's device` : FONT_NAMES[inherited.font]}
        data={Object.entries(FONT_NAMES).map(([key, name]) => ({ value: key, label: name || t`Of the reader's device` }))}
        value={value.font ?? null}
        onChange={(font) => onChange({ font: (font as Font | null) ?? undefined })}
      />
      <div className={css.two}>
        {number('font_size', t`Size of the text`, 12, 20)}
        {number('width', t`Width of the letter`, 480, 720)}
        {number('button_radius', t`Rounding of buttons`, 0, 40)}
      </div>
    </Stack>
  )
}

type ColourKey =
  | 'background' | 'content_background' | 'text_color' | 'muted_color'
  | 'heading_color' | 'link_color' | 'button_background' | 'button_color'
