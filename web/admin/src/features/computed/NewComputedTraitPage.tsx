import { Button, Stack, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { Page, Panel } from '../../components/Page'
import { ErrorNote } from '../../components/States'
import { ApiError } from '../../lib/api/client'
import { createComputedTrait } from '../../lib/api/endpoints/computed'
import css from './Computed.module.css'
import { DefinitionEditor } from './editor/DefinitionEditor'
import { type Definition, draftOf, isComplete, kindOf, nameFrom } from './model'
import { Preview } from './Preview'
import { RfmPlane } from './RfmPlane'

const route = getRouteApi('/inside/computed-traits/new')

export function NewComputedTraitPage() {
  const { t } = useLingui()
  const router = useRouter()
  const client = useQueryClient()
  const kind = kindOf(route.useSearch().kind)
  const [title, setTitle] = useState('')
  const [typedName, setTypedName] = useState<string | null>(null)
  const [definition, setDefinition] = useState<Definition>(() =>
    draftOf(kind, [t`cold`, t`warm`, t`hot`]),
  )
  const name = typedName ?? nameFrom(title)
  const create = useMutation({
    mutationFn: () => createComputedTrait({ name, title: title.trim(), definition }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['computed'] })
      router.history.push(`/computed-traits/${made.id}`)
    },
  })
  const titles = {
    event: t`New trait from events`,
    orders: t`New trait from orders`,
    score: t`New score`,
    rfm: t`New RFM`,
  }
  return (
    <Page title={titles[kind]} back={{ href: '/computed-traits', label: t`Scores and traits` }}>
      <div className={css.layout}>
        <div className={css.sections}>
          <Panel>
            <Stack gap={12}>
              <TextInput
                label={t`Name`}
                placeholder={t`Total revenue`}
                maw={480}
                data-autofocus
                autoFocus
                value={title}
                onChange={(event) => setTitle(event.currentTarget.value)}
              />
              <TextInput
                label={t`Name of the trait`}
                description={t`Conditions and letters call it so. It can't be changed later.`}
                maw={480}
                value={name}
                error={create.error instanceof ApiError ? create.error.field('name') : undefined}
                onChange={(event) => setTypedName(event.currentTarget.value)}
              />
            </Stack>
          </Panel>
          <Panel title={t`What is computed`}>
            <DefinitionEditor definition={definition} onChange={setDefinition} />
          </Panel>
          {definition.kind === 'rfm' && <RfmPlane definition={definition} name={null} />}
        </div>
        <Preview definition={definition} name={name}>
          {create.error && <ErrorNote error={create.error} />}
          <Button
            size="md"
            fullWidth
            disabled={!name || !isComplete(definition)}
            loading={create.isPending}
            onClick={() => create.mutate()}
          >
            <Trans>Save and compute</Trans>
          </Button>
          {!name && (
            <span className={css.dim}>
              <Trans>Give it a name first.</Trans>
            </span>
          )}
        </Preview>
      </div>
    </Page>
  )
}
