// Sends one call of each kind with the unchanged client and prints what became of each.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, flushAt: 10, flushInterval: 200, maxRetries: 2 })
const problems = []
analytics.on('error', (error) => problems.push(String(error.reason ?? error.code)))

analytics.identify({ userId: 'node-1', traits: { email: 'node@example.com', plan: 'pro' } })
analytics.page({ userId: 'node-1', name: 'Docs', properties: { path: '/docs' } })
analytics.screen({ anonymousId: 'node-anonymous', name: 'Start' })
analytics.group({ userId: 'node-1', groupId: 'g-1', traits: { size: 5 } })
analytics.alias({ userId: 'node-1', previousId: 'node-anonymous' })
for (let i = 0; i < Number(count); i++) {
  analytics.track({ userId: `node-${i % 3}`, event: 'Clicked', properties: { i, word: 'Привет' } })
}
await analytics.closeAndFlush({ timeout: 20000 })
console.log(JSON.stringify({ problems }))
