// The fill-in page: each cell is saved as it is left. Keys, pasting and undo work as in a spreadsheet; what could not
// be sent is kept in this browser until it is. The page works without this script too: one button saves everything.
'use strict'
{
const form = document.getElementById('sheet')
const words = JSON.parse(form.dataset.words)
const isOpen = !!form.dataset.open
const SAVE = '/admin/answers/cell'
const KEPT = `sheet ${form.dataset.person} ${form.dataset.obligation}`
const fill = document.getElementById('fill')
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '')
document.documentElement.classList.add('js')

// ---------------------------------------------------------------- cells: what is typed in each, what the store has

const cells = new Map() // name → {name, control, was, version, state, problem}
const controlOf = name => document.getElementById(`c-${name}`)
const ticksOf = control => [...control.querySelectorAll('input[type=checkbox]')]
const isTicks = control => control.classList.contains('ticks')

function typedIn (control) {
  if (isTicks(control)) return ticksOf(control).filter(one => one.checked).map(one => one.value).join('; ')
  return control.value
}
// The name under an institution's number stands until the number is typed over.
const unname = control => { const named = control.parentElement?.querySelector('.named'); if (named) named.textContent = '' }
function write (cell, text) {
  const control = cell.control
  if (isTicks(control)) {
    const chosen = text.split('; ')
    for (const one of ticksOf(control)) one.checked = chosen.includes(one.value)
    return
  }
  if (control.tagName === 'SELECT' && ![...control.options].some(one => one.value === text)) control.add(new Option(text, text))
  if (control.value !== text) unname(control)
  control.value = text
  const na = document.querySelector(`[data-na="${CSS.escape(cell.name)}"]`)
  if (na) na.checked = text === words.na
}
const isShut = control => control.readOnly || control.disabled || (isTicks(control) && ticksOf(control).every(one => one.disabled))

function know (control) {
  const name = control.dataset.cell
  const state = document.querySelector(`[data-state="${CSS.escape(name)}"] .m`)
  cells.set(name, {
    name, control, was: control.dataset.was ?? typedIn(control), version: Number(control.dataset.version || 0), busy: false,
    shown: state ? state.classList[1] : ''
  })
}
for (const control of fill.querySelectorAll('[data-cell]')) if (!control.closest('template')) know(control)
const cellAt = target => {
  const control = target instanceof Element && target.closest('[data-cell]')
  return control && cells.get(control.dataset.cell)
}

// ---------------------------------------------------------------- what is kept in this browser until it is saved

let kept = {} // name → {typed, seen}
try { kept = JSON.parse(localStorage.getItem(KEPT) || '{}') } catch { kept = {} }
function keep () {
  try {
    if (Object.keys(kept).length) localStorage.setItem(KEPT, JSON.stringify(kept))
    else localStorage.removeItem(KEPT)
  } catch { /* a full or forbidden store: the page still saves each cell as it is left */ }
  const count = Object.keys(kept).filter(name => !cells.get(name)?.busy).length
  const tag = fill.querySelector('[data-unsaved]')
  tag.hidden = !count
  tag.querySelector('span').textContent = say(words.unsaved, { count })
}

// ---------------------------------------------------------------- states and messages

function mark (kind) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', `m ${kind}`)
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `#m-${kind}`)
  svg.append(use)
  return svg
}
function show (cell, state, text = '') {
  const [kind, word] = words.states[state] || ['run', words[state]]
  cell.state = state
  const place = document.querySelector(`[data-state="${CSS.escape(cell.name)}"]`)
  if (place) {
    const tag = Object.assign(document.createElement('span'), { className: ['bad', 'back', 'watch'].includes(kind) ? `t ${kind}` : 't' })
    tag.append(mark(kind), text || word)
    place.replaceChildren(tag)
  }
  const inTable = cell.control.closest('td.cell[data-c]')
  if (inTable) {
    inTable.className = `cell s-${state}`
    inTable.title = ['saved', 'empty'].includes(state) ? '' : word
  }
  const isWrong = ['refused', 'block'].includes(state)
  cell.control.classList.toggle('err', isWrong)
  cell.control.classList.toggle('wrn', ['warn', 'reasoned', 'clash'].includes(state))
  cell.control.classList.toggle('ret', state === 'returned')
  if (isWrong) cell.control.setAttribute('aria-invalid', 'true')
  else cell.control.removeAttribute('aria-invalid')
}

