import { ago } from './people.ts'

const SEGMENT = '0193-51'

export const segments = [
  { id: SEGMENT, name: 'Купили 3 раза, но не за 60 дней', kind: 'dynamic', count: 1284, days: 0.05, definition: { kind: 'all', of: [
    { kind: 'orders', measure: { kind: 'count', test: { op: 'at_least', n: 3 } }, statuses: ['placed', 'paid'], window: { kind: 'all_time' }, products: [], categories: [] },
    { kind: 'orders', measure: { kind: 'last_at', test: { op: 'more_than_ago', amount: 60, unit: 'days' } }, statuses: ['placed', 'paid'], window: { kind: 'all_time' }, products: [], categories: [] },
    { kind: 'any', of: [
      { kind: 'trait', trait: 'loyalty_level', test: { op: 'in', values: ['silver', 'gold'] } },
      { kind: 'event', event: 'Product Viewed', test: { op: 'at_least', n: 2 }, window: { kind: 'last', amount: 30, unit: 'days' }, filters: [{ path: 'price', test: { op: 'gte', value: 5 } }] },
    ] },
    { kind: 'none', of: [{ kind: 'consent', channel: 'email', state: 'withdrawn', topic: '' }] },
  ] } },
  { id: '0193-52', name: 'Золотая карта', kind: 'dynamic', count: 431, days: 0.3, definition: { kind: 'trait', trait: 'loyalty_level', test: { op: 'eq', value: 'gold' } } },
  { id: '0193-53', name: 'Новые за неделю', kind: 'dynamic', count: 212, days: 0.01, definition: { kind: 'all', of: [{ kind: 'event', event: 'Order Completed', test: { op: 'at_least', n: 1 }, window: { kind: 'last', amount: 7, unit: 'days' }, filters: [] }] } },
  { id: '0193-54', name: 'Оптовики Великобритании', kind: 'dynamic', count: 96, days: 0.5, definition: { kind: 'all', of: [{ kind: 'trait', trait: 'is_wholesale', test: { op: 'is_true' } }, { kind: 'trait', trait: 'country', test: { op: 'eq', value: 'United Kingdom' } }] } },
  { id: '0193-55', name: 'Гости ноябрьской выставки', kind: 'static', count: 57, days: 9, definition: null },
  { id: '0193-56', name: 'Пожаловались в этом году', kind: 'static', count: 14, days: 3, definition: null },
].map((s) => ({
  ...s,
  description: s.id === SEGMENT ? 'Для писем о возвращении' : '',
  computed_at: ago(s.days),
  took_ms: 38,
  problem: null,
  used_by: s.id === SEGMENT ? [{ kind: 'campaign', id: 'c-running', name: 'Возвращение: 60 дней без покупок' }] : [],
  created_at: ago(50),
  updated_at: ago(12),
}))

const base = {
  audience: { segment_ids: [SEGMENT], exclude_segment_ids: ['0193-56'] },
  topic_id: 't-news',
  sender_id: 's-1',
  variants: [
    { key: 'A', name: 'Новинки', letter_id: '0193-a1', share: 50 },
    { key: 'B', name: 'Скидка 10 %', letter_id: '0193-a2', share: 50 },
  ],
  control_share: 20,
  goal: { event: 'Order Completed', filters: [], window_hours: 168, revenue_property: 'total' },
  schedule: { kind: 'now', at: null },
  rate_per_s: null,
  created_at: ago(20),
  updated_at: ago(0.01),
  launched_at: null as string | null,
  finished_at: null as string | null,
  version: 1,
  problem: null,
  counts: { total: 0, pending: 0, sent: 0, bounced: 0, failed: 0, skipped: 0, in_doubt: 0, control: 0 },
}

