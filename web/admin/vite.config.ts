import { linguiTransformerBabelPreset } from '@lingui/vite-plugin'
import babel from '@rolldown/plugin-babel'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

import { sectionTexts } from './texts.ts'

// The program under development, for instance the one that `make demo` leaves running.
const target = process.env.OTKLIK_API ?? 'http://127.0.0.1:8080'
const paths = ['/api', '/v1', '/t/', '/u/', '/healthz', '/readyz']

export default defineConfig({
  plugins: [react(), sectionTexts(), babel({ presets: [linguiTransformerBabelPreset()] })],
  build: {
    manifest: true,
    target: 'es2022',
    // The strict content policy allows fonts and images from data:, yet a file of its own is
    // cached for a year, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(paths.map((path) => [path, { target, changeOrigin: false }])),
  },
  // The policy of the real program, so that a preview shows what it would refuse. Pictures of
  // letters come from anywhere: a frame made by srcDoc inherits the policy of its page.
  preview: {
    headers: {
      'Content-Security-Policy':
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https: http:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'",
    },
  },
  test: {
    // A document costs each file most of a second; a test that needs one says so in its first line.
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}', '*.test.ts'],
  },
})
