import { Textarea } from '@mantine/core'
import { Trans, useLingui } from '@lingui/react/macro'

import { AppLink } from '../../../../components/AppLink'
import { changeStyle } from '../core/edit'
import { themeOf } from '../core/look'
import { useEditorContext } from '../EditorContext'
import { Part } from './Part'
import css from './Settings.module.css'
import { StyleFields } from './StyleFields'

/** The style of this letter alone; what it leaves open is the brand kit's. */
export function StyleSettings() {
  const { t } = useLingui()
  const { document, brand, apply, plain } = useEditorContext()
  return (
    <>
      <Part title={t`Colours and type`}>
        <p className={css.hint} style={{ marginBottom: 10 }}>
          <Trans>
            Empty fields follow the <AppLink href="/settings/brand-kit">brand kit</AppLink>.
          </Trans>
        </p>
        <StyleFields
          value={document.style}
          inherited={themeOf({}, brand?.style)}
          onChange={(patch) => apply((now) => changeStyle(now, patch), `style.${Object.keys(patch).join()}`)}
        />
      </Part>
      <Part title={t`Plain text`}>
        <Textarea
          aria-label={t`Plain text of the letter`}
          description={t`For those who do not see HTML. Empty: made from the letter itself.`}
          placeholder={plain.made}
          autosize
          minRows={3}
          maxRows={14}
          value={plain.text}
          onChange={(event) => plain.change(event.currentTarget.value)}
        />
      </Part>
    </>
  )
}