function placeOf (name, make) {
  const line = document.querySelector(`tr.msg[data-msg="${CSS.escape(name)}"]`)
  if (line) return line.firstElementChild
  const found = document.querySelector(`.told [data-msg="${CSS.escape(name)}"]`)
  if (found || !make) return found
  const control = controlOf(name)
  const box = control?.closest('.grid-of')?.querySelector('.told')
  if (!box) return null
  const one = document.createElement('li')
  one.dataset.msg = name
  one.id = `m-${name}`
  const row = control.closest('tr').firstElementChild.textContent
  const heading = control.closest('table').tHead.rows[0].cells[Number(control.closest('td').dataset.c) + 1]
  one.append(Object.assign(document.createElement('a'), { href: `#c-${name}`, textContent: `${row}, ${heading.textContent}` }))
  box.append(one)
  return one
}
function tell (name, kind, content, picture) {
  const place = placeOf(name, true)
  if (!place) return null
  const note = Object.assign(document.createElement('div'), { className: `note said ${kind}` })
  const body = document.createElement('div')
  body.append(content)
  note.append(mark(picture), body)
  note.dataset.live = ''
  place.append(note)
  settleRow(name)
  controlOf(name)?.setAttribute('aria-describedby', `m-${name}`)
  return body
}
function untell (name, selector) {
  const place = placeOf(name, false)
  if (!place) return
  for (const note of place.querySelectorAll(selector)) note.remove()
  settleRow(name)
}
function settleRow (name) {
  const place = placeOf(name, false)
  if (!place) return
  const has = !!place.querySelector('.said')
  const row = place.closest('tr.msg')
  if (row) {
    row.hidden = !has || row.previousElementSibling.hidden
    row.previousElementSibling.classList.toggle('has', has)
  } else if (!has) place.remove()
  if (!has) controlOf(name)?.removeAttribute('aria-describedby')
}

// ---------------------------------------------------------------- saving

let away = false
let timer = 0
const undo = []

function leave (cell) {
  const typed = typedIn(cell.control)
  if (typed === cell.was && !kept[cell.name]) return
  if (typed === cell.was && kept[cell.name] && cell.state !== 'refused' && !away) { delete kept[cell.name]; keep(); return }
  if (cell.sent === typed && cell.busy) return
  send({ [cell.name]: typed }, [{ name: cell.name, was: cell.was }])
}

async function send (typed, step, options = {}) {
  const seen = {}
  for (const name of Object.keys(typed)) {
    const cell = cells.get(name)
    if (!cell) continue
    seen[name] = options.seen?.[name] ?? kept[name]?.seen ?? cell.version
    kept[name] = { typed: typed[name], seen: seen[name] }
    cell.busy = true
    cell.sent = typed[name]
    show(cell, 'saving')
  }
  keep()
  const told = await ask({ obligation: form.dataset.obligation, cells: typed, seen, since: form.dataset.since })
  for (const name of Object.keys(typed)) if (cells.get(name)) cells.get(name).busy = false
  if (!told) {
    for (const name of Object.keys(typed)) if (cells.get(name)) show(cells.get(name), 'waiting')
    keep()
    return null
  }
  take(told)
  if (step && !options.isUndo) {
    const done = step.filter(one => ['saved', 'na', 'empty', 'must'].includes(told.cells[one.name]?.state))
    if (done.length) undo.push(done)
  }
  return told
}

