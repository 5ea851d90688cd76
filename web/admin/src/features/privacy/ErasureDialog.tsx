import { Button, Group, Modal, Stack, Table } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPrinter } from '@tabler/icons-react'

import { actAddress } from '../../lib/api/endpoints/privacy'
import type { Erasure } from '../../lib/api/types'
import { useFormat } from '../../lib/format/useFormat'
import css from './Privacy.module.css'
import { ErasureState } from './RequestsPage'
import { usePrivacyWords } from './words'

/** What an erasure has destroyed so far, and its act for paper. */
export function ErasureDialog({ erasure, onClose }: { erasure: Erasure; onClose: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const words = usePrivacyWords()
  const isDone = erasure.state === 'done'
  return (
    <Modal
      opened
      onClose={onClose}
      size={620}
      title={t`Act ${erasure.number}: customer ${erasure.profile_id}`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap={14}>
        <ErasureState erasure={erasure} />
        <dl className={css.facts}>
          <dt>{t`Basis`}</dt>
          <dd>{words.bases[erasure.basis]}</dd>
          {erasure.reason && (
            <>
              <dt>{t`Reason`}</dt>
              <dd>{erasure.reason}</dd>
            </>
          )}
          <dt>{t`Who ordered`}</dt>
          <dd>
            {erasure.asked_by}, {format.dateTime(erasure.asked_at)}
          </dd>
        </dl>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t`What`}</Table.Th>
              <Table.Th style={{ textAlign: 'right' }}>{t`Records destroyed`}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {erasure.steps.map((step) => (
              <Table.Tr key={step.name}>
                <Table.Td>
                  {step.title}
                  {step.until && !isDone && (
                    <div className={css.dim}>{t`waits until ${format.dateTime(step.until)}`}</div>
                  )}
                </Table.Td>
                <Table.Td className="tnum" style={{ textAlign: 'right' }}>
                  {format.number(step.destroyed)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <p className={css.dim} style={{ margin: 0 }}>
          {isDone ? (
            <Trans>Nothing is left in either database. The addresses stay on the stop list as codes.</Trans>
          ) : (
            <Trans>The act is final when everything is destroyed; until then it says what is left.</Trans>
          )}
        </p>
        <Group justify="flex-end" gap={8}>
          {(['ru', 'en'] as const).map((lang) => (
            <Button
              key={lang}
              component="a"
              href={actAddress(erasure.id, lang)}
              target="_blank"
              rel="noopener"
              variant="default"
              leftSection={<IconPrinter size={16} />}
            >
              {lang === 'ru' ? t`Act in Russian` : t`Act in English`}
            </Button>
          ))}
        </Group>
      </Stack>
    </Modal>
  )
}
