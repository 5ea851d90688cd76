import { Button, Group, Modal, Select, Skeleton, Stack, Textarea, TextInput } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Panel } from '../../components/Page'
import { Empty, ErrorNote } from '../../components/States'
import { DateTime } from '../../components/Time'
import { addConsentText, consentTextsQuery } from '../../lib/api/endpoints/privacy'
import type { ConsentText, Lang } from '../../lib/api/types'
import { useAccess } from '../../lib/hooks/useAccess'
import css from './ConsentTexts.module.css'
import { byText } from './consentTexts'

const LANGUAGES: Record<string, string> = { en: 'English', ru: 'Русский' }

/** What people agreed to, word for word: every version stays as it was. */
export function ConsentTextsSettings() {
  const { t } = useLingui()
  const may = useAccess()
  const texts = useQuery(consentTextsQuery)
  const [edited, setEdited] = useState<ConsentText | 'new' | null>(null)
  const groups = texts.data && byText(texts.data)
  const add = may('manage') && (
    <Button size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => setEdited('new')}>
      <Trans>Add a text</Trans>
    </Button>
  )
  return (
    <Panel
      title={t`Consent texts`}
      hint={t`What people read when they agree. A version never changes: a consent names the one that was read.`}
      flush
      actions={groups?.length !== 0 && add}
    >
      {texts.error ? (
        <div style={{ padding: 16 }}>
          <ErrorNote error={texts.error} retry={() => void texts.refetch()} />
        </div>
      ) : !groups ? (
        <Stack gap={8} p={16}>
          <Skeleton height={44} />
          <Skeleton height={44} />
        </Stack>
      ) : groups.length === 0 ? (
        <Empty title={t`No texts yet`} action={add}>
          <Trans>
            Keep here what stands beside the tick of your form, for example “I agree to receive news by e-mail”.
            In a dispute you show what exactly a person agreed to.
          </Trans>
        </Empty>
      ) : (
        <ul className={css.list} aria-label={t`Consent texts`}>
          {groups.map(([latest, ...older]) => (
            <li key={latest.id}>
              <TextVersions latest={latest} older={older} onNext={may('manage') ? () => setEdited(latest) : undefined} />
            </li>
          ))}
        </ul>
      )}
      {edited && <TextForm latest={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </Panel>
  )
}

interface TextVersionsProps {
  latest: ConsentText
  older: ConsentText[]
  onNext: (() => void) | undefined
}

function TextVersions({ latest, older, onNext }: TextVersionsProps) {
  return (
    <details>
      <summary>
        <strong>{latest.name}</strong>
        <span className={css.dim}>{LANGUAGES[latest.lang] ?? latest.lang}</span>
        <span className={css.dim}>
          <Trans>version {latest.version}</Trans>
        </span>
        <span className={css.since}>
          <DateTime at={latest.created_at} />
        </span>
      </summary>
      <div className={css.body}>
        <p className={css.text}>{latest.text}</p>
        {onNext && (
          <Button variant="default" size="compact-sm" onClick={onNext}>
            <Trans>New version</Trans>
          </Button>
        )}
        {older.map((version) => (
          <section key={version.id} className={css.older}>
            <div className={css.dim}>
              <Trans>version {version.version}</Trans>, <DateTime at={version.created_at} />
            </div>
            <p className={css.text}>{version.text}</p>
          </section>
        ))}
      </div>
    </details>
  )
}

function TextForm({ latest, onClose }: { latest: ConsentText | null; onClose: () => void }) {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const [name, setName] = useState(latest?.name ?? '')
  const [lang, setLang] = useState<Lang>((latest?.lang ?? i18n.locale) === 'ru' ? 'ru' : 'en')
  const [text, setText] = useState(latest?.text ?? '')
  const save = useMutation({
    mutationFn: () => addConsentText({ name: name.trim(), lang, text: text.trim() }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: consentTextsQuery.queryKey })
      onClose()
    },
  })
  const isSame = text.trim() === (latest?.text.trim() ?? '')
  return (
    <Modal
      opened
      onClose={onClose}
      size={600}
      title={latest ? t`New version of “${latest.name}”` : t`New text`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap={12}>
          {!latest && (
            <Group gap={12} grow align="flex-start">
              <TextInput
                label={t`Name`}
                placeholder={t`Form in the basket`}
                data-autofocus
                maxLength={120}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Select
                label={t`Language`}
                allowDeselect={false}
                value={lang}
                data={[
                  { value: 'ru', label: 'Русский' },
                  { value: 'en', label: 'English' },
                ]}
                onChange={(value) => value && setLang(value)}
              />
            </Group>
          )}
          <Textarea
            label={t`Text`}
            autosize
            minRows={4}
            maxRows={16}
            maxLength={100_000}
            {...(latest && { 'data-autofocus': true })}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {save.error && <ErrorNote error={save.error} />}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" disabled={!name.trim() || !text.trim() || isSame} loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
