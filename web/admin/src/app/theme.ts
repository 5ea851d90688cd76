/** The look: one accent, neutral greys, a 4 px grid, radius 8, dense controls. */

import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

const teal: MantineColorsTuple = [
  '#effaf8', '#d7f1ec', '#ade2d9', '#7dcfc3', '#49b5a7',
  '#259a8c', '#138073', '#0f6b61', '#0f564f', '#0e4641',
]
const gray: MantineColorsTuple = [
  '#f8f9fa', '#f1f3f4', '#e7e9eb', '#d9dcdf', '#c3c8cc',
  '#9aa1a7', '#6b737a', '#4d555c', '#343a40', '#1b1f23',
]
const dark: MantineColorsTuple = [
  '#d8dcdf', '#b6bcc1', '#949ba1', '#646b72', '#3d4349',
  '#30353b', '#262a2f', '#181b1f', '#131619', '#0d0f11',
]

/** Controls of the usual size are 32 px high: dense, yet easy to hit. */
function buttonSize(_: unknown, { size }: { size?: string }) {
  return size === 'sm'
    ? { root: { '--button-height': '32px', '--button-fz': '14px', '--button-padding-x': '12px' } }
    : { root: {} }
}

function inputSize(_: unknown, { size = 'sm' }: { size?: string }) {
  return size === 'sm'
    ? // The padding is that of fields of several lines: one line of them is 32 px high as well.
      { wrapper: { '--input-height': '32px', '--input-fz': '14px', '--input-padding-y': '4px' } }
    : { wrapper: {} }
}

const DESCRIPTION = { fontSize: 12, lineHeight: '16px', marginTop: 2 }

export const theme = createTheme({
  primaryColor: 'teal',
  primaryShade: { light: 7, dark: 6 },
  colors: { teal, gray, dark },
  black: '#1b1f23',
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Code', 'DejaVu Sans Mono', Menlo, monospace",
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '18px' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45', lg: '1.45', xl: '1.4' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '8px', xl: '12px' },
  defaultRadius: 'md',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '16px', lineHeight: '24px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
    },
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  // By name, not by `Button.extend`: importing the components here would put all of them into the
  // first chunk.
  components: {
    Button: { defaultProps: { size: 'sm', fw: 500 }, vars: buttonSize },
    Input: { vars: inputSize },
    InputWrapper: {
      styles: { label: { fontSize: 13, marginBottom: 4 }, description: { marginBottom: 4, fontSize: 12, lineHeight: '16px' } },
    },
    Select: {
      defaultProps: { comboboxProps: { shadow: 'md' }, allowDeselect: false, maxDropdownHeight: 320 },
    },
    NumberInput: { defaultProps: { thousandSeparator: ' ', hideControls: true } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', c: 'dimmed' } },
    Checkbox: { defaultProps: { size: 'xs', radius: 'xs' }, styles: { description: DESCRIPTION } },
    Radio: { styles: { description: DESCRIPTION } },
    Switch: { defaultProps: { size: 'sm' }, styles: { description: DESCRIPTION } },
    // A placeholder for the first focus would be a child that a menu may not have.
    Menu: {
      defaultProps: {
        shadow: 'md',
        position: 'bottom-end',
        withInitialFocusPlaceholder: false,
        // Inside the main landmark, where screen readers look for content.
        portalProps: { target: '#main' },
      },
    },
    Modal: {
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 } },
      styles: { title: { fontWeight: 600 } },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false } },
    Loader: { defaultProps: { size: 'sm' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
  },
})

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {
    '--arm-1': '#2f6fb7',
    '--arm-2': '#c2620e',
    '--arm-3': '#7a4fc0',
    '--arm-4': '#0f8a7b',
    '--arm-5': '#a83267',
    '--arm-6': '#5f6b00',
    '--arm-7': '#8a4b2a',
    '--arm-8': '#3f51a3',
  },
  light: {
    '--mantine-color-placeholder': '#687078',
    '--mantine-color-dimmed': '#5c636a',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-red-light-color': '#b3261e',
    '--surface': '#ffffff',
    '--surface-low': '#f8f9fa',
    '--surface-hover': '#f3f5f6',
    '--surface-active': '#e9f4f2',
    '--line': '#e4e7e9',
    '--line-strong': '#cfd4d8',
    '--text': '#1b1f23',
    '--text-dim': '#5c636a',
    '--accent': '#0f6b61',
    '--accent-soft': '#e3f3f0',
    '--good': '#17713a',
    '--good-soft': '#e6f4ea',
    '--warn': '#8a5200',
    '--warn-soft': '#fdf1dc',
    '--bad': '#b3261e',
    '--bad-soft': '#fceceb',
    '--info': '#24588f',
    '--info-soft': '#e9f1fa',
    '--arm-control': '#868e96',
  },
  dark: {
    '--mantine-color-placeholder': '#a3a3a3',
    '--mantine-color-dimmed': '#a6a9ad',
    '--mantine-color-error': '#f0857d',
    '--mantine-color-red-light-color': '#f0857d',
    '--surface': '#181b1f',
    '--surface-low': '#131619',
    '--surface-hover': '#20242a',
    '--surface-active': '#16302c',
    '--line': '#2c3137',
    '--line-strong': '#444b52',
    '--text': '#dfe2e5',
    '--text-dim': '#a6a9ad',
    '--accent': '#55bfb1',
    '--accent-soft': '#14312d',
    '--good': '#6cc58a',
    '--good-soft': '#16301f',
    '--warn': '#e0ad5c',
    '--warn-soft': '#33270f',
    '--bad': '#f0857d',
    '--bad-soft': '#3a1c1a',
    '--info': '#85b4e8',
    '--info-soft': '#172a40',
    '--arm-1': '#6aa5e6',
    '--arm-2': '#e39a50',
    '--arm-3': '#ac8ae6',
    '--arm-4': '#4dbdac',
    '--arm-5': '#e07aa8',
    '--arm-6': '#b5c25a',
    '--arm-7': '#cf9a7a',
    '--arm-8': '#93a3ea',
    '--arm-control': '#9aa1a7',
  },
})
