import { makeRandom } from './random.ts'

const WOMEN = ['Анна', 'Мария', 'Елена', 'Ольга', 'Наталья', 'Ирина', 'Татьяна', 'Светлана', 'Дарья', 'Ксения']
const MEN = ['Алексей', 'Дмитрий', 'Сергей', 'Андрей', 'Иван', 'Михаил', 'Николай', 'Павел', 'Артём', 'Роман']
const FAMILIES = ['Соколов', 'Лебедев', 'Морозов', 'Волков', 'Кузнецов', 'Новиков', 'Фёдоров', 'Егоров', 'Орлов', 'Захаров', 'Белов', 'Громов']
const BRITISH = ['Emily Carter', 'Oliver Hughes', 'Sophie Bennett', 'James Whitaker', 'Charlotte Reid', 'Harry Dawson', 'Amelia Fletcher', 'George Ellison', 'Isla Thornton', 'Thomas Barlow']
const CITIES = ['Москва', 'Санкт-Петербург', 'Казань', 'Екатеринбург', 'Новосибирск', 'London', 'Leeds', 'Bristol']
const PRODUCTS = [
  ['85123A', 'WHITE HANGING HEART T-LIGHT HOLDER', 2.55],
  ['22423', 'REGENCY CAKESTAND 3 TIER', 12.75],
  ['47566', 'PARTY BUNTING', 4.95],
  ['84879', 'ASSORTED COLOUR BIRD ORNAMENT', 1.69],
  ['20725', 'LUNCH BAG RED RETROSPOT', 1.65],
  ['22720', 'SET OF 3 CAKE TINS PANTRY DESIGN', 4.95],
  ['23203', 'JUMBO BAG DOILEY PATTERNS', 2.08],
] as const

const LATIN: Record<string, string> = {
  а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'e', ж: 'zh', з: 'z', и: 'i', й: 'y', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'kh', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'sch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya',
}
const latin = (text: string) => [...text.toLowerCase()].map((c) => LATIN[c] ?? c).join('')

const DAY = 86_400_000
export const ago = (days: number) => new Date(Date.now() - days * DAY).toISOString()

const random = makeRandom(7)

export const people = Array.from({ length: 137 }, (_, i) => {
  const isBritish = random.next() < 0.35
  const isWoman = random.next() < 0.55
  const family = random.pick(FAMILIES)
  const name = isBritish
    ? random.pick(BRITISH)
    : `${random.pick(isWoman ? WOMEN : MEN)} ${family}${isWoman ? 'а' : ''}`
  const known = random.next() < 0.86
  const orders = random.int(0, 14)
  return {
    id: 12000 + i * 7,
    name: known ? name : '',
    email: known ? `${latin(name).replace(/\s+/g, '.')}${i % 4 ? '' : i}@example.com` : null,
    phone: known && !isBritish ? `+7 9${random.int(10, 99)} ${random.int(100, 999)}-${random.int(10, 99)}-${random.int(10, 99)}` : null,
    user_id: known ? String(12346 + i * 3) : null,
    first_seen: ago(random.int(60, 420)),
    last_seen: ago(random.next() * 40),
    known,
    traits: {
      city: random.pick(CITIES),
      country: isBritish ? 'United Kingdom' : 'Россия',
      first_name: name.split(' ')[0],
      last_name: name.split(' ')[1],
      birthday: `19${random.int(65, 99)}-0${random.int(1, 9)}-1${random.int(0, 9)}`,
      loyalty_level: random.pick(['bronze', 'silver', 'gold']),
      bonus_balance: random.int(0, 2400),
      is_wholesale: random.next() < 0.2,
      interests: ['kitchen', 'garden'].slice(0, random.int(1, 2)),
      orders_count: orders,
    } as Record<string, unknown>,
  }
})

export const events = Array.from({ length: 90 }, (_, i) => makeEvent(i))

export function makeEvent(i: number) {
  const person = random.pick(people)
  const [id, product, price] = random.pick(PRODUCTS)
  const name = random.pick(['Page viewed', 'Page viewed', 'Product Viewed', 'Product Added', 'Order Completed', 'Identified'])
  const quantity = random.int(1, 12)
  const properties: Record<string, Record<string, unknown>> = {
    'Page viewed': { path: random.pick(['/', '/catalog', '/cart', '/about/delivery']), title: 'Online Retail' },
    'Product Viewed': { product_id: id, name: product, price, category: 'home' },
    'Product Added': { product_id: id, name: product, price, quantity },
    'Order Completed': { order_id: String(581400 + i), total: Math.round(price * quantity * 100) / 100, currency: 'GBP', products: [{ product_id: id, name: product, price, quantity }] },
    Identified: { email: person.email },
  }
  return {
    message_id: `m-${Date.now().toString(36)}-${i}`,
    name,
    type: name === 'Page viewed' ? 'page' : name === 'Identified' ? 'identify' : 'track',
    time: new Date(Date.now() - i * 47_000).toISOString(),
    received_at: new Date(Date.now() - i * 47_000 + 300).toISOString(),
    profile_id: person.id,
    user_id: person.user_id ?? '',
    anonymous_id: '',
    properties: properties[name] ?? {},
    context: { library: { name: 'analytics-python', version: '2.4.0' }, ip: '203.0.113.7', page: { url: 'https://shop.example.com/catalog' } },
    source: 'api',
  }
}

export const orders = (profile: number) =>
  Array.from({ length: (profile % 5) + 1 }, (_, i) => {
    const lines = Array.from({ length: (i % 3) + 1 }, (_, line) => {
      const [product_id, name, price] = PRODUCTS[(i + line) % PRODUCTS.length] as (typeof PRODUCTS)[number]
      return { product_id, name, quantity: 2 + line * 4, price, category: 'home' }
    })
    return {
      order_id: String(581200 + profile + i),
      status: (['paid', 'paid', 'placed', 'returned'] as const)[i % 4],
      placed_at: ago(12 + i * 31),
      total: Math.round(lines.reduce((sum, line) => sum + line.quantity * line.price, 0) * 100) / 100,
      currency: 'GBP',
      lines,
    }
  })
