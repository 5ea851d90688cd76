import { describe, expect, it } from 'vitest'

import { inDark, textInDark } from './dark'

// The values of the renderer: `python -c "from otklik.content.blocks.colours import *; …"`.
describe('the dark variant of a colour', () => {
  it('is that of the renderer', () => {
    expect(['#ffffff', '#f3f4f6', '#0f6b63', '#e63946'].map(inDark)).toEqual(['#1f1f1f', '#17191e', '#0f6b63', '#7c1d24'])
    expect(['#1f2937', '#0f6b63', '#5f6873'].map((colour) => textInDark(colour, '#ffffff'))).toEqual(['#c9d2df', '#99ebe4', '#a9afb6'])
  })
})
