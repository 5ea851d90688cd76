// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'

import { isAllowedHref, isColor, readRich, textOf } from './richHtml'

describe('the HTML of a text', () => {
  it('keeps known tags and drops everything else', () => {
    const read = readRich('<p onclick="x()">Hi <b>you</b><img src=x onerror=y><script>z()</script><h1>!</h1></p>')
    expect(JSON.stringify(read)).not.toMatch(/click|img|script|z\(|h1/)
    expect(textOf('<p>Hi <b>you</b></p><p>there</p>')).toBe('Hi you there')
  })
  it('lets links of the web, mail and telephone through, and variables', () => {
    for (const href of ['https://a.ru', 'mailto:a@b.ru', 'tel:+7', '{{ unsubscribe_url }}']) {
      expect(isAllowedHref(href)).toBe(true)
    }
    for (const href of ['javascript:x()', ' JavaScript:x', 'data:text/html,x', 'vbscript:x', '/a', '']) {
      expect(isAllowedHref(href)).toBe(false)
    }
  })
  it('takes only a colour for a colour', () => {
    expect(['#abc', '#0f6b63', 'rgb(1, 2, 3)', 'red'].every(isColor)).toBe(true)
    // What is half transparent here would be opaque, or gone, in the letter.
    expect(['rgba(1, 2, 3, 0.5)', '#ff000080', '#ff00'].some(isColor)).toBe(false)
    expect(['url(x)', 'red;position:fixed', 'expression(1)', ''].some(isColor)).toBe(false)
  })
})