export const campaigns = [
  { ...base, id: 'c-draft', name: 'Осень: новая коллекция для дома', state: 'draft' },
  { ...base, id: 'c-running', name: 'Возвращение: 60 дней без покупок', state: 'running', launched_at: ago(0.01), counts: { ...base.counts, total: 12_408, sent: 5120 } },
  { ...base, id: 'c-done', name: 'Чёрная пятница для постоянных', state: 'finished', launched_at: ago(9), finished_at: ago(8.98), counts: { ...base.counts, total: 6120, sent: 4895 } },
  { ...base, id: 'c-won', name: 'Письмо о заполнении профиля', state: 'finished', launched_at: ago(34), finished_at: ago(33.9), counts: { ...base.counts, total: 18_400, sent: 9180 } },
  { ...base, id: 'c-later', name: 'November price list for wholesale', state: 'scheduled', schedule: { kind: 'at', at: ago(-2.3) } },
  { ...base, id: 'c-paused', name: 'Опрос после доставки', state: 'paused', launched_at: ago(1.2), counts: { ...base.counts, total: 2300, sent: 840 } },
]

export const audience = {
  total: 1284,
  exclusions: [{ id: '0193-56', name: 'Пожаловались в этом году', removed: 6 }],
  skips: [
    { reason: 'no_consent', count: 41 },
    { reason: 'no_address', count: 18 },
    { reason: 'suppressed', count: 9 },
    { reason: 'duplicate_address', count: 2 },
  ],
  remaining: 1208,
  arms: [
    { key: 'A', name: 'Новинки', share: 4000, count: 483 },
    { key: 'B', name: 'Скидка 10 %', share: 4000, count: 483 },
    { key: 'control', name: '', share: 2000, count: 242 },
  ],
  took_ms: 64,
}

export const checks = (lang: string) =>
  lang === 'ru'
    ? [
        { code: 'sender_not_aligned', level: 'warn', message: 'У домена example.com нет записи DMARC: часть писем может попасть в спам.', section: 'sender' },
        { code: 'unsubscribe_link', level: 'ok', message: 'Ссылка для отписки есть в каждом письме.', section: 'letter' },
        { code: 'links', level: 'ok', message: 'Все 7 ссылок верны.', section: 'letter' },
        { code: 'audience', level: 'ok', message: 'Письмо получат 966 человек.', section: 'audience' },
      ]
    : [
        { code: 'sender_not_aligned', level: 'warn', message: 'The domain example.com has no DMARC record: some letters may land in spam.', section: 'sender' },
        { code: 'unsubscribe_link', level: 'ok', message: 'Every letter has an unsubscribe link.', section: 'letter' },
        { code: 'links', level: 'ok', message: 'All 7 links are valid.', section: 'letter' },
        { code: 'audience', level: 'ok', message: '966 people will get the letter.', section: 'audience' },
      ]

function arm(key: string, name: string, n: number, rates: { open: number; click: number; target: number; revenue: number }) {
  const isControl = key === 'control'
  const skipped = isControl ? 0 : Math.round(n * 0.004)
  const sent = isControl ? 0 : n - skipped
  const bounced = Math.round(sent * 0.011)
  const delivered = sent - bounced
  const targets = Math.round(n * rates.target)
  const of = (x: number, y: number) => (y ? x / y : 0)
  const opened_person = Math.round(delivered * rates.open)
  const clicked_person = Math.round(delivered * rates.click)
  return {
    key, name, is_control: isControl, assigned: n, skipped, sent, delivered, bounced, failed: 0, in_doubt: 0,
    opened_person, opened_machine: Math.round(delivered * 0.19),
    clicked_person, clicked_machine: Math.round(delivered * 0.03),
    unsubscribed: Math.round(delivered * 0.004), complained: isControl ? 0 : 1,
    targets, target_events: Math.round(targets * 1.3), revenue: Math.round(targets * rates.revenue * 100) / 100,
    rates: { opened_person: of(opened_person, delivered), clicked_person: of(clicked_person, delivered), targets: of(targets, n), unsubscribed: 0.004, revenue_per_person: (targets * rates.revenue) / n },
  }
}

