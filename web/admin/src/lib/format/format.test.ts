import { describe, expect, it } from 'vitest'

import { createFormat } from './format'
import { dayEnd, dayOf, dayStart, toUtc, toWall } from './zones'

const ru = createFormat({ lang: 'ru', timeZone: 'Europe/Moscow', currency: 'RUB' })
const en = createFormat({ lang: 'en', timeZone: 'Europe/London', currency: 'GBP' })
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ')

describe('numbers', () => {
  it('groups digits by the language', () => {
    expect(plain(ru.number(12408))).toBe('12 408')
    expect(en.number(12408)).toBe('12,408')
    expect(plain(ru.number(1234.5))).toBe('1 234,5')
  })
  it('shows a dash where there is no figure', () => {
    expect(ru.number(null)).toBe('—')
    expect(ru.percent(undefined)).toBe('—')
    expect(ru.percent(Number.NaN)).toBe('—')
  })
  it('writes money with its sign, and cents only where they matter', () => {
    expect(plain(ru.money(1234.5))).toBe('1 234,50 ₽')
    expect(plain(ru.money(1234))).toBe('1 234 ₽')
    expect(en.money(12345.67)).toBe('£12,346')
    expect(plain(ru.signedMoney(12.5))).toBe('+12,50 ₽')
  })
  it('writes per cent with a fixed number of digits', () => {
    expect(plain(ru.percent(0.0345))).toBe('3,5 %')
    expect(en.percent(0.0345, 2)).toBe('3.45%')
    expect(plain(ru.change(0.08, 0))).toBe('+8 %')
    expect(plain(ru.change(0))).toBe('0,0 %')
    expect(plain(ru.change(-0.031))).toBe('−3,1 %')
  })
  it('writes sizes', () => {
    expect(plain(ru.bytes(1536))).toBe('1,5 КБ')
    expect(plain(en.bytes(73_400_320))).toBe('70 MB')
    expect(plain(en.bytes(512))).toBe('512 B')
  })
})

describe('dates', () => {
  it('speaks in the zone of the workspace', () => {
    expect(ru.dateTime('2026-11-21T11:05:00Z')).toBe('21 ноября 2026, 14:05')
    expect(en.dateTime('2026-11-21T11:05:00Z')).toBe('21 November 2026, 11:05')
    expect(ru.date('2026-11-20T22:30:00Z')).toBe('21 ноября 2026')
  })
  it('never moves a bare date to another day', () => {
    const far = createFormat({ lang: 'en', timeZone: 'America/Los_Angeles', currency: 'USD' })
    expect(far.date('2026-11-21')).toBe('21 November 2026')
  })
  it('tells how long ago a thing was', () => {
    const now = new Date('2026-11-21T12:00:00Z')
    expect(ru.relative('2026-11-21T11:55:00Z', now)).toBe('5 минут назад')
    expect(ru.relative('2026-11-20T11:55:00Z', now)).toBe('вчера')
    expect(en.relative('2026-11-21T12:00:04Z', now)).toBe('now')
    expect(en.relative('2026-11-21T11:59:20Z', now)).toBe('now')
    expect(en.relative('2026-11-01T11:55:00Z', now)).toBe('20 days ago')
    expect(en.relative('2026-10-14T11:55:00Z', now)).toBe('14 Oct')
    expect(ru.relative('2025-10-14T11:55:00Z', now)).toBe('14 окт 2025')
  })
  it('writes durations in two units at most', () => {
    expect(ru.duration(42)).toBe('42 с')
    expect(ru.duration(95)).toBe('1 мин 35 с')
    expect(en.duration(3720)).toBe('1 h 2 min')
    expect(en.duration(86_400 * 2 + 3600)).toBe('2 d 1 h')
  })
})

describe('zones', () => {
  it('turns a wall clock into UTC and back', () => {
    expect(toUtc('2026-11-21 14:05:00', 'Europe/Moscow')).toBe('2026-11-21T11:05:00.000Z')
    expect(toWall('2026-11-21T11:05:00Z', 'Europe/Moscow')).toBe('2026-11-21 14:05:00')
  })
  it('keeps the right offset around a change of summer time', () => {
    expect(toUtc('2026-03-29 00:30:00', 'Europe/London')).toBe('2026-03-29T00:30:00.000Z')
    expect(toUtc('2026-03-29 02:30:00', 'Europe/London')).toBe('2026-03-29T01:30:00.000Z')
    expect(toUtc('2026-10-25 03:00:00', 'Europe/Berlin')).toBe('2026-10-25T02:00:00.000Z')
    expect(toWall('2026-10-25T02:00:00Z', 'Europe/Berlin')).toBe('2026-10-25 03:00:00')
  })
  it('begins and ends a day where the zone does, on days of 23 and 25 hours too', () => {
    expect(dayStart('2026-11-21', 'Europe/Moscow')).toBe('2026-11-20T21:00:00.000Z')
    expect(dayEnd('2026-12-31', 'Europe/Moscow')).toBe('2026-12-31T21:00:00.000Z')
    expect([dayStart('2026-10-25', 'Europe/Berlin'), dayEnd('2026-10-25', 'Europe/Berlin')]).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ])
    expect(dayOf(dayStart('2026-03-29', 'Europe/Berlin'), 'Europe/Berlin')).toBe('2026-03-29')
  })
})
