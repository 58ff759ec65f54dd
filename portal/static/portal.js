// The portal's one script: no library, no inline handlers. Every page works without it; with it, look-ups search as
// one types, rows are chosen and edited in place, steps are asked about, and runs show how they come along.
'use strict'
const $ = (selector, from = document) => from.querySelector(selector)
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)]
const token = () => document.body.dataset.csrf || ''
const asked = (url, options = {}) =>
  fetch(url, { credentials: 'same-origin', ...options, headers: { 'X-Requested-With': 'portal', 'X-CSRF-Token': token(), ...options.headers } })
const on = (kind, selector, act) =>
  document.addEventListener(kind, event => {
    const target = event.target instanceof Element && event.target.closest(selector)
    if (target) act(event, target)
  })

// ---------------------------------------------------------------- theme, menu, dialogs, toasts

on('click', '[data-theme-choice]', (_, button) => {
  const chosen = button.dataset.themeChoice
  document.documentElement.dataset.theme = chosen
  document.cookie = `portal_theme=${chosen}; path=/; max-age=31536000; samesite=lax`
})

on('click', '[data-menu]', (_, button) => {
  const open = $('#app').classList.toggle('menu-open')
  button.setAttribute('aria-expanded', String(open))
  if (open) $('#side a')?.focus()
})

on('click', '[data-opens]', (_, button) => {
  const dialog = document.getElementById(button.dataset.opens)
  dialog?.showModal()
  $('input:not([type=hidden]), select', dialog)?.focus()
})
on('click', '[data-close]', (_, button) => {
  const dialog = button.closest('dialog')
  if (dialog) dialog.close()
  else button.closest('[data-toast]')?.remove()
})
on('mousedown', 'dialog', (event, dialog) => { if (event.target === dialog && dialog.id !== 'ask') dialog.close() })
document.addEventListener('click', event => {
  for (const open of $$('details.pop[open]')) if (!open.contains(event.target)) open.open = false
})
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    for (const open of $$('details.pop[open]')) { open.open = false; $('summary', open).focus() }
    $('#app')?.classList.remove('menu-open')
  }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k' && $('#palette')) {
    event.preventDefault()
    $('#palette').showModal()
  }
})

function toast (words, kind = 'tick') {
  const box = document.createElement('div')
  box.className = 'toast'
  box.dataset.toast = kind
  box.append(Object.assign(document.createElement('span'), { className: 'grow', textContent: words }))
  $('#toasts').append(box)
  fade(box)
}
function fade (box) {
  let left = 8
  const timer = setInterval(() => {
    if (box.matches(':hover, :focus-within')) return
    if (--left <= 0) { clearInterval(timer); box.remove() }
  }, 1000)
}
for (const box of $$('[data-toast]')) { $('#toasts')?.append(box); fade(box) }

on('click', '[data-copy]', (_, button) => {
  navigator.clipboard?.writeText(document.getElementById(button.dataset.copy).textContent)
})

// ---------------------------------------------------------------- asking before a step, reasons, no double sending

on('click', 'button[data-sure]', (event, button) => {
  if (button.dataset.answered) return
  event.preventDefault()
  const dialog = $('#ask')
  $('#ask-words').textContent = button.dataset.sure
  $('.body', dialog)?.remove()
  if (button.dataset.note) {
    const body = Object.assign(document.createElement('div'), { className: 'body field' })
    const label = Object.assign(document.createElement('label'), { textContent: button.dataset.note, htmlFor: 'ask-note' })
    const area = Object.assign(document.createElement('textarea'), { className: 'in', id: 'ask-note', required: true, rows: 3 })
    body.append(label, area)
    $('header', dialog).after(body)
  }
  dialog.returnValue = ''
  dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'yes') return button.focus()
    if (button.dataset.note) {
      const hidden = Object.assign(document.createElement('input'), { type: 'hidden', name: 'note', value: $('#ask-note').value })
      button.form.append(hidden)
    }
    button.dataset.answered = '1'
    button.form.requestSubmit(button)
  }, { once: true })
  dialog.showModal()
  ;($('#ask-note') || $('[data-ok]', dialog)).focus()
})
on('click', '#ask button[value=""]', (_, button) => { const note = $('#ask-note'); if (note) note.required = false })

