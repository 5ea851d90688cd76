/** Undo and redo. Changes of one field that follow each other quickly are one step. */

export const STEPS_MAX = 100
export const JOINED_WITHIN_MS = 1500

export interface History<State> {
  past: State[]
  now: State
  future: State[]
  /** What the last change was of, while the next one of the same may still join it. */
  joint: string | null
  at: number
}

export const begin = <State>(now: State): History<State> => ({ past: [], now, future: [], joint: null, at: 0 })

/** `joint` names the field that is being typed; null: a step of its own. */
export function record<State>(history: History<State>, now: State, joint: string | null, at: number): History<State> {
  if (now === history.now) return history
  const joins =
    joint !== null && joint === history.joint && at - history.at < JOINED_WITHIN_MS && history.past.length > 0
  const past = joins ? history.past : [...history.past, history.now].slice(-STEPS_MAX)
  return { past, now, future: [], joint, at }
}

export function undo<State>(history: History<State>): History<State> {
  const former = history.past.at(-1)
  if (former === undefined) return history
  return {
    past: history.past.slice(0, -1),
    now: former,
    future: [history.now, ...history.future],
    joint: null,
    at: 0,
  }
}

export function redo<State>(history: History<State>): History<State> {
  const [next, ...future] = history.future
  if (next === undefined) return history
  return { past: [...history.past, history.now], now: next, future, joint: null, at: 0 }
}