async function ask (body) {
  let answer
  try {
    answer = await asked(SAVE, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  } catch { return lost(words.away) }
  if (answer.status === 401) return lost(words.signed_out)
  if (answer.status >= 500 || answer.status === 429) return lost(words.away)
  let told
  try { told = await answer.json() } catch { return lost(words.away) }
  if (!answer.ok) {
    // The whole sheet was refused: locked meanwhile, most likely. What was typed stays in this browser.
    return lost(say(words.failed, { words: told.error }), false)
  }
  if (away) { away = false; clearTimeout(timer); document.getElementById('away').hidden = true; setTimeout(again, 0) }
  return told
}
function lost (text, retry = true) {
  away = true
  const note = document.getElementById('away')
  note.hidden = false
  note.querySelector('[data-away]').textContent = text
  clearTimeout(timer)
  if (retry) timer = setTimeout(again, 5000)
  return null
}
function again () {
  const typed = {}
  for (const [name, one] of Object.entries(kept)) if (cells.has(name) && !cells.get(name).busy && cells.get(name).state !== 'refused') typed[name] = one.typed
  if (Object.keys(typed).length) send(typed, null)
  else if (away) { away = false; document.getElementById('away').hidden = true }
}
addEventListener('online', again)

function take (told) {
  form.dataset.since = told.at
  for (const [name, became] of Object.entries(told.cells)) {
    const cell = cells.get(name)
    if (!cell) continue
    untell(name, '.denied, .clash')
    if (became.state === 'refused' || became.state === 'locked') {
      show(cell, became.state)
      tell(name, 'bad denied', became.words, became.state === 'locked' ? 'lock' : 'bad')
      continue
    }
    if (became.state === 'clash') { clash(cell, became); continue }
    const isSame = typedIn(cell.control) === cell.sent
    cell.was = became.typed
    cell.version = became.version
    if (isSame) {
      // Written as the store has it, unless somebody is typing in it again.
      write(cell, became.typed)
      delete kept[name]
    } else kept[name] = { typed: typedIn(cell.control), seen: became.version }
    untell(name, '.returned')
    show(cell, became.state)
  }
  for (const [name, one] of Object.entries(told.others)) {
    const cell = cells.get(name)
    if (!cell || cell.version === one.version) continue
    if (typedIn(cell.control) === cell.was && !kept[name]) {
      cell.was = one.typed
      cell.version = one.version
      write(cell, one.typed)
      show(cell, 'saved', words.other)
      if (document.activeElement === cell.control) cell.control.select?.()
    }
  }
  for (const [name, text] of Object.entries(told.computed)) {
    const place = document.querySelector(`[data-worked="${CSS.escape(name)}"]`)
    if (place) { place.textContent = text; continue }
    const made = cells.get(name) // a figure that is made of its parts stands in a shut box
    if (made && isShut(made.control)) { made.was = text === '-' ? '' : text; write(made, made.was) }
  }
  for (const [key, text] of Object.entries(told.totals)) {
    const place = document.querySelector(`[data-total="${CSS.escape(key)}"]`)
    if (place) place.textContent = text
  }
  bring(new Set(told.hidden))
  judge(told.problems)
  const bar = fill.querySelector('[data-progress]')
  bar.max = told.progress.total || 1
  bar.value = told.progress.filled
  fill.querySelector('[data-filled]').textContent = say(words.filled, told.progress)
  const wrong = fill.querySelector('[data-wrong]')
  wrong.hidden = !told.progress.wrong
  fill.querySelector('[data-next]').hidden = !told.progress.wrong && ![...cells.values()].some(cell => cell.state === 'returned')
  wrong.querySelector('span').textContent = say(words.wrong, { count: told.progress.wrong })
  fill.querySelector('[data-saved-at]').textContent = say(words.saved, { time: told.clock })
  keep()
}

function bring (hidden) {
  for (const one of fill.querySelectorAll('[data-question]')) {
    const isHidden = hidden.has(one.dataset.question)
    if (one.hidden === isHidden) continue
    one.hidden = isHidden
    const row = one.nextElementSibling
    if (row?.matches('tr.msg')) row.hidden = isHidden || !row.querySelector('.said')
  }
  for (const part of fill.querySelectorAll('[data-part]')) part.hidden = ![...part.querySelectorAll('[data-question]')].some(one => !one.hidden)
}

let judged = new Set([...fill.querySelectorAll('.said:not(.lock, .returned, .denied, .clash)')].map(note => note.closest('[data-msg]').dataset.msg))
function judge (problems) {
  const now = new Map()
  for (const one of problems) now.set(one.cell, [...(now.get(one.cell) || []), one])
  for (const name of judged) {
    if (document.activeElement?.dataset?.reason === name && now.has(name)) continue
    untell(name, '.said:not(.lock, .returned, .denied, .clash)')
    const cell = cells.get(name)
    if (cell && !now.has(name) && ['block', 'warn', 'reasoned'].includes(cell.state)) show(cell, cell.was === '' ? 'empty' : cell.was === words.na ? 'na' : 'saved')
  }
  for (const [name, listed] of now) {
    const cell = cells.get(name)
    const typing = document.activeElement?.dataset?.reason === name
    if (!typing) {
      for (const one of listed) {
        if (one.severity !== 'warn') { tell(name, 'bad block', one.words, 'bad'); continue }
        const body = tell(name, 'watch', one.words, 'watch')
        if (!body) continue
        const label = Object.assign(document.createElement('label'), { className: 'reason', textContent: `${words.reason} ` })
        const input = Object.assign(document.createElement('input'), { className: 'in', value: one.reason, maxLength: 1000 })
        input.dataset.reason = name
        label.append(input)
        body.append(label, Object.assign(document.createElement('span'), { className: 'sub', textContent: words.reason_hint }))
      }
    }
    if (cell && !['refused', 'clash', 'waiting', 'saving'].includes(cell.state)) {
      show(cell, listed.some(one => one.severity === 'block') ? 'block' : listed.every(one => one.reason) ? 'reasoned' : 'warn')
    }
  }
  judged = new Set(now.keys())
}

function clash (cell, became) {
  show(cell, 'clash')
  const who = became.who || words.somebody
  const body = tell(cell.name, 'watch clash', became.theirs === '' ? words.theirs_none : say(words.theirs, { who, value: became.theirs }), 'watch')
  if (!body) return
  const button = (text, act) => {
    const one = Object.assign(document.createElement('button'), { type: 'button', className: 'b s', textContent: text })
    one.addEventListener('click', act)
    return one
  }
  const row = Object.assign(document.createElement('span'), { className: 'row' })
  row.append(
    button(words.take, () => {
      cell.was = became.theirs
      cell.version = became.version
      delete kept[cell.name]
      write(cell, became.theirs)
      untell(cell.name, '.clash')
      show(cell, became.theirs === '' ? 'empty' : 'saved')
      keep()
      cell.control.focus()
    }),
    button(`${words.keep}: ${typedIn(cell.control) || '-'}`, () => {
      const typed = typedIn(cell.control)
      delete kept[cell.name]
      send({ [cell.name]: typed }, [{ name: cell.name, was: became.theirs }], { seen: { [cell.name]: became.version } })
      cell.control.focus()
    })
  )
  body.append(row)
}

// ---------------------------------------------------------------- typing, leaving, reasons

fill.addEventListener('input', event => {
  const cell = cellAt(event.target)
  if (!cell || !isOpen) return
  unname(cell.control)
  kept[cell.name] = { typed: typedIn(cell.control), seen: kept[cell.name]?.seen ?? cell.version }
  if (kept[cell.name].typed === cell.was && !cell.busy) delete kept[cell.name]
  const na = document.querySelector(`[data-na="${CSS.escape(cell.name)}"]`)
  if (na) na.checked = typedIn(cell.control) === words.na
  keep()
})
fill.addEventListener('change', event => {
  const reason = event.target.dataset.reason
  if (reason !== undefined) { reasoned(reason, event.target.value); return }
  if (event.target.dataset.na !== undefined) {
    const cell = cells.get(event.target.dataset.na)
    write(cell, event.target.checked ? words.na : '')
    leave(cell)
    return
  }
  if (event.target.dataset.attach !== undefined && event.target.files.length) { event.target.form.requestSubmit(); return }
  const cell = cellAt(event.target)
  if (cell && isOpen && (event.target.tagName === 'SELECT' || event.target.type === 'checkbox')) leave(cell)
})
fill.addEventListener('focusout', event => {
  const cell = cellAt(event.target)
  if (cell && isOpen && !isShut(cell.control) && !cell.control.contains(event.relatedTarget)) leave(cell)
})
fill.addEventListener('focusin', event => {
  const cell = cellAt(event.target)
  if (cell && event.target.matches('input.num, input.in')) event.target.select()
})
async function reasoned (name, text) {
  const told = await ask({ obligation: form.dataset.obligation, cells: {}, seen: {}, reasons: { [name]: text }, since: form.dataset.since })
  if (told) take(told)
}
fill.addEventListener('click', event => {
  const offer = event.target.closest('[data-offer]')
  if (offer) { const cell = cells.get(offer.dataset.for); write(cell, offer.dataset.offer); cell.control.focus(); leave(cell) }
  const add = event.target.closest('[data-add]')
  if (add) addRow(document.querySelector(`[data-table="${CSS.escape(add.dataset.add)}"]`))?.querySelector('[data-cell]')?.focus()
  if (event.target.closest('[data-next]')) next()
})
function next () {
  const wrong = [...cells.values()].filter(cell => ['block', 'refused', 'clash', 'warn', 'returned'].includes(cell.state) || cell.control.matches('[aria-invalid]'))
  const at = wrong.findIndex(cell => cell.control === document.activeElement)
  if (wrong.length) wrong[(at + 1) % wrong.length].control.focus()
}

// ---------------------------------------------------------------- rows of open tables

function addRow (table) {
  const template = table.querySelector('template')
  const rows = [...table.tBodies[0].rows]
  if (!template || rows.length >= Number(table.dataset.most)) return null
  const number = Math.max(0, ...rows.map(row => Number(row.dataset.row))) + 1
  const row = template.content.firstElementChild.cloneNode(true)
  row.dataset.row = number
  row.firstElementChild.textContent = number
  for (const one of row.querySelectorAll('[id], [name], [data-cell], [data-worked]')) {
    for (const name of ['id', 'name', 'data-cell', 'data-worked', 'aria-label']) {
      if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replace(/-0$/, `-${number}`))
    }
    if (one.dataset.cell) one.setAttribute('aria-label', `${one.getAttribute('aria-label') || ''} ${number}`)
  }
  table.tBodies[0].append(row)
  for (const control of row.querySelectorAll('[data-cell]')) know(control)
  return row
}

