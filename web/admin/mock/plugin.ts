/**
 * The API from memory, for working on screens without the program behind them.
 * Run: OTKLIK_MOCK=1 python tools/ui.py dev
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connect, Plugin } from 'vite'

import { audience, campaigns, checks, report, segments } from './campaigns.ts'
import { letters, renderLetter } from './letters.ts'
import { ago, events, makeEvent, orders, people } from './people.ts'

type Params = Record<string, string>
interface Call {
  params: Params
  query: URLSearchParams
  body: Record<string, unknown>
  lang: string
}
type Handler = (call: Call) => unknown

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: Record<string, unknown>,
  ) {
    super(String(problem.title))
  }
}

const me = {
  user: { id: 'u-1', email: 'owner@example.com', name: 'Вера Лебедева', lang: 'ru' },
  workspace: { id: 1, name: 'Online Retail', timezone: 'Europe/Moscow', currency: 'GBP', lang: 'ru' },
  role: 'owner',
  permissions: ['view', 'edit', 'send', 'manage', 'inbox'],
  csrf_token: 'token',
  development: true,
  workspaces: [
    { id: 1, name: 'Online Retail' },
    { id: 2, name: 'Тестовое пространство' },
  ],
}
let signedIn = false

const page = <T>(items: readonly T[], query: URLSearchParams) => {
  const start = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 50)
  return {
    items: items.slice(start, start + limit),
    next_cursor: start + limit < items.length ? String(start + limit) : null,
    total: items.length,
  }
}
const find = <T extends { id: unknown }>(items: T[], id: string | undefined): T => {
  const found = items.find((item) => String(item.id) === id)
  if (!found) throw new Refusal(404, { title: 'Not found', code: 'not_found' })
  return found
}
const search = <T extends { name: string }>(items: readonly T[], query: URLSearchParams) => {
  const words = (query.get('search') ?? '').toLowerCase()
  return items.filter((item) => JSON.stringify(item).toLowerCase().includes(words))
}

let sent = 5120
let isPaused = false
const progress = (id: string) => {
  const total = id === 'c-running' ? 12_408 : 6120
  const done = id === 'c-running'
  const skipped = 122
  const control = Math.round(total * 0.2)
  const all = total - skipped - control
  if (done && !isPaused) sent = Math.min(all, sent + 170)
  const now = done ? sent : all
  return {
    state: done ? (isPaused ? 'paused' : now >= all ? 'finished' : 'running') : (campaigns.find((c) => c.id === id)?.state ?? 'finished'),
    total, prepared: total, pending: all - now, sending: done && !isPaused ? Math.min(200, all - now) : 0, sent: now - 31, bounced: 24, failed: 7, skipped, in_doubt: done ? 3 : 0, control,
    rate_per_s: done && !isPaused ? 171.4 : 0,
    eta_s: done && !isPaused ? Math.round((all - now) / 171) : null,
    by_reason: [
      { state: 'skipped', reason: 'no_consent', count: 68 },
      { state: 'skipped', reason: 'no_address', count: 41 },
      { state: 'skipped', reason: 'suppressed', count: 13 },
      { state: 'bounced', reason: 'no_mailbox', count: 19 },
      { state: 'bounced', reason: 'mailbox_full', count: 5 },
      { state: 'failed', reason: 'network', count: 7 },
    ],
    trouble: null, trouble_at: null,
  }
}

const imports = [
  { id: 'i-1', file_name: 'orders-2026-11.csv', kind: 'orders', state: 'running', rows_read: 412_300, rows_ok: 411_890, rows_failed: 410, created: 21_430, updated: 0, bytes_done: 36_700_160, bytes_total: 89_128_960, started_at: ago(0.0006), finished_at: null, eta_s: 74, error: null },
  { id: 'i-2', file_name: 'customers.csv', kind: 'customers', state: 'done', rows_read: 4372, rows_ok: 4361, rows_failed: 11, created: 4102, updated: 259, bytes_done: 612_400, bytes_total: 612_400, started_at: ago(1.02), finished_at: ago(1.019), eta_s: null, error: null },
  { id: 'i-3', file_name: 'клиенты из 1С.csv', kind: 'customers', state: 'failed', rows_read: 0, rows_ok: 0, rows_failed: 0, created: 0, updated: 0, bytes_done: 0, bytes_total: 91_200, started_at: ago(3), finished_at: ago(3), eta_s: null, error: 'Файл не похож на таблицу: в строке 2 одна колонка, в первой девять.' },
].map((item) => ({ ...item, phase: item.state, dry_run: false, rows_total: item.state === 'done' ? item.rows_read : null, rows_skipped: 0, rows_anonymous: item.kind === 'orders' ? 9120 : 0, orders: item.kind === 'orders' ? 18_532 : 0, refunds: item.kind === 'orders' ? 3654 : 0, rows_per_s: item.state === 'running' ? 9800 : null, mapping: { 'Код клиента': 'user_id' }, key: 'user_id', created_at: item.started_at }))

const senders = [
  { id: 's-1', name: 'Online Retail', email: 'news@example.com', domain: 'example.com', reply_to: 'hello@example.com', dkim_selector: 'otklik', dkim_record_name: 'otklik._domainkey.example.com', dkim_record: 'v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0', is_default: true, health: 'fail', checked_at: ago(0.2), created_at: ago(30) },
]
const topics = [
  { id: 't-news', name: 'Новинки и скидки', description: 'Раз в неделю', parent_id: null, archived: false, created_at: ago(40) },
  { id: 't-care', name: 'Советы по уходу', description: '', parent_id: null, archived: false, created_at: ago(40) },
]
const caught = people.slice(0, 60).filter((p) => p.email).map((p, i) => ({
  id: i + 1, at: ago(0.001 * (i + 1)), from: 'Online Retail <news@example.com>', to: p.email ?? '', subject: `${String(p.traits.first_name)}, посмотрите, что нового`, size_bytes: 18_240 + i * 7, name: p.name,
}))

const importFile = (kind: string) => ({
  file_id: 'f-1', name: 'customers.csv', size: 612_400, kind, encoding: 'windows-1251', separator: ';', header: true, decimal: 'comma', date_order: 'dmy',
  columns: [
    { name: 'Код клиента', samples: ['12346', '12347', '12348'], suggested: 'user_id' },
    { name: 'Почта', samples: ['anna@example.com', 'ivan@example', ''], suggested: 'email' },
    { name: 'Имя', samples: ['Анна', 'Иван', 'Emily'], suggested: 'trait:first_name' },
    { name: 'Дата рождения', samples: ['03.04.1988', '17.11.1979', ''], suggested: 'trait:birthday:date' },
    { name: 'Баллы', samples: ['120', '0', '2400'], suggested: 'trait:баллы:number' },
    { name: 'Примечание', samples: ['', 'звонить после 18', ''], suggested: 'skip' },
  ],
  fields: ['user_id', 'email', 'phone', 'first_seen', 'trait:<name>', 'external:<name>', 'skip'],
  rows: [
    { line: 2, values: { user_id: '12346', email: 'anna@example.com', first_name: 'Анна', birthday: '1988-04-03', 'баллы': 120 }, problems: [] },
    { line: 3, values: { user_id: '12347', email: null, first_name: 'Иван', birthday: '1979-11-17', 'баллы': 0 }, problems: [{ column: 'Почта', code: 'bad_email', message: 'Это не адрес почты.' }] },
    { line: 4, values: { user_id: '12348', email: null, first_name: 'Emily', birthday: null, 'баллы': 2400 }, problems: [] },
  ],
})

const days = Array.from({ length: 14 }, (_, i) => {
  const wave = 1 + 0.4 * Math.sin(i * 0.9)
  return { date: ago(13 - i).slice(0, 10), events: Math.round(8200 * wave), new_profiles: Math.round(64 * wave), sent: i === 4 ? 4895 : i === 13 ? 5120 : i === 9 ? 840 : 0, orders: Math.round(118 * wave), revenue: Math.round(3640 * wave * 100) / 100 }
})

const routes: [method: string, pattern: string, handler: Handler][] = [
  ['POST', '/session', ({ body }) => {
    if (body.password === 'wrong') throw new Refusal(401, { title: 'Unauthorized', code: 'wrong_password', detail: 'Почта или пароль не подходят.', hint: 'Проверьте раскладку и Caps Lock.' })
    signedIn = true
    return me
  }],
  ['DELETE', '/session', () => { signedIn = false }],
  ['GET', '/me', () => {
    if (!signedIn) throw new Refusal(401, { title: 'Unauthorized', code: 'signed_out' })
    return me
  }],
  ['PATCH', '/me', ({ body }) => { Object.assign(me.user, body); return me }],
  ['PUT', '/me/password', ({ body }) => { if (body.current === 'wrong') throw new Refusal(422, { title: 'Invalid', code: 'invalid', detail: 'Прежний пароль не подходит.' }) }],
  ['PUT', '/me/workspace', ({ body }) => { me.workspace.id = Number(body.workspace_id); me.workspace.name = me.workspaces.find((w) => w.id === body.workspace_id)?.name ?? '' }],
  ['GET', '/workspace', () => me.workspace],
  ['PATCH', '/workspace', ({ body }) => Object.assign(me.workspace, body)],
  ['GET', '/keys', () => [
    { id: 'k1', name: 'Сайт', kind: 'public', prefix: 'pk_8f2c', token: 'pk_8f2c1a9d07e44b35', created_at: ago(40), last_used_at: ago(0.001) },
    { id: 'k2', name: 'Выгрузка в BI', kind: 'secret', prefix: 'sk_41aa', token: null, created_at: ago(12), last_used_at: null },
  ]],
  ['POST', '/keys', ({ body }) => ({ key: { id: 'k3', ...body, prefix: 'sk_77', token: null, created_at: ago(0), last_used_at: null }, secret: 'sk_77c0ffee2f1b4d6a90be1c55a0d2e9f1' })],
  ['DELETE', '/keys/:id', () => undefined],
  ['GET', '/users', () => [
    { id: 'u-1', name: 'Вера Лебедева', email: 'owner@example.com', lang: 'ru', role: 'owner', last_seen_at: ago(0.001), created_at: ago(60) },
    { id: 'u-2', name: 'Пётр Захаров', email: 'petr@example.com', lang: 'ru', role: 'marketer', last_seen_at: ago(0.4), created_at: ago(50) },
    { id: 'u-3', name: 'Emily Carter', email: 'emily@example.com', lang: 'en', role: 'analyst', last_seen_at: null, created_at: ago(4) },
  ]],
  ['POST', '/users', ({ body }) => ({ id: 'u-9', ...body, last_seen_at: null, created_at: ago(0) })],
  ['PATCH', '/users/:id', ({ body }) => body],
  ['DELETE', '/users/:id', () => undefined],
  ['GET', '/audit', ({ query }) => page([
    { id: 5, at: ago(0.01), actor: 'Вера Лебедева', action: 'launched', object_kind: 'campaign', object_id: 'c-running', detail: { recipients: 9926 } },
    { id: 4, at: ago(0.4), actor: 'Пётр Захаров', action: 'changed', object_kind: 'segment', object_id: '0193-51', detail: { fields: ['definition'] } },
    { id: 3, at: ago(1), actor: 'Вера Лебедева', action: 'created', object_kind: 'key', object_id: 'k2', detail: { kind: 'secret' } },
    { id: 2, at: ago(4), actor: 'Вера Лебедева', action: 'created', object_kind: 'user', object_id: 'u-3', detail: { role: 'analyst' } },
    { id: 1, at: ago(4), actor: 'Вера Лебедева', action: 'signed_in', object_kind: 'user', object_id: 'u-1', detail: {} },
  ], query)],
  ['GET', '/senders', () => senders],
  ['POST', '/senders', ({ body }) => ({ id: 's-2', ...body, dkim_selector: 'otklik', created_at: ago(0) })],
  ['PATCH', '/senders/:id', ({ body }) => ({ ...senders[0], ...body })],
  ['DELETE', '/senders/:id', () => undefined],
  ['GET', '/senders/:id/checks', () => [
    { kind: 'spf', level: 'ok', code: 'ok', message: 'SPF разрешает отправку с этого сервера.', record_name: 'example.com', found: 'v=spf1 include:_spf.example.com ~all', record_value: null },
    { kind: 'dkim', level: 'block', code: 'dkim_missing', message: 'Записи DKIM нет. Добавьте её в настройках домена.', record_name: 'otklik._domainkey.example.com', found: null, record_value: 'v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0' },
    { kind: 'dmarc', level: 'warn', code: 'dmarc_missing', message: 'Политики DMARC нет. Начните с наблюдения.', record_name: '_dmarc.example.com', found: null, record_value: 'v=DMARC1; p=none; rua=mailto:dmarc@example.com' },
    { kind: 'mx', level: 'ok', code: 'ok', message: 'Домен принимает почту.', record_name: 'example.com', found: 'mx.example.com', record_value: null },
  ]],
  ['GET', '/topics', () => topics],
  ['POST', '/topics', ({ body }) => { const topic = { id: `t-${topics.length}`, description: '', parent_id: null, archived: false, created_at: ago(0), ...body } as (typeof topics)[number]; topics.push(topic); return topic }],
  ['PATCH', '/topics/:id', ({ params, body }) => Object.assign(find(topics, params.id), body)],
  ['GET', '/consent-policy', () => ({ email_needs_consent: true })],
  ['PATCH', '/consent-policy', ({ body }) => body],
  ['GET', '/home', ({ lang }) => ({
    attention: [
      lang === 'ru'
        ? { kind: 'in_doubt', level: 'warn', title: '3 письма под вопросом', detail: '«Возвращение: 60 дней без покупок»: сервер не подтвердил приём. Сами они больше не отправятся.', link: '/mailings/c-running/recipients?state=in_doubt', at: ago(0.004) }
        : { kind: 'in_doubt', level: 'warn', title: '3 letters in doubt', detail: '“Возвращение: 60 дней без покупок”: the server did not confirm them. They will not be sent again by themselves.', link: '/mailings/c-running/recipients?state=in_doubt', at: ago(0.004) },
      lang === 'ru'
        ? { kind: 'import_failed', level: 'bad', title: 'Импорт не удался', detail: '«клиенты из 1С.csv»: файл не похож на таблицу.', link: '/imports/i-3', at: ago(3) }
        : { kind: 'import_failed', level: 'bad', title: 'An import failed', detail: '“клиенты из 1С.csv”: the file does not look like a table.', link: '/imports/i-3', at: ago(3) },
    ],
    checklist: [
      { id: 'data', done: true, link: '/imports/new' },
      { id: 'segment', done: true, link: '/segments/new' },
      { id: 'sender', done: false, link: '/settings/senders' },
      { id: 'letter', done: true, link: '/letters' },
      { id: 'mailing', done: false, link: '/mailings' },
    ],
    pulse: { days },
    totals: { profiles: 4372, known: 4102, events_30d: 246_811, segments: 6, campaigns: 6 },
  })],

  ['GET', '/profiles', ({ query }) => page(search(people, query), query)],
  ['GET', '/profiles/:id', ({ params }) => {
    const person = find(people, params.id)
    return {
      ...person,
      identifiers: [
        ...(person.user_id ? [{ kind: 'user_id', value: person.user_id, first_seen: person.first_seen }] : []),
        ...(person.email ? [{ kind: 'email', value: person.email, first_seen: person.first_seen }] : []),
        ...(person.phone ? [{ kind: 'phone', value: person.phone, first_seen: ago(70) }] : []),
        { kind: 'anonymous_id', value: '9f1d7c52-6f0e-4b1a-8a34-0d1f2ce9a771', first_seen: person.first_seen },
      ],
      trait_types: { bonus_balance: 'number', birthday: 'date', is_wholesale: 'bool', interests: 'list' },
      consents: [
        { channel: 'email', topic_id: null, state: 'granted', at: ago(80), source: 'form' },
        { channel: 'email', topic_id: 't-news', state: 'granted', at: ago(80), source: 'form' },
        { channel: 'email', topic_id: 't-care', state: 'withdrawn', at: ago(11), source: 'unsubscribe_link' },
      ],
      segments: segments.slice(0, 3).map(({ id, name }) => ({ id, name })),
      orders: { count: 7, total: 1204.35, last_at: ago(64), currency: 'GBP' },
      merged_from: [{ id: 'g-1', from_id: 12014, into_id: person.id, merged_at: ago(31), reason: 'email', undone_at: null, identifiers: [{ kind: 'anonymous_id', value: '1b0c…' }] }],
    }
  }],
  ['PATCH', '/profiles/:id', ({ params, body }) => { Object.assign(find(people, params.id).traits, body.traits); return find(people, params.id) }],
  ['GET', '/profiles/:id/events', ({ params, query }) => page(events.filter((_, i) => i % 3 === Number(params.id) % 3), query)],
  ['GET', '/profiles/:id/messages', ({ query }) => page([
    { message_id: 41, channel: 'email', source_kind: 'campaign', source_id: 'c-running', variant: 'A', state: 'sent', reason: '', reason_text: '', answer: '', subject: 'Анна, посмотрите, что нового', created_at: ago(0.01), at: ago(0.01) },
    { message_id: 12, channel: 'email', source_kind: 'campaign', source_id: 'c-done', variant: 'control', state: 'control', reason: 'control_group', reason_text: 'контрольная группа', answer: '', subject: '', created_at: ago(9), at: null },
  ], query)],
  ['GET', '/profiles/:id/orders', ({ params, query }) => page(orders(Number(params.id)), query)],
  ['GET', '/profiles/:id/consents', ({ query }) => page([
    { id: 3, channel: 'email', topic_id: 't-care', action: 'withdrawn', source: 'unsubscribe_link', at: ago(11), text_id: null, ip: '203.0.113.20', proof: null },
    { id: 2, channel: 'email', topic_id: 't-news', action: 'granted', source: 'form', at: ago(80), text_id: null, ip: '203.0.113.20', proof: null },
    { id: 1, channel: 'email', topic_id: null, action: 'granted', source: 'form', at: ago(80), text_id: null, ip: '203.0.113.20', proof: null },
  ], query)],
  ['POST', '/profiles/:id/consents', ({ body }) => ({ id: 'c9', ...body, source: 'interface', at: ago(0), text_id: null, ip: null })],
  ['GET', '/profiles/:id/merges', ({ params }) => [{ id: 'g-1', from_id: 12014, into_id: Number(params.id), merged_at: ago(31), reason: 'email', undone_at: null, identifiers: [{ kind: 'anonymous_id', value: '1b0c…' }] }]],
  ['POST', '/profiles/:id/merges', ({ params, body }) => ({ id: 'g-2', from_id: body.from_id, into_id: Number(params.id), merged_at: ago(0), reason: 'by_hand', undone_at: null, identifiers: [] })],
  ['DELETE', '/profiles/:id/merges/:merge', () => undefined],

  ['GET', '/events', ({ query }) => page(events.filter((e) => !query.get('name') || e.name === query.get('name')), query)],
  ['GET', '/events/names', () => ['Page viewed', 'Product Viewed', 'Product Added', 'Order Completed', 'Identified'].map((name, i) => ({
    name, type: i === 0 ? 'page' : i === 4 ? 'identify' : 'track', count: [142_318, 81_002, 19_876, 4331, 4102][i], count_24h: [8120, 4410, 980, 121, 64][i], last_seen: ago(0.0003 * (i + 1)),
    properties: Object.entries(events.find((e) => e.name === name)?.properties ?? {}).map(([path, sample]) => ({ path, type: typeof sample === 'number' ? 'number' : 'string', sample })),
  }))],
  ['GET', '/events/series', ({ query }) => ({ name: query.get('name'), days: Array.from({ length: Number(query.get('days') ?? 30) }, (_, i, all = Number(query.get('days') ?? 30)) => ({ date: ago(all - 1 - i).slice(0, 10), events: Math.round(2400 + 900 * Math.sin(i * 0.8) + i * 12), people: Math.round(700 + 200 * Math.sin(i * 0.8)) })) })],
  ['GET', '/rejects', ({ query }) => page([
    { id: 'r1', received_at: ago(0.02), code: 'no_identity', reason: 'Нет ни userId, ни anonymousId.', type: 'track', message_id: 'm-88121', body: '{"type":"track","event":"Order Completed","properties":{"total":12.5}}', source: 'Сайт' },
    { id: 'r2', received_at: ago(0.4), code: 'too_large', reason: 'Событие больше 32 КБ.', type: 'track', message_id: null, body: '{"type":"track","event":"Page dump","properties":{"html":"<html>…"}}', source: 'Сайт' },
    { id: 'r3', received_at: ago(1.4), code: 'bad_json', reason: 'Это не JSON: лишняя запятая в позиции 87.', type: null, message_id: null, body: '{"userId": "12346",}', source: 'Выгрузка в BI' },
  ], query)],
  ['GET', '/schema', () => ({
    traits: [['city', 'string'], ['country', 'string'], ['first_name', 'string'], ['birthday', 'date'], ['loyalty_level', 'string'], ['bonus_balance', 'number'], ['is_wholesale', 'bool'], ['interests', 'list']].map(([name, type], i) => ({ name, type, count: 4102 - i * 211 })),
    events: [
      { name: 'Page viewed', properties: [{ path: 'path', type: 'string' }] },
      { name: 'Product Viewed', properties: [{ path: 'name', type: 'string' }, { path: 'price', type: 'number' }] },
      { name: 'Product Added', properties: [{ path: 'name', type: 'string' }, { path: 'quantity', type: 'number' }] },
      { name: 'Order Completed', properties: [{ path: 'total', type: 'number' }, { path: 'currency', type: 'string' }] },
    ],
    identifiers: ['user_id', 'email', 'phone', 'anonymous_id'],
    topics: topics.map(({ id, name }) => ({ id, name })),
  })],
  ['GET', '/schema/traits/values', ({ query }) => {
    const counts = new Map<string, number>()
    for (const person of people) {
      const value = String(person.traits[query.get('name') ?? ''] ?? '')
      if (value) counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 20).map(([value, count]) => ({ value, count: count * 31 }))
  }],
  ['GET', '/schema/events/values', () => [{ value: 'GBP', count: 4200 }, { value: 'RUB', count: 131 }]],

  ['GET', '/segments', ({ query }) => page(search(segments, query), query)],
  ['POST', '/segments', ({ body }) => { const made = { ...segments[0], ...body, id: `0193-n${segments.length}`, used_by: [], count: 431 } as (typeof segments)[number]; segments.push(made); return made }],
  ['POST', '/segments/preview', ({ body }) => ({ count: 200 + (JSON.stringify(body.definition).length * 37) % 3900, total: 4372, took_ms: 41, as_of: ago(0) })],
  ['POST', '/segments/describe', ({ lang }) => ({ warnings: [], text: lang === 'ru' ? 'Клиенты, у которых не меньше 3 заказов за всё время, последний заказ был больше 60 дней назад, и уровень карты — silver или gold либо не меньше 2 раз за последние 30 дней смотрели товар дороже 5, кроме тех, кто отозвал согласие на письма.' : 'Customers who made at least 3 orders ever, whose last order was more than 60 days ago, and whose loyalty level is silver or gold or who viewed a product priced 5 or more at least 2 times in the last 30 days, except those who withdrew the consent to e-mail.' })],
  ['GET', '/segments/:id', ({ params }) => find(segments, params.id)],
  ['PATCH', '/segments/:id', ({ params, body }) => Object.assign(find(segments, params.id), body, { updated_at: ago(0) })],
  ['DELETE', '/segments/:id', () => undefined],
  ['POST', '/segments/:id/refresh', ({ params }) => Object.assign(find(segments, params.id), { computed_at: ago(0) })],
  ['GET', '/segments/:id/members', ({ query }) => page(people.filter((p) => p.known), query)],
  ['PUT', '/segments/:id/members', () => undefined],
  ['GET', '/segments/:id/explanation', () => ({ member: false, explanation: { text: 'Все условия', holds: false, fact: null, children: [
    { text: 'не меньше 3 заказов за всё время', holds: true, fact: 7, children: [] },
    { text: 'последний заказ больше 60 дней назад', holds: false, fact: '14 ноября 2026', children: [] },
  ] } })],
  ['GET', '/segments/:id/history', () => Array.from({ length: 30 }, (_, i) => ({ at: ago(29 - i), size: Math.round(1100 + i * 6 + 40 * Math.sin(i)) }))],

  ['POST', '/imports/files', ({ query }) => importFile(query.get('kind') ?? 'customers')],
  ['POST', '/imports/preview', ({ body }) => importFile(String(body.kind ?? 'customers'))],
  ['GET', '/imports', ({ query }) => page(imports, query)],
  ['POST', '/imports', () => imports[0]],
  ['GET', '/imports/:id', ({ params }) => find(imports, params.id)],
  ['PUT', '/imports/:id/cancellation', ({ params }) => Object.assign(find(imports, params.id), { state: 'cancelled' })],

  ['GET', '/letters', ({ query }) => page(search(letters, query), query)],
  ['POST', '/letters', ({ body }) => { const made = { ...letters[0], ...body, id: `0193-b${letters.length}`, used_by: [] } as (typeof letters)[number]; letters.push(made); return made }],
  ['GET', '/letters/starters', ({ lang }) => ['winback_discount', 'winback_note'].map((key, i) => ({ ...letters[i], key, lang, name: lang === 'ru' ? ['Возвращение: скидка', 'Возвращение: письмо от магазина'][i] : ['Win-back: a discount', 'Win-back: a note'][i] }))],
  ['POST', '/letters/preview', ({ body }) => {
    const person = people.find((p) => p.id === body.profile_id)
    const name = String(person?.traits.first_name ?? 'Здравствуйте')
    return {
      html: renderLetter(name), text: `${name}, давно не виделись\n\nВы не заглядывали к нам больше двух месяцев.\n\nПосмотреть новинки: https://shop.example.com/new\n`,
      subject: String(body.subject).replace(/{{.*?}}/g, name), preheader: String(body.preheader), size_bytes: 18_412,
      problems: String(body.source).includes('mj-image') ? [{ level: 'error', code: 'bad_tag', message: 'Тег mj-image не закрыт.', line: 14, part: 'source' }] : [{ level: 'warning', code: 'unknown_variable', message: 'Такого поля нет ни у одного клиента: customer.bonus.', line: 17, part: 'source' }],
    }
  }],
  ['GET', '/letters/:id', ({ params }) => find(letters, params.id)],
  ['PATCH', '/letters/:id', ({ params, body }) => Object.assign(find(letters, params.id), body, { updated_at: ago(0) })],
  ['DELETE', '/letters/:id', () => undefined],
  ['POST', '/letters/:id/test', ({ body }) => (body.addresses as string[]).map((address) => ({ address, accepted: !address.includes('bad'), text: address.includes('bad') ? '550 5.1.1 User unknown' : '250 2.0.0 Ok' }))],

  ['GET', '/campaigns', ({ query }) => page(search(campaigns, query).filter((c) => !query.get('state') || c.state === query.get('state')), query)],
  ['POST', '/campaigns', ({ body }) => { const made = { ...campaigns[0], ...body, id: `c-${campaigns.length}`, state: 'draft' } as (typeof campaigns)[number]; campaigns.unshift(made); return made }],
  ['GET', '/campaigns/:id', ({ params }) => find(campaigns, params.id)],
  ['PATCH', '/campaigns/:id', ({ params, body }) => { const found = find(campaigns, params.id); return Object.assign(found, body, { updated_at: ago(0), version: found.version + 1 }) }],
  ['DELETE', '/campaigns/:id', () => undefined],
  ['POST', '/campaigns/:id/duplicate', ({ params }) => { const made = { ...find(campaigns, params.id), id: `c-${campaigns.length}`, state: 'draft' }; campaigns.unshift(made); return made }],
  ['GET', '/campaigns/:id/audience', ({ params }) => {
    const control = find(campaigns, params.id).control_share
    const count = Math.round((audience.remaining * control) / 100)
    const rest = audience.remaining - count
    const variants = find(campaigns, params.id).variants
    return { ...audience, arms: [...variants.map((v) => ({ key: v.key, name: v.name, share: v.share, count: Math.round(rest / variants.length) })), ...(control ? [{ key: 'control', name: '', share: control, count }] : [])] }
  }],
  ['GET', '/campaigns/:id/checks', ({ lang }) => checks(lang)],
  ['PUT', '/campaigns/:id/launch', ({ params }) => Object.assign(find(campaigns, params.id), { state: 'running', launched_at: ago(0) })],
  ['PUT', '/campaigns/:id/pause', ({ params }) => { isPaused = true; return Object.assign(find(campaigns, params.id), { state: 'paused' }) }],
  ['DELETE', '/campaigns/:id/pause', ({ params }) => { isPaused = false; return Object.assign(find(campaigns, params.id), { state: 'running' }) }],
  ['PUT', '/campaigns/:id/finish', ({ params }) => Object.assign(find(campaigns, params.id), { state: 'finished' })],
  ['GET', '/campaigns/:id/progress', ({ params }) => progress(params.id ?? '')],
  ['GET', '/campaigns/:id/recipients', ({ query }) => page(people.filter((p) => p.email).map((p, i) => ({
    message_id: i, profile_id: p.id, variant: i % 5 === 0 ? 'control' : i % 2 ? 'A' : 'B', address: p.email, state: i % 5 === 0 ? 'control' : i % 17 === 3 ? 'bounced' : i % 13 === 2 ? 'skipped' : 'sent', reason: i % 17 === 3 ? 'no_mailbox' : i % 13 === 2 ? 'no_consent' : '', reason_text: i % 17 === 3 ? 'такого ящика нет' : i % 13 === 2 ? 'нет согласия' : '', answer: i % 17 === 3 ? '550 5.1.1 User unknown' : '', attempts: 1, next_at: null, at: ago(0.01),
  })).filter((r) => (!query.get('state') || r.state === query.get('state')) && (!query.get('variant') || r.variant === query.get('variant'))), query)],
  ['GET', '/campaigns/:id/report', ({ params, lang }) => report(params.id ?? '', lang)],

  ['GET', '/catcher/letters', ({ query }) => page(caught.filter((c) => JSON.stringify(c).includes(query.get('search') ?? '')), query)],
  ['GET', '/catcher/letters/:id', ({ params }) => {
    const letter = find(caught, params.id)
    return { ...letter, headers: [['From', letter.from], ['To', letter.to], ['Subject', letter.subject], ['List-Unsubscribe', '<https://otklik.example.com/u/eyJ…>'], ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'], ['DKIM-Signature', 'v=1; a=rsa-sha256; d=example.com; s=otklik; …']], html: renderLetter(letter.name.split(' ')[0] ?? ''), text: 'Давно не виделись…', source: `From: ${letter.from}\r\nTo: ${letter.to}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nДавно не виделись…\r\n--b1--\r\n` }
  }],
  ['DELETE', '/catcher/letters', () => { caught.length = 0 }],
]

const compiled = routes.map(([method, pattern, handler]) => {
  const names = [...pattern.matchAll(/:(\w+)/g)].map((match) => match[1] as string)
  return { method, names, regex: new RegExp(`^/api/v1${pattern.replace(/:\w+/g, '([^/]+)')}$`), handler, isFixed: names.length === 0 }
}).sort((a, b) => Number(b.isFixed) - Number(a.isFixed))

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}

function stream(response: ServerResponse, everyMs: number, next: () => unknown) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  const send = () => response.write(`data: ${JSON.stringify(next())}\n\n`)
  send()
  const timer = setInterval(send, everyMs)
  response.on('close', () => clearInterval(timer))
}

async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  let count = 0
  if (url.pathname === '/api/v1/events/live') return stream(response, 1800, () => makeEvent((count = (count + 1) % 3)))
  const live = /^\/api\/v1\/campaigns\/([^/]+)\/progress\/live$/.exec(url.pathname)
  if (live) return stream(response, 1000, () => progress(live[1] ?? ''))

  const route = compiled.find((r) => r.method === request.method && r.regex.test(url.pathname))
  const send = (status: number, value: unknown) => {
    response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' })
    response.end(value === undefined ? '{}' : JSON.stringify(value))
  }
  if (!route) return send(404, { title: 'Not found', code: 'not_found' })
  const values = route.regex.exec(url.pathname)?.slice(1).map(decodeURIComponent) ?? []
  const params = Object.fromEntries(route.names.map((name, i) => [name, values[i] ?? '']))
  const lang = request.headers['accept-language']?.startsWith('en') ? 'en' : 'ru'
  try {
    send(200, route.handler({ params, query: url.searchParams, body: await readBody(request), lang }))
  } catch (error) {
    if (error instanceof Refusal) send(error.status, { status: error.status, ...error.problem })
    else throw error
  }
}

export function mockApi(): Plugin {
  const middleware: Connect.NextHandleFunction = (request, response, next) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (!url.pathname.startsWith('/api/')) return next()
    answer(request, response, url).catch(next)
  }
  return {
    name: 'otklik-mock-api',
    configureServer: (server) => void server.middlewares.use(middleware),
    configurePreviewServer: (server) => void server.middlewares.use(middleware),
  }
}
