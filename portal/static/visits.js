// Recording visits where the connection comes and goes. What is typed is kept on the device as one types; a visit that
// cannot be sent waits in an outbox and is sent by itself; its key makes sending it twice harmless.
'use strict'
{
  const DRAFT = 'portal-visit-draft-'
  const OUTBOX = 'portal-visit-outbox'
  const form = document.getElementById('visit')
  const read = name => { try { return JSON.parse(localStorage.getItem(name)) } catch { return null } }
  const write = (name, value) => {
    try { value === null ? localStorage.removeItem(name) : localStorage.setItem(name, JSON.stringify(value)); return true } catch { return false }
  }
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map(n => n.toString(16).padStart(2, '0')).join('')
  const SKIPPED = new Set(['csrf_token', 'files'])
  const pairs = from => [...new FormData(from)].filter(([name, value]) => typeof value === 'string' && !SKIPPED.has(name))

  // ---------------------------------------------------------------- photos that wait, by the key of their visit

  const shelf = work => new Promise((resolve, reject) => {
    const opening = indexedDB.open('portal-visits', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('photos')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const base = opening.result
      const act = base.transaction('photos', 'readwrite')
      const asking = work(act.objectStore('photos'))
      act.oncomplete = () => { base.close(); resolve(asking.result) }
      act.onabort = act.onerror = () => { base.close(); reject(act.error) }
    }
  })
  const keepPhotos = (key, files) => shelf(held => held.put(files, key))
  const photosOf = key => shelf(held => held.get(key)).then(files => files || [])
  const dropPhotos = key => shelf(held => held.delete(key)).catch(() => {})

  // ---------------------------------------------------------------- the outbox

  const waiting = () => read(OUTBOX) || []
  const told = () => {
    const box = document.getElementById('outbox')
    if (!box) return
    const count = waiting().length
    box.hidden = !count
    box.querySelector('[data-words]').textContent = count === 1 ? box.dataset.one : box.dataset.many.replace('{n}', count)
  }
  let restore = () => {}
  let sending = false
  async function sendAll () {
    if (sending) return
    sending = true
    try {
      for (const one of waiting()) {
        const files = one.photos ? await photosOf(one.key).catch(() => []) : []
        const body = files.length ? new FormData() : new URLSearchParams(one.pairs)
        if (files.length) for (const [name, value] of one.pairs) body.append(name, value)
        for (const file of files) body.append('files', file, file.name)
        const answer = await asked(one.url, { method: 'POST', body }).catch(() => null)
        if (!answer || answer.status >= 500 || answer.status === 401 || answer.status === 429) return
        write(OUTBOX, waiting().filter(held => held.key !== one.key))
        const said = await answer.json().catch(() => ({}))
        if (answer.ok) {
          if (one.photos) dropPhotos(one.key)
          if (form && form.dataset.waits === one.key) { write(DRAFT + form.dataset.draft, null); location.href = said.url }
        } else {
          // It was refused: back into the form, with what is wrong, so that nothing typed is lost.
          write(DRAFT + one.draft, { pairs: one.pairs, photos: one.photos && one.key, errors: said.errors || {}, refusal: said.error || '' })
          if (form && form.dataset.draft === one.draft) restore()
          else if (!form) location.href = one.url
        }
        told()
      }
    } finally { sending = false; told() }
  }
  addEventListener('online', sendAll)
  setInterval(() => { if (waiting().length) sendAll() }, 8000)
  told()
  sendAll()

  // ---------------------------------------------------------------- the form

  if (form) {
    const field = name => form.elements.namedItem(name)
    const keyField = field('sent_key')
    const state = form.querySelector('[data-state]')
    if (!keyField.value) keyField.value = newKey()
    let dirtyNow = false

    const planned = () => [...form.querySelectorAll('input[name=work]:checked')].length > 0
    function reasons () {
      const other = form.querySelector('select[name=other]')
      const outside = !planned() && !!other?.value
      const why = document.getElementById('why')
      if (outside || why.querySelector('[aria-invalid]')) why.removeAttribute('data-quiet')
      else why.setAttribute('data-quiet', '')
    }
    function keep () {
      write(DRAFT + form.dataset.draft, { pairs: pairs(form), name: document.getElementById('cooperative-text').value })
    }
    let timer = 0
    form.addEventListener('input', event => {
      dirtyNow = true
      clearTimeout(timer)
      timer = setTimeout(keep, 400)
      const shown = event.target.getAttribute('aria-describedby')
      if (shown && event.target.hasAttribute('aria-invalid')) clear(shown.replace('error-', ''))
      if (['cooperative', 'visited_on'].includes(event.target.name)) offered()
      reasons()
    })
    form.addEventListener('change', reasons)

    let turn = 0
    let drafted = [] // of a draft: answers whose fields come with the institution's offer
    async function offered () {
      const cooperative = field('cooperative').value
      if (!cooperative) return
      const mine = ++turn
      const url = `${form.dataset.offered}?cooperative=${cooperative}&on=${encodeURIComponent(field('visited_on').value)}&id=${form.dataset.id}`
      const answer = await asked(url).catch(() => null)
      if (mine !== turn || !answer?.ok) return
      const text = await answer.text()
      // Picked while the answer was under way counts too: an activity is the same at every institution, the rest is its own.
      const same = form.dataset.cooperative === cooperative || drafted.length
      const held = [...drafted, ...pairs(form)].filter(([name]) => name === 'other' || (same && /^(work|settled-|result-)/.test(name)))
      document.getElementById('offered').innerHTML = text // drawn by our own page, every value escaped there
      fill(held)
      drafted = []
      form.dataset.cooperative = cooperative
      reasons()
    }
    form.dataset.cooperative = field('cooperative').value

    function fill (given) {
      for (const [name, value] of given) {
        for (const one of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
          if (one.type === 'checkbox' || one.type === 'radio') { if (one.value === value) one.checked = true }
          else if (one.type !== 'file') one.value = value
        }
      }
      for (const more of form.querySelectorAll('details.more')) {
        if ([...more.querySelectorAll('input:not([type=checkbox]):not([type=radio]), textarea')].some(one => one.value) || more.querySelector(':checked')) more.open = true
      }
    }
    function clear (name) {
      const line = document.getElementById(`error-${name}`)
      if (line) line.hidden = true
      for (const one of form.querySelectorAll(`[aria-describedby="error-${CSS.escape(name)}"]`)) one.removeAttribute('aria-invalid')
    }
    function show (errors, refusal) {
      for (const one of form.querySelectorAll('[aria-invalid]')) one.removeAttribute('aria-invalid')
      for (const line of form.querySelectorAll('.error')) line.hidden = true
      let first = null
      for (const [name, words] of Object.entries(errors)) {
        const line = document.getElementById(`error-${name}`)
        if (!line) { refusal = refusal || words; continue }
        line.hidden = false
        line.querySelector('span').textContent = words
        const one = form.querySelector(`[aria-describedby="error-${CSS.escape(name)}"]`)
        one?.setAttribute('aria-invalid', 'true')
        const more = line.closest('details')
        if (more) more.open = true
        first = first || one || line
      }
      reasons()
      state.textContent = refusal || Object.values(errors)[0] || ''
      first?.scrollIntoView({ block: 'center' })
      first?.focus?.({ preventScroll: true })
    }
    async function putBack (key) {
      const files = await photosOf(key).catch(() => [])
      if (!files.length) return
      const chosen = new DataTransfer()
      for (const file of files) chosen.items.add(file)
      form.querySelector('#files').files = chosen.files
    }
    restore = function () {
      const held = read(DRAFT + form.dataset.draft)
      if (!held) return
      fill(held.pairs)
      if (held.name) document.getElementById('cooperative-text').value = held.name
      if (held.photos) putBack(held.photos)
      drafted = held.pairs
      document.getElementById('draft').hidden = false
      Promise.resolve(offered()).then(() => { if (held.errors) show(held.errors, held.refusal) })
    }
    document.querySelector('[data-discard]')?.addEventListener('click', () => {
      const kept = read(DRAFT + form.dataset.draft)?.photos
      if (kept) dropPhotos(kept)
      write(DRAFT + form.dataset.draft, null)
      location.href = location.pathname + (form.dataset.id ? `?id=${form.dataset.id}` : '')
    })
    for (const button of form.querySelectorAll('[data-due]')) {
      button.addEventListener('click', () => {
        const [d, m, y] = field('visited_on').value.split('/').map(Number)
        const from = d && m && y > 2400 ? new Date(y - 543, m - 1, d) : new Date()
        from.setDate(from.getDate() + Number(button.dataset.due))
        const two = n => String(n).padStart(2, '0')
        field('action_due_on').value = `${two(from.getDate())}/${two(from.getMonth() + 1)}/${from.getFullYear() + 543}`
        field('action_due_on').dispatchEvent(new Event('input', { bubbles: true }))
      })
    }
    for (const link of form.querySelectorAll('[data-pick]')) {
      link.addEventListener('click', event => {
        event.preventDefault()
        field('cooperative').value = link.dataset.pick
        document.getElementById('cooperative-text').value = link.textContent
        field('cooperative').dispatchEvent(new Event('input', { bubbles: true }))
      })
    }

    form.addEventListener('submit', async event => {
      event.preventDefault()
      if (form.dataset.busy) return
      const large = [...form.querySelector('#files').files].find(file => file.size > 10 * 1024 * 1024)
      if (large) return show({ files: form.dataset.large.replace('{name}', large.name) }) // it would not arrive
      form.dataset.busy = '1'
      const button = form.querySelector('button.pri')
      button.setAttribute('aria-busy', 'true')
      try {
        const body = new FormData(form)
        const files = [...form.querySelector('#files').files]
        const answer = await asked(location.pathname + location.search, { method: 'POST', body }).catch(() => null)
        if (!answer || answer.status === 503) return await wait(files)
        const said = await answer.json().catch(() => ({}))
        if (answer.ok) {
          clearTimeout(timer)
          write(DRAFT + form.dataset.draft, null)
          dropPhotos(keyField.value)
          dirtyNow = false
          location.href = said.url
        } else show(said.errors || {}, said.error || '')
      } finally { delete form.dataset.busy; button.removeAttribute('aria-busy') }
    })
    async function wait (files) {
      keep()
      if (files.length && !await keepPhotos(keyField.value, files).then(() => true, () => false)) {
        // A browser that keeps no files (a private window, a full device): this page waits for the connection itself.
        state.textContent = form.dataset.photos
        addEventListener('online', () => form.requestSubmit(), { once: true })
        return
      }
      const one = { key: keyField.value, url: location.pathname + (form.dataset.id ? `?id=${form.dataset.id}` : ''), draft: form.dataset.draft, pairs: pairs(form), photos: files.length > 0 }
      if (!write(OUTBOX, [...waiting().filter(held => held.key !== one.key), one])) return
      write(DRAFT + form.dataset.draft, null)
      form.dataset.waits = one.key
      dirtyNow = false
      state.textContent = form.dataset.offline
      told()
    }
    addEventListener('beforeunload', event => { if (dirtyNow && !read(DRAFT + form.dataset.draft)) event.preventDefault() })
    if (!document.querySelector('#told #summary') && !new URLSearchParams(location.search).has('cooperative')) restore()
    reasons()
  }
}
