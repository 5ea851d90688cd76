/* The page to read and try the API. Nothing of it leaves this origin.

   Whoever is signed in tries as himself: the browser sends the session's cookie, and this file the
   CSRF token that writing requests must carry. Everybody else enters a secret key by "Authorize". */

const TEXTS = {
  en: {
    in: (name, place) => `Signed in as ${name}, workspace “${place}”. What you try here is real.`,
    out: 'Not signed in. Sign in, or press Authorize and enter a secret key.',
  },
  ru: {
    in: (name, place) =>
      `Вы вошли как ${name}, рабочее пространство «${place}». Запросы отсюда меняют настоящие данные.`,
    out: 'Вы не вошли. Войдите или нажмите Authorize и введите секретный ключ.',
  },
}
const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

const dark = window.matchMedia('(prefers-color-scheme: dark)')
const paint = () => {
  const chosen = document.documentElement.dataset.mantineColorScheme
  document.documentElement.classList.toggle('dark-mode', chosen ? chosen === 'dark' : dark.matches)
}
dark.addEventListener('change', paint)
paint()

async function readMe() {
  const answer = await fetch('/api/v1/me', { credentials: 'same-origin' })
  return answer.ok ? answer.json() : null
}

function say(me) {
  const lang = (me?.user.lang ?? navigator.language).startsWith('ru') ? 'ru' : 'en'
  const who = document.getElementById('who')
  who.lang = lang
  who.textContent = me
    ? TEXTS[lang].in(me.user.name || me.user.email, me.workspace.name)
    : TEXTS[lang].out
}

/** A cookie can't be typed into a form: only the key is offered for "Authorize". */
function withoutCookieScheme(spec) {
  if (spec.components?.securitySchemes) delete spec.components.securitySchemes.session
  spec.security = (spec.security ?? []).filter((way) => !('session' in way))
  return spec
}

async function addToken(request) {
  const own = new URL(request.url, location.href).origin === location.origin
  const named = Object.keys(request.headers).some((name) => name.toLowerCase() === 'authorization')
  if (own && !named && !READING.has(request.method.toUpperCase())) {
    // Asked anew each time: a token of an old session, left in an open page, would be refused.
    const me = await readMe()
    if (me) request.headers['X-CSRF-Token'] = me.csrf_token
  }
  return request
}

async function start() {
  const [me, document_] = await Promise.all([readMe(), fetch('/api/openapi.json')])
  say(me)
  window.SwaggerUIBundle({
    spec: withoutCookieScheme(await document_.json()),
    dom_id: '#api',
    deepLinking: true,
    docExpansion: 'none',
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    requestInterceptor: addToken,
    // Otherwise the page would ask a server of strangers to judge the document.
    validatorUrl: null,
  })
}

void start()
