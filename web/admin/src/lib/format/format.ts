/**
 * Numbers, money, dates and durations in the reader's language and the workspace's time zone.
 * Pure: the React side is in `useFormat`.
 */

export interface FormatSettings {
  lang: 'en' | 'ru'
  timeZone: string
  currency: string
}

export type Format = ReturnType<typeof createFormat>

/** Stands where there is no figure; a hyphen would read as a minus. */
export const NOTHING = '—'

export function createFormat({ lang, timeZone, currency }: FormatSettings) {
  const locale = lang === 'ru' ? 'ru-RU' : 'en-GB'
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const upToTwo = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
  const moneyWhole = currencyFormat(locale, currency, 0)
  const moneyCents = currencyFormat(locale, currency, 2)
  const moneyShort = currencyFormat(locale, currency, 1, 'compact')
  const signed = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, signDisplay: 'exceptZero' })
  const dateParts = new Intl.DateTimeFormat(locale, {
    timeZone,
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
  const shortDateParts = new Intl.DateTimeFormat(locale, { timeZone, day: 'numeric', month: 'short' })
  const clock = new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit' })
  const clockSeconds = new Intl.DateTimeFormat(locale, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })

  const number = (value: number | null | undefined) =>
    value == null ? NOTHING : Number.isInteger(value) ? whole.format(value) : upToTwo.format(value)

  const money = (amount: number | string | null | undefined, of: string | null = currency) => {
    if (amount == null) return NOTHING
    const value = Number(amount)
    const isWhole = Number.isInteger(value) || Math.abs(value) >= 10_000
    if (of === currency || !of) return (isWhole ? moneyWhole : moneyCents).format(value)
    return currencyFormat(locale, of, isWhole ? 0 : 2).format(value)
  }

  const percentFormat = (digits: number, sign: boolean) =>
    new Intl.NumberFormat(locale, {
      style: 'percent',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: sign ? 'exceptZero' : 'auto',
    })

  // Russian dates of Intl end with «г.»; people do not write it after a full date with the time.
  const date = (value: string | Date) => dateParts.format(asDate(value)).replace(/\s?г\.$/, '')
  const time = (value: string | Date) => clock.format(asDate(value))
  const shortDate = (value: string | Date) => shortDateParts.format(asDate(value)).replace(/\.$/, '')
  const dayOf = (then: Date, now: Date) =>
    then.getFullYear() === now.getFullYear() ? shortDate(then) : `${shortDate(then)} ${then.getFullYear()}`

  return {
    locale,
    timeZone,
    currency,
    /** 1 234 or 1 234,56 */
    number,
    /** 1,2 тыс. */
    compact: (value: number) => (Math.abs(value) < 10_000 ? number(value) : short.format(value)),
    /** 1 234,50 ₽; whole from ten thousand up. Takes decimal texts, and other currencies. */
    money,
    moneyCompact: (value: number) =>
      Math.abs(value) < 10_000 ? money(Math.round(value)) : moneyShort.format(value),
    /** A fraction as per cent with a fixed number of digits. */
    percent: (fraction: number | null | undefined, digits = 1) =>
      fraction == null || !Number.isFinite(fraction)
        ? NOTHING
        : percentFormat(digits, false).format(fraction),
    /** The same with its sign: +3,4 % */
    change: (fraction: number | null | undefined, digits = 1) =>
      fraction == null || !Number.isFinite(fraction)
        ? NOTHING
        : minus(percentFormat(digits, true).format(fraction)),
    signed: (value: number) => minus(signed.format(value)),
    signedMoney: (value: number) =>
      minus(
        `${value > 0 ? '+' : ''}${(Math.abs(value) >= 1000 ? moneyWhole : moneyCents).format(value)}`,
      ),
    /** 21 ноября 2026 */
    date,
    /** 21 ноя */
    shortDate,
    /** 14:05 */
    time,
    timeSeconds: (value: string | Date) => clockSeconds.format(asDate(value)),
    /** 21 ноября 2026, 14:05 */
    dateTime: (value: string | Date) => `${date(value)}, ${time(value)}`,
    /** «5 минут назад»; after a month the day says more: 21 ноя. */
    relative: (value: string | Date, now: Date) =>
      relative(ago, asDate(value), now) ?? dayOf(asDate(value), now),
    duration: (seconds: number) => duration(seconds, lang),
    bytes: (value: number) => bytes(value, lang, upToTwo),
  }
}

/** A figure has a minus, as wide as its plus; Intl gives some languages a hyphen. */
const minus = (text: string) => text.replace(/^-/, '\u2212')

function asDate(value: string | Date): Date {
  if (value instanceof Date) return value
  // A bare date means noon, so that no time zone moves it to a neighbouring day.
  return new Date(/^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T12:00:00Z` : value)
}

function currencyFormat(
  locale: string,
  currency: string,
  digits: number,
  notation: 'standard' | 'compact' = 'standard',
): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: notation === 'compact' ? 0 : digits,
    maximumFractionDigits: digits,
    notation,
  })
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
]

function relative(format: Intl.RelativeTimeFormat, then: Date, now: Date): string | null {
  let amount = (then.getTime() - now.getTime()) / 60_000
  // Seconds would be wrong as soon as they are read: the text is renewed twice a minute.
  if (Math.abs(amount) < 1) return format.format(0, 'second')
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return format.format(Math.round(amount), unit)
    amount /= size
  }
  return null
}

function duration(seconds: number, lang: 'en' | 'ru'): string {
  const [d, h, m, s] = lang === 'ru' ? ['д', 'ч', 'мин', 'с'] : ['d', 'h', 'min', 's']
  const total = Math.max(0, Math.round(seconds))
  if (total < 60) return `${total} ${s}`
  if (total < 3600) {
    const rest = total % 60
    return rest && total < 600
      ? `${Math.floor(total / 60)} ${m} ${rest} ${s}`
      : `${Math.round(total / 60)} ${m}`
  }
  if (total < 86_400) {
    const minutes = Math.round((total % 3600) / 60)
    return minutes ? `${Math.floor(total / 3600)} ${h} ${minutes} ${m}` : `${Math.floor(total / 3600)} ${h}`
  }
  const hours = Math.round((total % 86_400) / 3600)
  return hours ? `${Math.floor(total / 86_400)} ${d} ${hours} ${h}` : `${Math.floor(total / 86_400)} ${d}`
}

function bytes(value: number, lang: 'en' | 'ru', format: Intl.NumberFormat): string {
  const units = lang === 'ru' ? ['Б', 'КБ', 'МБ', 'ГБ'] : ['B', 'KB', 'MB', 'GB']
  let amount = value
  let unit = 0
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit += 1
  }
  const rounded = amount < 10 && unit > 0 ? Math.round(amount * 10) / 10 : Math.round(amount)
  return `${format.format(rounded)}\u00a0${units[unit]}`
}