// ---------------------------------------------------------------- keys

const bands = () => [...fill.querySelectorAll('tr[data-band]')].filter(row => row.offsetParent !== null && row.querySelector('[data-cell]'))
const columnOf = control => Number(control.closest('td').dataset.c || 0)
function inBand (row, column) {
  const held = [...row.querySelectorAll('[data-cell]')]
  return held.find(one => columnOf(one) === column) || held.filter(one => columnOf(one) < column).pop() || held[0]
}
function go (control, down, right) {
  if (right) {
    const line = [...fill.querySelectorAll('[data-cell]')].filter(one => one.offsetParent !== null && !one.closest('template'))
    const to = line[line.indexOf(control) + right]
    if (to) focusOn(to)
    return
  }
  const rows = bands()
  const to = rows[rows.indexOf(control.closest('tr[data-band]')) + down]
  if (to) focusOn(inBand(to, columnOf(control)))
}
function focusOn (control) {
  const target = isTicks(control) ? control.querySelector('input') : control
  target.focus()
  if (target.matches('input.num, input.in')) target.select()
}
fill.addEventListener('keydown', event => {
  const cell = cellAt(event.target)
  if (event.target.dataset.reason !== undefined && event.key === 'Enter') { event.preventDefault(); event.target.blur(); return }
  if (!cell) return
  const control = cell.control
  const isText = event.target.matches('input.num, input.in')
  const isAll = isText && event.target.selectionStart === 0 && event.target.selectionEnd === event.target.value.length
  const at = isText ? event.target.selectionStart : 0
  const isAlone = isText && event.target.selectionStart === event.target.selectionEnd
  if (event.altKey && event.code === 'KeyN' && isOpen && !isShut(control)) {
    event.preventDefault()
    write(cell, typedIn(control) === words.na ? '' : words.na)
    leave(cell)
  } else if (event.altKey && event.code === 'KeyL') {
    const offer = document.querySelector(`[data-offer][data-for="${CSS.escape(cell.name)}"]`)
    if (offer) { event.preventDefault(); write(cell, offer.dataset.offer); leave(cell) }
  } else if ((event.ctrlKey || event.metaKey) && event.code === 'KeyZ' && !event.shiftKey && typedIn(control) === cell.was) {
    event.preventDefault()
    takeBack()
  } else if (event.ctrlKey || event.metaKey || event.altKey) {
    // the browser's own
  } else if (event.key === 'Enter' && control.tagName !== 'TEXTAREA' && event.target.type !== 'checkbox') {
    event.preventDefault()
    const from = control
    go(from, event.shiftKey ? -1 : 1, 0)
    if (document.activeElement === from) leave(cell)
  } else if (isText && event.key === 'ArrowDown') { event.preventDefault(); go(control, 1, 0)
  } else if (isText && event.key === 'ArrowUp') { event.preventDefault(); go(control, -1, 0)
  } else if (isText && event.key === 'ArrowRight' && (isAll || (isAlone && at === event.target.value.length))) { event.preventDefault(); go(control, 0, 1)
  } else if (isText && event.key === 'ArrowLeft' && (isAll || (isAlone && at === 0))) { event.preventDefault(); go(control, 0, -1)
  } else if (event.key === 'F2' && isText) {
    event.preventDefault()
    event.target.setSelectionRange(event.target.value.length, event.target.value.length)
  } else if (event.key === 'Escape' && isOpen && !isShut(control)) {
    event.preventDefault()
    write(cell, cell.was)
    delete kept[cell.name]
    untell(cell.name, '.denied, .clash')
    if (['refused', 'clash', 'waiting'].includes(cell.state)) show(cell, cell.was === '' ? 'empty' : cell.was === words.na ? 'na' : 'saved')
    keep()
    if (isText) event.target.select()
  }
})
document.addEventListener('keydown', event => {
  if (event.key === '?' && !event.target.matches('input, textarea, select')) document.getElementById('keys').showModal()
})

