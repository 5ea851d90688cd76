import { Code, Stack, Text } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../components/AppLink'
import { Panel } from '../../../components/Page'
import css from './Transactional.module.css'

const sample = (origin: string, key: string) => `curl ${origin}/api/v1/messages \\
  -H "Authorization: Bearer $OTKLIK_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "letter": "${key}",
    "to": {"user_id": "1042", "email": "anna@example.com"},
    "data": {"number": "A-17", "total": 990},
    "key": "order-A-17"
  }'`

/** The call that sends the letter. */
export function CodeSample({ letterKey }: { letterKey: string }) {
  const { t } = useLingui()
  const shown = '{{ data.number }}'
  return (
    <Panel title={t`How programs ask for it`}>
      <Stack gap={12}>
        <Code block className={css.code ?? ''} aria-label={t`Example of a call`}>
          {sample(window.location.origin, letterKey)}
        </Code>
        <Text size="sm" c="dimmed">
          <Trans>
            The letter shows what stands in “data” as {shown}. A repeat with the same “key” sends nothing again. The answer 202 means that the request is written down. You need an{' '}
            <AppLink href="/settings/keys">API key</AppLink> that may send.
          </Trans>
        </Text>
      </Stack>
    </Panel>
  )
}
