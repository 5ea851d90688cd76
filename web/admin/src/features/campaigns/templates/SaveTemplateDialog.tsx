import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { notifyDone } from '../../../components/notify'
import { ErrorNote } from '../../../components/States'
import { changeTemplate, saveTemplate, templatesQuery } from '../../../lib/api/endpoints/campaigns'

const NEW = ''

interface SaveTemplateDialogProps {
  campaignId: string
  name: string
  onClose: () => void
}

/** Keeps what a mailing is made of: as a new template, or in the place of one there is. */
export function SaveTemplateDialog({ campaignId, name: mailing, onClose }: SaveTemplateDialogProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const templates = useQuery(templatesQuery)
  const [into, setInto] = useState(NEW)
  const [name, setName] = useState(mailing)
  const [description, setDescription] = useState('')
  const chosen = templates.data?.find((one) => one.id === into)
  const choose = (id: string) => {
    const template = templates.data?.find((one) => one.id === id)
    setInto(id)
    setName(template?.name ?? mailing)
    setDescription(template?.description ?? '')
  }
  const save = useMutation({
    mutationFn: () => {
      const words = { name: name.trim(), description: description.trim(), campaign_id: campaignId }
      return chosen ? changeTemplate(chosen.id, words) : saveTemplate(words)
    },
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: templatesQuery.queryKey })
      notifyDone(t`The template “${saved.name}” is saved`)
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={t`Save as a template`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={12}>
          <p style={{ margin: 0, color: 'var(--text-dim)' }}>
            <Trans>
              A template keeps the audience, the letters, the control group, the target actions and the rules: everything
              but the moment and the result.
            </Trans>
          </p>
          {templates.data && templates.data.length > 0 && (
            <Select
              label={t`Where to`}
              allowDeselect={false}
              value={into}
              data={[
                { value: NEW, label: t`A new template` },
                ...templates.data.map((one) => ({ value: one.id, label: t`In place of “${one.name}”` })),
              ]}
              onChange={(id) => choose(id ?? NEW)}
            />
          )}
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
            description={t`What it is for and what to change each time.`}
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
