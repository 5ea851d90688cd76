/** The one place that talks to the server: session, CSRF token, errors as problem details. */

import createClient, { type Middleware } from 'openapi-fetch'

import type { paths } from './schema'
import type { Whole } from './types'

export interface Problem {
  path: string
  message: string
  line?: number | null
}

/** An answer of the server that is not a success, in the form of RFC 9457. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly hint: string | null
  readonly problems: Problem[]

  constructor(status: number, body: Record<string, unknown>) {
    const title = typeof body.title === 'string' ? body.title : ''
    super(typeof body.detail === 'string' && body.detail ? body.detail : title || `HTTP ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.code = typeof body.code === 'string' ? body.code : 'unknown'
    this.title = title
    this.hint = typeof body.hint === 'string' ? body.hint : null
    this.problems = Array.isArray(body.errors) ? (body.errors as Problem[]) : []
  }

  /** The first message about a field, by the last part of its path. */
  field(name: string): string | undefined {
    return this.problems.find((p) => p.path === name || p.path.split('.').pop() === name)?.message
  }
}

/** The server could not be reached at all. */
export class Offline extends Error {
  constructor() {
    super('offline')
    this.name = 'Offline'
  }
}

let csrfToken = ''
let language = 'ru'

export function setCsrfToken(token: string): void {
  csrfToken = token
}

/** Server texts (checks, verdicts, errors) come in the language of the interface. */
export function setApiLanguage(lang: string): void {
  language = lang
}

export function requestHeaders(method: string): Record<string, string> {
  const headers: Record<string, string> = { 'Accept-Language': language }
  if (method !== 'GET' && csrfToken) headers['X-CSRF-Token'] = csrfToken
  if (method === 'POST') headers['Idempotency-Key'] = crypto.randomUUID()
  return headers
}

async function errorOf(response: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {}
  try {
    body = (await response.json()) as Record<string, unknown>
  } catch {
    // A proxy in front of the program answers with a page of its own; the status says enough.
  }
  return new ApiError(response.status, body)
}

const rules: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(requestHeaders(request.method))) {
      request.headers.set(name, value)
    }
  },
  async onResponse({ response }) {
    if (!response.ok) throw await errorOf(response)
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error
    return new Offline()
  },
}

export const api = createClient<paths>({ credentials: 'same-origin' })
api.use(rules)

/** The body of an answer; errors were already thrown by the middleware. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<Whole<T>> {
  return (await answer).data as Whole<T>
}

/** Sends a file with progress, which fetch cannot report. */
export function uploadFile<T>(
  url: string,
  file: File,
  onProgress: (fraction: number) => void,
): { done: Promise<T>; cancel: () => void } {
  const request = new XMLHttpRequest()
  const done = new Promise<T>((resolve, reject) => {
    request.open('POST', url)
    for (const [name, value] of Object.entries(requestHeaders('POST'))) {
      request.setRequestHeader(name, value)
    }
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    request.onerror = () => reject(new Offline())
    request.onabort = () => reject(new DOMException('cancelled', 'AbortError'))
    request.onload = () => {
      let answer: Record<string, unknown> = {}
      try {
        answer = JSON.parse(request.responseText) as Record<string, unknown>
      } catch {
        // As above: the status says enough.
      }
      if (request.status < 300) resolve(answer as T)
      else reject(new ApiError(request.status, answer))
    }
    const form = new FormData()
    form.append('file', file)
    request.send(form)
  })
  return { done, cancel: () => request.abort() }
}