// ---------------------------------------------------------------- a block from Excel

function blockOf (text) {
  // Tabs between cells, line ends between rows; a cell with either in it stands in quotes, "" is one quote.
  const rows = [['']]
  let quoted = false
  for (let n = 0; n < text.length; n++) {
    const sign = text[n]
    const row = rows[rows.length - 1]
    if (quoted) {
      if (sign === '"' && text[n + 1] === '"') { row[row.length - 1] += '"'; n++ } else if (sign === '"') quoted = false
      else row[row.length - 1] += sign
    } else if (sign === '"' && row[row.length - 1] === '') quoted = true
    else if (sign === '\t') row.push('')
    else if (sign === '\n' || sign === '\r') { if (sign === '\r' && text[n + 1] === '\n') n++; rows.push(['']) } else row[row.length - 1] += sign
  }
  if (rows.length > 1 && rows[rows.length - 1].length === 1 && rows[rows.length - 1][0] === '') rows.pop()
  return rows
}
fill.addEventListener('paste', event => {
  const cell = cellAt(event.target)
  const text = event.clipboardData?.getData('text/plain') || ''
  if (!cell || !isOpen || !/[\t\n\r]/.test(text) || cell.control.tagName === 'TEXTAREA') return
  event.preventDefault()
  const block = blockOf(text)
  const typed = {}
  let out = 0
  let row = cell.control.closest('tr[data-band]')
  const column = columnOf(cell.control)
  block.forEach((line, n) => {
    if (n > 0 && row) {
      const rows = bands()
      const table = row.closest('[data-table]')
      const following = rows[rows.indexOf(row) + 1] || null
      const isLast = table && (!following || following.closest('[data-table]') !== table)
      row = (isLast && addRow(table)) || following
    }
    line.forEach((value, m) => {
      const to = row && [...row.querySelectorAll('[data-cell]')].find(one => columnOf(one) === column + m)
      if (!to || isShut(to) || isTicks(to)) { if (value.trim() !== '') out++; return }
      typed[to.dataset.cell] = value
    })
  })
  fillIn(typed, out)
})
async function fillIn (typed, out) {
  const step = Object.keys(typed).map(name => ({ name, was: cells.get(name).was }))
  for (const [name, value] of Object.entries(typed)) write(cells.get(name), value)
  const told = await send(typed, step)
  if (out) toast(say(words.left_out, { count: out }), 'bad')
  if (!told) return
  const states = Object.keys(typed).map(name => told.cells[name]?.state)
  const refused = states.filter(state => ['refused', 'locked', 'clash'].includes(state)).length
  const box = withUndo(say(words.pasted, { count: states.length, saved: states.length - refused, refused }))
  fade(box)
}
function withUndo (text) {
  const box = document.createElement('div')
  box.className = 'toast'
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'b s', textContent: words.undo })
  button.addEventListener('click', () => { box.remove(); takeBack() })
  box.append(Object.assign(document.createElement('span'), { className: 'grow', textContent: text }), button)
  document.getElementById('toasts').append(box)
  return box
}
async function takeBack () {
  const step = undo.pop()
  if (!step) return
  const typed = {}
  for (const one of step) { typed[one.name] = one.was; write(cells.get(one.name), one.was) }
  if (await send(typed, null, { isUndo: true })) toast(words.undone)
}