document.addEventListener('submit', event => {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post') return
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = '1'
  setTimeout(() => { delete form.dataset.sent }, 5000)
  dirty = false
})
addEventListener('pageshow', () => { for (const form of $$('form[data-sent]')) delete form.dataset.sent })

// ---------------------------------------------------------------- forms: unsaved text, taking theirs, empty filters

let dirty = false
on('input', 'form[data-guard]', (_, form) => {
  dirty = true
  const told = $('[data-dirty]', form)
  if (told) told.hidden = false
})
addEventListener('beforeunload', event => { if (dirty) event.preventDefault() })

on('click', '[data-take]', (_, button) => {
  const field = document.getElementById(button.dataset.take)
  field.value = button.dataset.value
  field.dispatchEvent(new Event('input', { bubbles: true }))
  field.focus()
})
document.addEventListener('submit', event => {
  if (!event.target.matches('form[data-tidy]')) return
  for (const field of $$('[name]', event.target)) if (!field.value) field.disabled = true
}, true)
;($('#conflict') || $('#summary'))?.focus()

// ---------------------------------------------------------------- look-ups: a hidden id and a text that searches

const combos = new WeakMap()
function combo (box) {
  if (combos.has(box)) return combos.get(box)
  const [hidden, text] = $$('input', box)
  const list = $('ul', box)
  const base = box.closest('[data-base]')?.dataset.base || ''
  const it = { box, hidden, text, list, base, at: -1, name: text.value, turn: 0, timer: 0, busy: false }
  combos.set(box, it)
  return it
}
function close (it) {
  it.list.hidden = true
  it.at = -1
  it.text.setAttribute('aria-expanded', 'false')
  it.text.removeAttribute('aria-activedescendant')
}
function choose (it, option) {
  it.hidden.value = option.dataset.id
  it.text.value = it.name = option.textContent
  it.hidden.dispatchEvent(new Event('input', { bubbles: true }))
  close(it)
}
function move (it, step) {
  const options = $$('li[data-id]', it.list)
  if (!options.length) return
  it.at = (it.at + step + options.length) % options.length
  options.forEach((option, n) => option.setAttribute('aria-selected', String(n === it.at)))
  it.text.setAttribute('aria-activedescendant', options[it.at].id)
  options[it.at].scrollIntoView({ block: 'nearest' })
}
async function search (it) {
  const turn = ++it.turn
  it.busy = true
  const query = it.text.value === it.name ? '' : it.text.value
  const answer = await asked(`${it.base}${it.box.dataset.lookup}&query=${encodeURIComponent(query)}`).catch(() => null)
  if (turn !== it.turn) return
  it.busy = false
  if (!answer?.ok) return
  const found = await answer.json()
  it.list.replaceChildren(...found.map(([id, name], n) => {
    const option = Object.assign(document.createElement('li'), { id: `${it.list.id}-${n}`, textContent: name })
    option.setAttribute('role', 'option')
    option.dataset.id = id
    return option
  }))
  if (!found.length) it.list.append(Object.assign(document.createElement('li'), { className: 'dim', textContent: '—' }))
  it.list.hidden = document.activeElement !== it.text
  it.text.setAttribute('aria-expanded', String(!it.list.hidden))
  it.at = -1
  if (query && found.length) move(it, 1)
}
on('focusin', '.combo .in', (_, text) => search(combo(text.closest('.combo'))))
on('input', '.combo .in', (_, text) => {
  const it = combo(text.closest('.combo'))
  if (text.value !== it.name) it.hidden.value = ''
  it.busy = true
  clearTimeout(it.timer)
  it.timer = setTimeout(search, 150, it)
})
on('keydown', '.combo .in', (event, text) => {
  const it = combo(text.closest('.combo'))
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault()
    const step = event.key === 'ArrowDown' ? 1 : -1
    if (it.list.hidden) search(it).then(() => move(it, step))
    else move(it, step)
  } else if (event.key === 'Enter' && it.busy) {
    event.preventDefault() // the answer is on its way; sending the form now would send the old choice
  } else if (event.key === 'Enter' && !it.list.hidden && it.at >= 0) {
    event.preventDefault()
    choose(it, $$('li[data-id]', it.list)[it.at])
  } else if (event.key === 'Escape' && !it.list.hidden) {
    event.preventDefault()
    event.stopPropagation()
    close(it)
  }
})
on('mousedown', '.combo li[data-id]', (event, option) => { event.preventDefault(); choose(combo(option.closest('.combo')), option) })
on('focusout', '.combo .in', (_, text) => setTimeout(() => close(combo(text.closest('.combo'))), 120))

