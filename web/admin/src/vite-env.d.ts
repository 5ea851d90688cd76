/// <reference types="vite/client" />

/** The texts of one section in one language, made by `texts.ts`. */
declare module 'virtual:texts/*' {
  import type { Messages } from '@lingui/core'
  export const messages: Messages
}