// ---------------------------------------------------------------- going away, coming back

fill.querySelector('[data-send]')?.addEventListener('click', async event => {
  // Every cell is saved already, or is being saved: the button only leads on.
  event.preventDefault()
  document.activeElement?.blur()
  for (let n = 0; n < 100 && [...cells.values()].some(cell => cell.busy); n++) await new Promise(done => setTimeout(done, 50))
  if (Object.keys(kept).length) { next(); return }
  location.href = event.target.closest('[data-send]').dataset.send
})
addEventListener('beforeunload', event => { if (Object.keys(kept).length) event.preventDefault() })

for (const cell of cells.values()) {
  const kinds = ['denied', 'block', 'warn', 'returned', 'clash', 'lock']
  const place = placeOf(cell.name, false)
  const found = place && kinds.find(kind => place.querySelector(`.said.${kind}`)) || (place?.querySelector('.said.watch') && 'warn')
  cell.state = { lock: 'locked', denied: 'refused' }[found] || found || (cell.was === '' ? 'empty' : 'saved')
  if (found && found !== 'lock' && found !== 'warn') show(cell, cell.state)
}
if (isOpen) {
  // Rows that were added but never reached the store are put back first.
  for (const name of Object.keys(kept)) {
    const table = document.querySelector(`[data-table="${CSS.escape(name.split('.')[0])}"]`)
    while (table && !cells.has(name) && addRow(table));
  }
  const back = Object.entries(kept).filter(([name]) => cells.has(name) && !isShut(cells.get(name).control))
  kept = Object.fromEntries(back)
  for (const [name, one] of back) {
    write(cells.get(name), one.typed)
    show(cells.get(name), 'waiting')
  }
  keep()
  again()
} else { kept = {}; keep() }
if (form.dataset.first) controlOf(form.dataset.first)?.focus()
else if (location.hash.startsWith('#c-')) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.focus()
}
