/** What the renderer makes of colours where the reader wants dark, for drawing it here. */

import type { Theme } from './look'

const DARK_CONTRAST = 7
type Hls = [hue: number, lightness: number, saturation: number]

const partsOf = (colour: string): [number, number, number] => [
  Number.parseInt(colour.slice(1, 3), 16) / 255,
  Number.parseInt(colour.slice(3, 5), 16) / 255,
  Number.parseInt(colour.slice(5, 7), 16) / 255,
]

function hlsOf(colour: string): Hls {
  const [r, g, b] = partsOf(colour)
  const max = Math.max(r, g, b)
  const min = Math.min(r, g, b)
  const lightness = (max + min) / 2
  if (max === min) return [0, lightness, 0]
  const range = max - min
  const saturation = range / (lightness <= 0.5 ? max + min : 2 - max - min)
  const hue = max === r ? (g - b) / range : max === g ? 2 + (b - r) / range : 4 + (r - g) / range
  return [(((hue / 6) % 1) + 1) % 1, lightness, saturation]
}

function fromHls([hue, lightness, saturation]: Hls): string {
  const chroma = (1 - Math.abs(2 * lightness - 1)) * saturation
  const part = (n: number) => {
    const k = (n + hue * 12) % 12
    const value = lightness - (chroma / 2) * Math.max(-1, Math.min(k - 3, 9 - k, 1))
    return Math.round(value * 255).toString(16).padStart(2, '0')
  }
  return `#${part(0)}${part(8)}${part(4)}`
}

function luminance(colour: string): number {
  const [r, g, b] = partsOf(colour).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0)
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

/** Light backgrounds turn; deep ones and strong ones stay near what they are. */
export function inDark(background: string): string {
  const [hue, lightness, saturation] = hlsOf(background)
  if (lightness <= 0.3) return background
  if (saturation > 0.5 && lightness < 0.7) return fromHls([hue, 0.3, saturation * 0.8])
  return fromHls([hue, 0.08 + 0.04 * Math.max(0, (lightness - 0.9) * 10), Math.min(saturation, 0.3)])
}

/** A colour of the same hue that reads well on the dark variant of a background. */
export function textInDark(colour: string, background: string): string {
  const dark = inDark(background)
  const [hue, lightness, saturation] = hlsOf(colour)
  const from = Math.max(lightness, 1 - lightness)
  for (let step = 0; step < 20; step += 1) {
    const made = fromHls([hue, Math.min(1, from + step * 0.025), saturation * 0.9])
    if (contrast(made, dark) >= DARK_CONTRAST) return made
  }
  return '#ffffff'
}

/** A theme on one of its backgrounds; buttons keep their colours. */
export function darkTheme(theme: Theme, ground: string = theme.content_background): Theme {
  return {
    ...theme,
    background: inDark(theme.background),
    content_background: inDark(theme.content_background),
    text_color: textInDark(theme.text_color, ground),
    muted_color: textInDark(theme.muted_color, ground),
    heading_color: textInDark(theme.heading_color, ground),
    link_color: textInDark(theme.link_color, ground),
  }
}
