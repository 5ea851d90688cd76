import { Autocomplete, Button, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'

import { notifyDone } from '../../components/notify'
import { Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { meQuery, updateWorkspace } from '../../lib/api/endpoints/accounts'
import { ApiError } from '../../lib/api/client'
import { useAccess } from '../../lib/hooks/useAccess'

const CURRENCIES = ['RUB', 'EUR', 'USD', 'GBP', 'KZT', 'BYN', 'AMD', 'GEL', 'UZS', 'KGS', 'TRY', 'AED']

export function WorkspaceSettings() {
  const { t } = useLingui()
  const may = useAccess()
  const client = useQueryClient()
  const { data: me } = useSuspenseQuery(meQuery)
  const { name, timezone, currency, lang } = me.workspace
  const form = useForm({
    initialValues: { name, timezone, currency, lang },
    validate: { name: (value) => (value.trim() ? null : t`Enter a name`) },
  })
  const save = useMutation({
    mutationFn: updateWorkspace,
    onSuccess: (workspace) => {
      client.setQueryData(meQuery.queryKey, { ...me, workspace })
      form.resetDirty()
      notifyDone(t`Saved`)
    },
    onError: (error) => {
      if (!(error instanceof ApiError)) return
      for (const field of ['name', 'timezone', 'currency'] as const) {
        const message = error.field(field)
        if (message) form.setFieldError(field, message)
      }
    },
  })
  const isReadOnly = !may('manage')
  return (
    <Panel title={t`Workspace`}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap={12} maw={400}>
          <TextInput label={t`Name`} disabled={isReadOnly} {...form.getInputProps('name')} />
          <Autocomplete
            label={t`Time zone`}
            description={t`Days of reports and times of sending are counted in it.`}
            limit={40}
            disabled={isReadOnly}
            data={Intl.supportedValuesOf('timeZone')}
            {...form.getInputProps('timezone')}
          />
          <Select
            label={t`Currency`}
            searchable
            disabled={isReadOnly}
            data={[...new Set([currency, ...CURRENCIES])]}
            {...form.getInputProps('currency')}
          />
          <Select
            label={t`Language of letters and pages for customers`}
            disabled={isReadOnly}
            data={[
              { value: 'ru', label: 'Русский' },
              { value: 'en', label: 'English' },
            ]}
            {...form.getInputProps('lang')}
          />
          {save.error && <ErrorNote error={save.error} />}
          {!isReadOnly && (
            <div>
              <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
                <Trans>Save</Trans>
              </Button>
            </div>
          )}
        </Stack>
      </form>
    </Panel>
  )
}
