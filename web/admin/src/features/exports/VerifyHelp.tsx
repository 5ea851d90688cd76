import { Code, Stack, Tabs } from '@mantine/core'
import { Trans } from '@lingui/react/macro'

const PYTHON = `import base64, hashlib, hmac, time

def verify(secret: str, headers, body: bytes) -> bool:
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = "v1," + base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    return any(hmac.compare_digest(made, s) for s in headers["webhook-signature"].split(" "))`

const NODE = `const { createHmac, timingSafeEqual } = require('node:crypto')

function verify(secret, headers, body /* Buffer */) {
  if (Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp'])) > 300) return false
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const text = headers['webhook-id'] + '.' + headers['webhook-timestamp'] + '.'
  const made = 'v1,' + createHmac('sha256', key).update(text).update(body).digest('base64')
  return headers['webhook-signature'].split(' ').some(
    (s) => s.length === made.length && timingSafeEqual(Buffer.from(s), Buffer.from(made)))
}`

const PHP = `function verify(string $secret, array $headers, string $body): bool {
    if (abs(time() - (int) $headers['webhook-timestamp']) > 300) return false;
    $key = base64_decode(substr($secret, strlen('whsec_')));
    $text = $headers['webhook-id'] . '.' . $headers['webhook-timestamp'] . '.' . $body;
    $made = 'v1,' . base64_encode(hash_hmac('sha256', $text, $key, true));
    foreach (explode(' ', $headers['webhook-signature']) as $one)
        if (hash_equals($made, $one)) return true;
    return false;
}`

/** How a receiver tells that a call came from here. */
export function VerifyHelp() {
  return (
    <Stack gap={8}>
      <span>
        <Trans>Check the signature over the bytes of the body as they came, before reading them.</Trans>
      </span>
      <Tabs defaultValue="python">
        <Tabs.List>
          <Tabs.Tab value="python">Python</Tabs.Tab>
          <Tabs.Tab value="node">Node.js</Tabs.Tab>
          <Tabs.Tab value="php">PHP</Tabs.Tab>
        </Tabs.List>
        {Object.entries({ python: PYTHON, node: NODE, php: PHP }).map(([name, text]) => (
          <Tabs.Panel key={name} value={name} pt={8}>
            <Code block tabIndex={0} style={{ overflowX: 'auto' }}>
              {text}
            </Code>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  )
}