// ---------------------------------------------------------------- lists: choosing rows, the way back, editing in place

const rows = $('#rows')
function count () {
  const bar = $('[data-bulk]', rows)
  if (!bar) return
  const ticked = $$('tbody input[name=rowid]:checked', rows)
  bar.hidden = !ticked.length
  const words = $('[data-count]', bar)
  words.textContent = words.dataset.words.replace('{n}', ticked.length)
  for (const tick of $$('tbody input[name=rowid]', rows)) tick.closest('tr').classList.toggle('sel', tick.checked)
}
on('change', '#rows [data-tick-all]', (_, all) => {
  for (const tick of $$('tbody input[name=rowid]', rows)) tick.checked = all.checked
  $('[data-everything]', rows).value = ''
  count()
})
on('change', '#rows tbody input[name=rowid]', () => { $('[data-everything]', rows).value = ''; count() })
on('click', '#rows [data-all]', (_, button) => {
  $('[data-everything]', rows).value = '1'
  $('[data-count]', rows).textContent = button.dataset.words
})
if (rows) count()

// A record opened from a narrowed list leads back to it.
on('click', '#rows tbody a[href]', (_, link) => {
  if (location.search && !link.dataset.kept) {
    link.href += `&url=${encodeURIComponent(location.pathname + location.search)}`
    link.dataset.kept = '1'
  }
})

on('dblclick', 'td[data-edit]', (_, cell) => edit(cell))
on('keydown', 'td[data-edit]', (event, cell) => { if (event.key === 'Enter' && event.target === cell) edit(cell) })
for (const cell of $$('td[data-edit]')) cell.tabIndex = 0

async function edit (cell) {
  if ($('.inplace', cell)) return
  const id = cell.closest('tr').dataset.id
  const base = rows.dataset.base
  const answer = await asked(`${base}ajax/cell/?id=${id}&name=${cell.dataset.edit}`)
  const told = await answer.json()
  if (!answer.ok) return toast(told.error, 'bad')
  const before = cell.innerHTML
  const box = Object.assign(document.createElement('span'), { className: 'inplace' })
  box.innerHTML = told.control // drawn by our own form, every value escaped there
  cell.replaceChildren(box)
  const field = $('input, select', box)
  field.focus()
  field.select?.()
  let over = false
  const back = () => { if (!over) { over = true; cell.innerHTML = before; cell.focus() } }
  const save = async () => {
    if (over) return
    const body = new URLSearchParams({ id, name: cell.dataset.edit, version: told.version, [cell.dataset.edit]: field.value })
    const reply = await asked(`${base}ajax/update/`, { method: 'POST', body })
    const said = await reply.json()
    if (!reply.ok) {
      field.setAttribute('aria-invalid', 'true')
      let error = $('.error', box)
      if (!error) { error = Object.assign(document.createElement('p'), { className: 'error' }); box.append(error) }
      error.textContent = said.error
      return field.focus()
    }
    over = true
    cell.innerHTML = said.shown // escaped where it was drawn
    cell.focus()
  }
  field.addEventListener('keydown', event => {
    if (event.key === 'Enter') { event.preventDefault(); save() }
    if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); back() }
  })
  field.addEventListener('change', () => { if (field.tagName === 'SELECT') save() })
  field.addEventListener('blur', () => setTimeout(() => { if (!box.contains(document.activeElement) && !$('.error', box)) back() }, 200))
}

