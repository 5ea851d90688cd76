import type { Definition } from '../model'
import { EventEditor } from './EventEditor'
import { OrdersEditor, RfmEditor } from './OrdersEditor'
import { ScoreEditor } from './ScoreEditor'

interface EditorProps {
  definition: Definition
  onChange: (definition: Definition) => void
  isReadOnly?: boolean
}

export function DefinitionEditor({ definition, onChange, isReadOnly = false }: EditorProps) {
  return (
    <fieldset disabled={isReadOnly} style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
      {definition.kind === 'event' && <EventEditor trait={definition} onChange={onChange} />}
      {definition.kind === 'orders' && <OrdersEditor trait={definition} onChange={onChange} />}
      {definition.kind === 'rfm' && <RfmEditor trait={definition} onChange={onChange} />}
      {definition.kind === 'score' && <ScoreEditor trait={definition} onChange={onChange} />}
    </fieldset>
  )
}