export function report(id: string, lang: string) {
  const won = id === 'c-won'
  const arms = won
    ? [arm('A', 'Письмо', 9200, { open: 0.412, click: 0.083, target: 0.061, revenue: 18.4 }), arm('control', '', 9200, { open: 0, click: 0, target: 0.045, revenue: 18.1 })]
    : [
        arm('A', 'Новинки', 2448, { open: 0.307, click: 0.041, target: 0.0523, revenue: 31.2 }),
        arm('B', 'Скидка 10 %', 2448, { open: 0.287, click: 0.052, target: 0.0556, revenue: 27.9 }),
        arm('control', '', 1224, { open: 0, click: 0, target: 0.0531, revenue: 30.6 }),
      ]
  const comparison = (name: string, against: string, metric: string, difference: number, half: number, base: number, p: number, power: number, detectable: number) => ({
    arm: name, against, metric, difference, lift: difference / base,
    interval: [difference - half, difference + half], lift_interval: [(difference - half) / base, (difference + half) / base],
    p_value: p, significant: p < 0.05, power, detectable_lift: detectable, method: metric === 'revenue_per_person' ? 'Welch t' : 'two-proportion score (Miettinen–Nurminen)',
  })
  const comparisons = won
    ? [comparison('A', 'control', 'targets', 0.016, 0.0063, 0.045, 0.0000007, 0.99, 0.19), comparison('A', 'control', 'revenue_per_person', 0.308, 0.19, 0.8145, 0.0014, 0.89, 0.31)]
    : [
        comparison('A', 'control', 'targets', -0.0008, 0.0154, 0.0531, 0.92, 0.06, 0.43),
        comparison('B', 'control', 'targets', 0.0025, 0.0156, 0.0531, 0.75, 0.07, 0.43),
        comparison('B', 'A', 'targets', 0.0033, 0.0127, 0.0523, 0.61, 0.1, 0.36),
        comparison('A', 'control', 'revenue_per_person', 0.007, 0.62, 1.62, 0.98, 0.05, 0.55),
        comparison('B', 'control', 'revenue_per_person', -0.07, 0.6, 1.62, 0.82, 0.06, 0.55),
        comparison('B', 'A', 'opens', -0.02, 0.0258, 0.307, 0.13, 0.33, 0.12),
        comparison('B', 'A', 'clicks', 0.011, 0.0119, 0.041, 0.07, 0.44, 0.42),
      ]
  const verdicts = {
    won: { ru: 'Письмо подействовало: целевое действие совершили 6,1 % против 4,5 % в контрольной группе. Рост на 36 % (95 % интервал: от 22 до 50 %), случайностью его не объяснить.', en: 'The letter worked: 6.1% did the target action against 4.5% in the control group. That is 36% more (95% interval: 22 to 50%), too much to be chance.' },
    none: { ru: 'Разницы не видно: купили 5,2 % и 5,6 % получивших письма и 5,3 % контрольной группы. При таком размере групп мы заметили бы рост от 43 %.', en: 'No difference is visible: 5.2% and 5.6% of those who got a letter bought, and 5.3% of the control group. With groups of this size we would have noticed a growth from 43% up.' },
  }
  const series = arms.flatMap((a) =>
    Array.from({ length: 8 }, (_, day) => {
      const part = 1 - Math.exp(-day / 2.2)
      const full = 1 - Math.exp(-7 / 2.2)
      return { at: ago(won ? 34 - day : 9 - day), arm: a.key, targets: Math.round((a.targets * part) / full), opens: Math.round((a.opened_person * part) / full), clicks: Math.round((a.clicked_person * part) / full) }
    }),
  )
  return {
    campaign: { id, name: campaigns.find((c) => c.id === id)?.name ?? '', goal: base.goal, launched_at: ago(won ? 34 : 9), currency: 'GBP' },
    as_of: ago(0.002), window_ends_at: ago(won ? 27 : 2), complete: true, arms, comparisons,
    sample_ratio: { p_value: 0.93, ok: true, observed: Object.fromEntries(arms.map((a) => [a.key, a.assigned])), expected: Object.fromEntries(arms.map((a) => [a.key, a.assigned])) },
    verdict: { code: won ? 'better' : 'no_difference', text: verdicts[won ? 'won' : 'none'][lang === 'ru' ? 'ru' : 'en'] },
    series,
    links: [
      { url: 'https://shop.example.com/new?utm_campaign=return', clicks_person: 184, clicks_machine: 61 },
      { url: 'https://shop.example.com/sale', clicks_person: 42, clicks_machine: 58 },
      { url: 'https://shop.example.com/about/delivery', clicks_person: 7, clicks_machine: 55 },
    ],
  }
}