// ---------------------------------------------------------------- going to a page by a part of its name

{ // the menu shows the line of the page one is on
  const side = $('#side')
  const here = side && $('[aria-current]', side)
  if (here && here.offsetTop + here.offsetHeight > side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 2
}
const palette = $('#palette')
if (palette) {
  const text = $('input', palette)
  const all = $$('#side .nav a').map((link, n) => {
    const one = document.createElement('li')
    one.id = `palette-${n}`
    one.setAttribute('role', 'option')
    const copy = link.cloneNode(true)
    copy.tabIndex = -1
    one.append(copy)
    return one
  })
  $('ul', palette).append(...all)
  let found = []
  const shown = () => [...all, ...found].filter(one => !one.hidden)
  const mark = n => {
    const visible = shown()
    visible.forEach((one, k) => one.setAttribute('aria-selected', String(k === n)))
    if (visible[n]) { text.setAttribute('aria-activedescendant', visible[n].id); visible[n].scrollIntoView({ block: 'nearest' }) }
  }
  const narrow = () => {
    const wanted = text.value.trim().toLowerCase()
    for (const one of all) one.hidden = !one.textContent.toLowerCase().includes(wanted)
    for (const one of found.splice(0)) one.remove()
    $('.none', palette).hidden = shown().length > 0
    mark(0)
  }
  const record = ({ kind, name, url }, n) => {
    const one = Object.assign(document.createElement('li'), { id: `palette-found-${n}` })
    one.setAttribute('role', 'option')
    const link = Object.assign(document.createElement('a'), { href: url, tabIndex: -1, textContent: name })
    link.append(Object.assign(document.createElement('span'), { className: 'sub', textContent: kind }))
    one.append(link)
    return one
  }
  let late
  const look = () => {
    clearTimeout(late)
    const wanted = text.value.trim()
    if (wanted.length < 2) return
    late = setTimeout(async () => {
      const answer = await asked(`/admin/find/?q=${encodeURIComponent(wanted)}`).catch(() => null)
      if (!answer?.ok || text.value.trim() !== wanted) return
      narrow()
      found = (await answer.json()).map(record)
      $('ul', palette).append(...found)
      $('.none', palette).hidden = shown().length > 0
      mark(0)
    }, 180)
  }
  text.addEventListener('input', () => { narrow(); look() })
  text.addEventListener('keydown', event => {
    const visible = shown()
    const at = visible.findIndex(one => one.getAttribute('aria-selected') === 'true')
    if (event.key === 'ArrowDown') { event.preventDefault(); mark((at + 1) % visible.length) }
    if (event.key === 'ArrowUp') { event.preventDefault(); mark((at - 1 + visible.length) % visible.length) }
    if (event.key === 'Enter' && visible[at]) { event.preventDefault(); $('a', visible[at]).click() }
  })
  narrow()
}

// ---------------------------------------------------------------- runs that show how they come along

const progress = $('#progress[data-refresh]')
if (progress) {
  const look = async () => {
    const answer = await asked(progress.dataset.refresh, { cache: 'no-store' }).catch(() => null)
    if (answer?.ok && !progress.contains(document.activeElement)) progress.innerHTML = await answer.text()
    const busy = $('[data-state]', progress)?.dataset.state === 'busy'
    setTimeout(look, document.hidden ? 15000 : busy ? 1500 : 10000)
  }
  setTimeout(look, progress.hasAttribute('data-busy') ? 1000 : 10000)
}
