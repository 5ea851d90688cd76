/** The style of a letter without gaps, for drawing it. The server has the last word. */

import type { Font, Style } from './document'

export type Theme = Required<{ [Key in keyof Style]: NonNullable<Style[Key]> }>

/** As the renderer begins. */
export const DEFAULT_THEME: Theme = {
  background: '#f3f4f6',
  content_background: '#ffffff',
  text_color: '#1f2937',
  muted_color: '#5f6873',
  heading_color: '#111827',
  link_color: '#0f6b63',
  button_background: '#0f6b63',
  button_color: '#ffffff',
  font: 'system',
  font_size: 16,
  width: 600,
  button_radius: 8,
}

export const FONTS: Record<Font, string> = {
  system: "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
  arial: 'Arial, Helvetica, sans-serif',
  georgia: "Georgia, 'Times New Roman', serif",
  verdana: 'Verdana, Geneva, sans-serif',
  tahoma: 'Tahoma, Verdana, sans-serif',
  trebuchet: "'Trebuchet MS', Tahoma, sans-serif",
}

const known = (style: Style | undefined): Style =>
  Object.fromEntries(Object.entries(style ?? {}).filter(([, value]) => value !== null && value !== undefined))

/** What the letter leaves open comes from the brand kit, what that leaves open from the renderer. */
export const themeOf = (style: Style, brand: Style | undefined): Theme =>
  ({ ...DEFAULT_THEME, ...known(brand), ...known(style) }) as Theme
