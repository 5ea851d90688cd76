import { ActionIcon, Button, Group, Menu, Modal, Stack, Textarea, TextInput } from '@mantine/core'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { AppLink } from '../../../components/AppLink'
import { type Column, DataTable } from '../../../components/DataTable'
import { Page, Panel } from '../../../components/Page'
import { Empty, ErrorNote } from '../../../components/States'
import { Ago } from '../../../components/Time'
import { useDeferredDelete } from '../../../components/useDeferredDelete'
import { changeTemplate, deleteTemplate, templatesQuery } from '../../../lib/api/endpoints/campaigns'
import type { CampaignTemplate } from '../../../lib/api/types'
import { NOTHING } from '../../../lib/format/format'
import { useFormat } from '../../../lib/format/useFormat'
import { useAccess } from '../../../lib/hooks/useAccess'
import { useBegin } from './useBegin'

/** What mailings are begun with again and again. */
export function TemplatesPage() {
  const { t } = useLingui()
  const format = useFormat()
  const may = useAccess()
  const templates = useQuery(templatesQuery)
  const begin = useBegin()
  const [renamed, setRenamed] = useState<CampaignTemplate | null>(null)
  const { hidden, hide } = useDeferredDelete(deleteTemplate, templatesQuery.queryKey)
  const columns: Column<CampaignTemplate>[] = [
    {
      id: 'name',
      header: t`Name`,
      render: (row) => (
        <>
          {row.name}
          {row.description && (
            <div style={{ color: 'var(--text-dim)', fontSize: 13, whiteSpace: 'pre-line' }}>{row.description}</div>
          )}
        </>
      ),
    },
    {
      id: 'letters',
      header: t`Letters`,
      hide: 'sm',
      render: (row) => <Plural value={row.variants.length} one="# variant" other="# variants" />,
    },
    {
      id: 'control',
      header: t`Control group`,
      align: 'right',
      hide: 'md',
      render: (row) => (row.control_share ? format.percent(row.control_share / 100, 0) : NOTHING),
    },
    { id: 'changed', header: t`Changed`, hide: 'md', render: (row) => <Ago at={row.updated_at} /> },
    ...(may('edit')
      ? [
          {
            id: 'begin',
            header: '',
            width: 200,
            align: 'right' as const,
            render: (row: CampaignTemplate) => (
              <Group gap={4} justify="flex-end" wrap="nowrap">
                <Button
                  variant="light"
                  size="compact-sm"
                  loading={begin.isPending && begin.variables?.id === row.id}
                  disabled={begin.isPending}
                  onClick={() => begin.mutate({ from: 'template', id: row.id })}
                >
                  <Trans>New mailing</Trans>
                </Button>
                <Menu>
                  <Menu.Target>
                    <ActionIcon aria-label={t`Actions: ${row.name}`}>
                      <IconDots size={16} />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setRenamed(row)}>
                      <Trans>Rename and describe</Trans>
                    </Menu.Item>
                    <Menu.Item
                      color="red"
                      leftSection={<IconTrash size={16} />}
                      onClick={() => hide(row.id, t`“${row.name}” is deleted`)}
                    >
                      <Trans>Delete</Trans>
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </Group>
            ),
          },
        ]
      : []),
  ]
  return (
    <Page
      title={t`Templates of mailings`}
      back={{ href: '/mailings', label: t`Mailings` }}
      subtitle={t`A template keeps everything of a mailing but its moment and its result.`}
    >
      <Stack gap={12}>
        {begin.error && <ErrorNote error={begin.error} />}
        <Panel flush>
          <DataTable
            label={t`Templates of mailings`}
            storeKey="mailing-templates"
            columns={columns}
            rows={templates.data?.filter((row) => !hidden.has(row.id))}
            rowKey={(row) => row.id}
            error={templates.error && <ErrorNote error={templates.error} retry={() => void templates.refetch()} />}
            empty={
              <Empty
                title={t`No templates yet`}
                action={
                  <Button component={AppLink} href="/mailings" variant="light">
                    <Trans>To the mailings</Trans>
                  </Button>
                }
              >
                <Trans>
                  Open a mailing that you send again and again and choose “Save as a template” in its menu. For example:
                  the digest of the month with its audience, control group and target action.
                </Trans>
              </Empty>
            }
          />
        </Panel>
      </Stack>
      {renamed && <RenameDialog key={renamed.id} template={renamed} onClose={() => setRenamed(null)} />}
    </Page>
  )
}

function RenameDialog({ template, onClose }: { template: CampaignTemplate; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [name, setName] = useState(template.name)
  const [description, setDescription] = useState(template.description)
  const save = useMutation({
    mutationFn: () => changeTemplate(template.id, { name: name.trim(), description: description.trim() }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: templatesQuery.queryKey })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Rename and describe`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={12}>
          <TextInput
            label={t`Name`}
            data-autofocus
            required
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Textarea
            label={t`Description`}
            autosize
            minRows={2}
            maxLength={1000}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
