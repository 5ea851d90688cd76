import { autocompletion, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { xml } from '@codemirror/lang-xml'
import { bracketMatching, defaultHighlightStyle, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, RangeSetBuilder, StateEffect, StateField } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  gutter,
  GutterMarker,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { useComputedColorScheme } from '@mantine/core'
import { useLingui } from '@lingui/react'
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react'

import type { LetterProblem, LetterVariable } from '../../../lib/api/types'
import { liquidSource } from './completion'

const setProblems = StateEffect.define<LetterProblem[]>()

class ProblemMarker extends GutterMarker {
  constructor(
    readonly level: LetterProblem['level'],
    readonly text: string,
  ) {
    super()
  }
  override eq(other: ProblemMarker) {
    return other.level === this.level && other.text === this.text
  }
  override toDOM() {
    const mark = document.createElement('span')
    mark.className = `cm-problem-mark cm-problem-${this.level}`
    mark.textContent = this.level === 'error' ? '●' : '▲'
    mark.title = this.text
    return mark
  }
}

interface Marks {
  problems: LetterProblem[]
  lines: DecorationSet
}

/** The lines with problems; marks move with the text until the next check. */
const marks = StateField.define<Marks>({
  create: () => ({ problems: [], lines: Decoration.none }),
  update(value, transaction) {
    let { problems, lines } = value
    lines = lines.map(transaction.changes)
    for (const effect of transaction.effects) {
      if (!effect.is(setProblems)) continue
      problems = effect.value
      const builder = new RangeSetBuilder<Decoration>()
      const worst = new Map<number, LetterProblem>()
      for (const problem of problems) {
        if (problem.line === null || problem.line > transaction.state.doc.lines) continue
        if (problem.level === 'error' || !worst.has(problem.line)) worst.set(problem.line, problem)
      }
      for (const line of [...worst.keys()].sort((a, b) => a - b)) {
        const { from } = transaction.state.doc.line(line)
        builder.add(
          from,
          from,
          Decoration.line({
            class: `cm-problem-line-${worst.get(line)?.level ?? 'warning'}`,
            attributes: { title: worst.get(line)?.message ?? '' },
          }),
        )
      }
      lines = builder.finish()
    }
    return { problems, lines }
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.lines),
})

const problemGutter = gutter({
  class: 'cm-problem-gutter',
  lineMarker(view, line) {
    const number = view.state.doc.lineAt(line.from).number
    const found = view.state.field(marks).problems.filter((problem) => problem.line === number)
    if (found.length === 0) return null
    const isError = found.some((problem) => problem.level === 'error')
    return new ProblemMarker(isError ? 'error' : 'warning', found.map((problem) => problem.message).join('\n'))
  },
  lineMarkerChange: (update) =>
    update.transactions.some((transaction) => transaction.effects.some((effect) => effect.is(setProblems))),
  initialSpacer: () => new ProblemMarker('warning', ''),
})

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '20px' },
  '.cm-gutters': { backgroundColor: 'var(--surface-low)', color: 'var(--text-dim)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 6%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 25%, transparent) !important',
  },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', borderRadius: '6px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'inherit', maxHeight: '260px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--text)' },
  '.cm-completionDetail': { color: 'var(--text-dim)', fontStyle: 'normal' },
  '.cm-completionInfo': { padding: '4px 8px', color: 'var(--text-dim)' },
  '.cm-problem-gutter': { width: '16px', textAlign: 'center' },
  '.cm-problem-mark': { fontSize: '10px', cursor: 'help' },
  '.cm-problem-error': { color: 'var(--bad)' },
  '.cm-problem-warning': { color: 'var(--warn)' },
  '.cm-problem-line-error': { backgroundColor: 'var(--bad-soft)' },
  '.cm-problem-line-warning': { backgroundColor: 'var(--warn-soft)' },
})

const coloursOf = (change: (color: string) => string) =>
  HighlightStyle.define(
    defaultHighlightStyle.specs.map((spec) => ({
      ...spec,
      ...(spec.color && { color: change(spec.color as string) }),
    })),
  )

/** The green of tags is too pale for text on a marked line. */
const lightColours = coloursOf((color) => (color === '#085' ? '#0a6344' : color))
const darkColours = coloursOf((color) => lighter(color))

/** The default colours of the highlighter are made for white paper. */
function lighter(color: string): string {
  const known: Record<string, string> = {
    '#708': '#c792ea',
    '#219': '#82aaff',
    '#164': '#7fd0a5',
    '#a11': '#f0857d',
    '#e40': '#f5a97f',
    '#00f': '#82aaff',
    '#30a': '#a5b4fc',
    '#085': '#7fd0a5',
    '#167': '#7dcfe0',
    '#256': '#8bd5ca',
    '#00c': '#82aaff',
    '#940': '#e0ad5c',
    '#404740': '#a6a9ad',
  }
  return known[color] ?? color
}

export interface CodeEditorHandle {
  goTo: (line: number) => void
  /** Puts a text in place of the selection and leaves the cursor after it. */
  insert: (text: string) => void
}

function goTo(editor: EditorView, line: number) {
  const { from } = editor.state.doc.line(Math.min(line, editor.state.doc.lines))
  editor.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
  editor.focus()
}

const NO_VARIABLES: LetterVariable[] = []

interface CodeEditorProps {
  value: string
  onChange: (value: string) => void
  problems: LetterProblem[]
  label: string
  isReadOnly: boolean
  /** Where the cursor stands when the editor opens. */
  line?: number
  /** Names that are offered inside the braces of Liquid. */
  variables?: LetterVariable[]
  ref?: Ref<CodeEditorHandle>
}

/** The source of a letter with its problems marked beside their lines. */
export default function CodeEditor({ value, onChange, problems, label, isReadOnly, line, variables = NO_VARIABLES, ref }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const change = useRef(onChange)
  const colours = useRef(new Compartment())
  const names = useRef(variables)
  const { i18n } = useLingui()
  const scheme = useComputedColorScheme()
  useEffect(() => {
    change.current = onChange
    names.current = variables
  })

  useEffect(() => {
    if (!host.current) return
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          problemGutter,
          lineNumbers(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          drawSelection(),
          history(),
          indentOnInput(),
          bracketMatching(),
          xml(),
          colours.current.of(syntaxHighlighting(lightColours)),
          autocompletion({
            override: [liquidSource(() => names.current, (text) => i18n._(text))],
            icons: false,
          }),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.lineWrapping,
          EditorState.readOnly.of(isReadOnly),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          marks,
          look,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    // The text scrolls by keyboard also when it cannot be edited.
    made.scrollDOM.tabIndex = 0
    view.current = made
    if (line) goTo(made, line)
    return () => made.destroy()
    // The editor owns its text after it is made; only the problems come from outside.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  useEffect(() => {
    view.current?.dispatch({ effects: setProblems.of(problems) })
  }, [problems])
  useEffect(() => {
    view.current?.dispatch({
      effects: colours.current.reconfigure(
        syntaxHighlighting(scheme === 'dark' ? darkColours : lightColours),
      ),
    })
  }, [scheme])
  useImperativeHandle(ref, () => ({
    goTo: (line) => {
      if (view.current) goTo(view.current, line)
    },
    insert: (text) => {
      const editor = view.current
      if (!editor) return
      editor.dispatch(editor.state.replaceSelection(text), { scrollIntoView: true })
      editor.focus()
    },
  }))
  return <div ref={host} style={{ height: '100%', minHeight: 0 }} />
}
