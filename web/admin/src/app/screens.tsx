import { Button, Skeleton, Stack } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import type { ErrorComponentProps } from '@tanstack/react-router'

import { AppLink } from '../components/AppLink'
import { Page, Panel } from '../components/Page'
import { Empty, ErrorNote } from '../components/States'
import { ApiError, Offline } from '../lib/api/client'

/** The shape of a page while its code or its first data come. */
export function PendingScreen() {
  const { t } = useLingui()
  return (
    <Stack gap={16} p={24} aria-busy aria-label={t`Loading`}>
      <Skeleton height={24} width={220} />
      <Skeleton height={72} />
      <Skeleton height={320} />
    </Stack>
  )
}

export function NotFoundScreen() {
  const { t } = useLingui()
  return (
    <Page title={t`Not found`}>
      <Panel>
        <Empty
          title={t`There is nothing at this address`}
          action={
            <Button component={AppLink} href="/">
              <Trans>Go home</Trans>
            </Button>
          }
        >
          <Trans>It may have been deleted, or it belongs to another workspace.</Trans>
        </Empty>
      </Panel>
    </Page>
  )
}

export function ErrorScreen({ error, reset }: ErrorComponentProps) {
  const { t } = useLingui()
  if (error instanceof ApiError && error.status === 404) return <NotFoundScreen />
  if (error instanceof ApiError && error.status === 403) {
    return (
      <Page title={t`No access`}>
        <Panel>
          <Empty
            title={t`Your role does not open this page`}
            action={
              <Button component={AppLink} href="/">
                <Trans>Go home</Trans>
              </Button>
            }
          >
            <Trans>The owner of the workspace can change roles in Settings, Users.</Trans>
          </Empty>
        </Panel>
      </Page>
    )
  }
  return (
    <Page title={error instanceof Offline ? t`No connection` : t`Something went wrong`}>
      <ErrorNote error={error} retry={reset} />
    </Page>
  )
}
