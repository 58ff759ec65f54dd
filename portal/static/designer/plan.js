// The form designer, first part: the description being drawn, undo and redo, saving, and two people drawing at once.
// The other parts (list, panel, preview) read `design.spec` and change it through `design.change` alone.
'use strict'
const design = (() => {
  const given = JSON.parse($('#designer-given').textContent)
  const words = given.words
  const say = (name, values = {}) => (words[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ''))
  const heard = {}
  const listen = (kind, act) => (heard[kind] ??= []).push(act)
  const tell = (kind, ...what) => { for (const act of heard[kind] || []) act(...what) }

  // Every section, question, column and rule has a name of its own on this page, which undo and merging keep.
  let serial = 0
  const name = item => { item._id ??= `i${++serial}`; return item }
  const fresh = item => { const copy = structuredClone(item); for (const one of [copy, ...(copy.columns || [])]) { delete one._id; delete one._was }; return named(copy) }
  function named (item) {
    name(item)
    for (const column of item.columns || []) name(column)
    return item
  }
  function whole (spec) {
    spec.sections ??= []
    spec.rules ??= []
    for (const section of spec.sections) {
      name(section)
      section.questions ??= []
      section.questions.forEach(named)
    }
    spec.rules.forEach(name)
    return spec
  }
  /** Remember under which key the version before asks each question: a key that is changed here carries its series on. */
  function remember (spec) {
    for (const question of spec.sections.flatMap(section => section.questions)) {
      for (const [item, key] of [[question, question.key], ...(question.columns || []).map(one => [one, `${question.key}.${one.key}`])]) {
        const was = given.came[key] ?? (given.kept_keys.includes(key) ? key : null)
        if (was && item._was === undefined) item._was = was
      }
    }
    return spec
  }
  function renames (spec) {
    const found = {}
    for (const question of spec.sections.flatMap(section => section.questions)) {
      if (question._was && question._was !== question.key) found[question._was] = question.key
      for (const one of question.columns || []) {
        if (one._was && one._was.split('.').pop() !== one.key) found[one._was] = `${question.key}.${one.key}`
      }
    }
    return found
  }
  const plain = value => JSON.parse(JSON.stringify(value, (key, held) => key.startsWith('_') ? undefined : held))

  const it = {
    given, say, listen, tell, plain, fresh, named,
    spec: remember(whole(given.spec)), chosen: null, faults: [], state: 'saved', readOnly: given.read_only
  }

  // ---------------------------------------------------------------- finding

  /** Where an item stands: its kind, the list it is in and its place there, the section and table around it. */
  it.find = id => {
    for (const [n, section] of it.spec.sections.entries()) {
      if (section._id === id) return { kind: 'section', item: section, list: it.spec.sections, at: n }
      for (const [k, question] of section.questions.entries()) {
        if (question._id === id) return { kind: 'question', item: question, list: section.questions, at: k, section, n }
        for (const [m, column] of (question.columns || []).entries()) {
          if (column._id === id) return { kind: 'column', item: column, list: question.columns, at: m, section, table: question, n, k }
        }
      }
    }
    const at = it.spec.rules.findIndex(rule => rule._id === id)
    return at < 0 ? null : { kind: 'rule', item: it.spec.rules[at], list: it.spec.rules, at }
  }
  it.questions = () => it.spec.sections.flatMap(section => section.questions)
  it.keys = () => new Set([...it.questions(), ...it.spec.sections, ...it.spec.rules].map(one => one.key))
  it.free = (wanted, taken = it.keys()) => {
    let key = wanted, n = 1
    while (taken.has(key)) key = `${wanted.slice(0, 36)}_${++n}`
    return key
  }
  it.choose = (id, { quiet = false } = {}) => {
    it.chosen = id
    tell('chosen', quiet)
  }

  // ---------------------------------------------------------------- changing, undo, redo

  const past = [], future = []
  let lastTag = '', lastAt = 0
  const picture = () => ({ spec: structuredClone(it.spec), chosen: it.chosen })
  /** Change the description. Changes with the same `tag`, one soon after the other, are undone together. */
  it.change = (act, { tag = '', structure = true } = {}) => {
    if (it.readOnly) return
    const now = Date.now()
    if (!tag || tag !== lastTag || now - lastAt > 2500) {
      past.push(picture())
      if (past.length > 200) past.shift()
    }
    future.length = 0
    lastTag = tag
    lastAt = now
    act()
    changed(structure)
  }
  function changed (structure, anew = false) {
    tell('changed', structure, anew)
    wait()
  }
  function travel (from, to) {
    if (!from.length || it.readOnly) return
    to.push(picture())
    const held = from.pop()
    it.spec = held.spec
    lastTag = ''
    it.choose(it.find(held.chosen) ? held.chosen : it.spec.sections[0]?._id ?? null, { quiet: true })
    changed(true, true)
  }
  it.undo = () => travel(past, future)
  it.redo = () => travel(future, past)
  it.canUndo = () => past.length > 0
  it.canRedo = () => future.length > 0

  /** A key was changed: every condition, formula, rule and total that names it goes on naming it. */
  it.rename = (before, after, { table = null } = {}) => {
    const old = table ? `${table.key}\\.${before}` : `(?<![\\w.])${before}`
    const now = table ? `${table.key}.${after}` : after
    const within = (text, pattern, put) =>
      String(text || '').split(/("[^"]*"|'[^']*')/).map((part, n) => n % 2 ? part : part.replace(pattern, put)).join('')
    const mend = (item, field, pattern = new RegExp(`${old}(?!\\w)`, 'g'), put = now) => {
      if (item[field]) item[field] = within(item[field], pattern, put)
    }
    for (const section of it.spec.sections) {
      mend(section, 'shown_when')
      for (const question of section.questions) {
        for (const one of [question, ...(question.columns || [])]) { mend(one, 'shown_when'); mend(one, 'formula') }
        if (question === table) {
          for (const one of question.columns) mend(one, 'formula', new RegExp(`(?<![\\w.])${before}(?!\\w)`, 'g'), after)
          if (question.totals) question.totals = question.totals.map(key => key === before ? after : key)
        }
      }
    }
    for (const rule of it.spec.rules) {
      mend(rule, 'expression')
      if (!table && rule.at === before) rule.at = after
      if (!table && String(rule.at || '').startsWith(`${before}.`)) rule.at = after + rule.at.slice(before.length)
      if (table && rule.at === `${table.key}.${before}`) rule.at = now
    }
  }

  // ---------------------------------------------------------------- saving

  let seen = given.seen, base = plain(it.spec), timer = 0, busy = false, again = false
  const said = $('#saved')
  function show (state, text) {
    it.state = state
    said.dataset.state = state
    $('span', said).textContent = text
    dirty = state !== 'saved'
    for (const one of $$('.m', said)) one.toggleAttribute('hidden', one.dataset.when !== state)
  }
  const big = () => it.spec.sections.reduce((n, section) => n + section.questions.length, 0) > 100 // then each save is a large one
  function wait () {
    show('waiting', say('unsaved'))
    clearTimeout(timer)
    timer = setTimeout(it.save, big() ? 4000 : 1200)
  }
  it.save = async () => {
    clearTimeout(timer)
    if (it.readOnly || it.state === 'saved') return true
    if (busy) { again = true; return false }
    busy = true
    again = false
    show('saving', say('saving'))
    const sent = plain(it.spec)
    const drawn = structuredClone(it.spec)
    const answer = await asked('/admin/designer/save/', {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ version: given.version, seen, spec: sent, renames: renames(it.spec) })
    }).catch(() => null)
    const told = await answer?.json().catch(() => null)
    busy = false
    if (!answer || !told) {
      show('away', say('away'))
      timer = setTimeout(it.save, 5000)
      return false
    }
    if (answer.status === 409 && told.theirs) {
      show('refused', say('clash'))
      clash(told)
      return false
    }
    if (!answer.ok) {
      show('refused', told.error || say('refused'))
      return false
    }
    seen = told.seen
    base = told.spec // as the store holds it, tidied
    it.hear(told.faults, drawn)
    if (again) { it.state = 'waiting'; return it.save() }
    if (JSON.stringify(plain(it.spec)) === JSON.stringify(sent)) show('saved', say('saved', { at: told.at }))
    else wait()
    return true
  }
  /** The item and the field of it to which a path leads. */
  it.placed = (path, drawn = it.spec) => {
    let at = drawn, id = '', field = ''
    for (const step of path) {
      at = at?.[step]
      if (at && typeof at === 'object' && !Array.isArray(at) && at._id) { id = at._id; field = '' } else if (typeof step === 'string') field ||= step
    }
    return { id, field }
  }
  /** Faults come by path in the description that was sent; they are kept by the item and the field they are in. */
  it.hear = (faults, drawn = it.spec) => {
    it.faults = faults.map(({ path, words }) => ({ ...it.placed(path, drawn), words }))
    tell('faults')
  }
  addEventListener('beforeunload', () => { if (it.state === 'waiting') it.save() })
  document.addEventListener('visibilitychange', () => { if (document.hidden && it.state === 'waiting') it.save() })

  // Whoever goes on to another page takes along what is not saved yet.
  on('click', 'a[href]', async (event, link) => {
    if (it.state !== 'waiting' && it.state !== 'saving') return
    if (event.ctrlKey || event.metaKey || event.shiftKey || link.target) return
    event.preventDefault()
    for (let n = 0; n < 40 && it.state === 'saving'; n++) await new Promise(resolve => setTimeout(resolve, 100))
    if (await it.save() || it.state === 'saved') location.href = link.href
  })

  // ---------------------------------------------------------------- two at once

  const bare = item => JSON.stringify(Object.fromEntries(Object.entries(item).filter(([key, value]) => key !== 'questions' && key[0] !== '_' && value !== '' && value !== null)))
  /** The items of a description by what they are and their key, each with what stands before it. */
  function flat (spec) {
    const found = new Map()
    const put = (kind, item, section) => {
      let id = `${kind}:${item.key}`
      while (found.has(id)) id += '+'
      found.set(id, { kind, item, text: bare(item), section })
    }
    for (const section of spec.sections) {
      put('section', section)
      for (const question of section.questions) put('question', question, section.key)
    }
    for (const rule of spec.rules) put('rule', rule)
    return found
  }
  const titled = one => one.item.title || one.item.label || one.item.message || one.item.key
  /** What each of two made of the same description: what only I changed, what only they did, what both did. */
  function compare (mine, theirs) {
    const was = flat(base), my = flat(mine), their = flat(theirs)
    const rows = { mine: [], theirs: [], both: [] }
    for (const id of new Set([...was.keys(), ...my.keys(), ...their.keys()])) {
      const [b, m, t] = [was.get(id)?.text, my.get(id)?.text, their.get(id)?.text]
      if (m === t) continue
      const row = { id, mine: my.get(id), theirs: their.get(id), was: was.get(id) }
      rows[m === b ? 'theirs' : t === b ? 'mine' : 'both'].push(row)
    }
    return rows
  }
  /** Both joined: their description with my changes put in; `taken` names the items of both where mine is wanted. */
  function join (mine, theirs, taken) {
    const rows = compare(mine, theirs)
    const wanted = new Map()
    for (const row of [...rows.mine, ...rows.both.filter(one => taken.has(one.id))]) wanted.set(row.id, row.mine)
    const was = flat(base), my = flat(mine), their = flat(theirs)
    const held = id => wanted.has(id) ? wanted.get(id) : their.get(id)
    const common = (list, other) => [...list.keys()].filter(id => other.has(id)).join(' ')
    // My order counts when they left it alone; whatever I do not know of comes after what it followed.
    const [first, second] = common(their, was) === common(was, their) ? [my, their] : [their, my]
    const order = [...first.keys()]
    for (const list of [second]) {
      let before = ''
      for (const id of list.keys()) {
        if (!order.includes(id)) order.splice(before ? order.indexOf(before) + 1 : 0, 0, id)
        before = id
      }
    }
    const made = { ...theirs, sections: [], rules: [] }
    for (const id of order) {
      const one = held(id)
      if (!one) continue
      const item = plain(one.item)
      if (one.kind === 'section') made.sections.push({ ...item, questions: [] })
      else if (one.kind === 'rule') made.rules.push(item)
      else (made.sections.at(-1) ?? (made.sections.push({ key: 'main', title: '', questions: [] }), made.sections[0])).questions.push(item)
    }
    return made
  }
  it.compare = compare
  it.join = join

  function clash (told) {
    const dialog = $('#clash')
    const mine = plain(it.spec)
    const rows = compare(mine, told.theirs)
    $('[data-who]', dialog).textContent = say('clash_who', { who: told.who, at: told.at })
    for (const side of ['mine', 'theirs']) {
      const box = $(`[data-side=${side}]`, dialog)
      box.parentElement.hidden = !rows[side].length
      box.replaceChildren(...rows[side].map(row => {
        const one = Object.assign(document.createElement('li'), { textContent: titled(row[side] || row.was) })
        if (!row[side]) one.append(` (${say('taken_out')})`)
        return one
      }))
    }
    const both = $('[data-side=both]', dialog)
    both.parentElement.hidden = !rows.both.length
    both.replaceChildren(...rows.both.map((row, n) => {
      const set = document.createElement('fieldset')
      set.append(Object.assign(document.createElement('legend'), { textContent: titled(row.was || row.mine || row.theirs) }))
      for (const side of ['theirs', 'mine']) {
        const label = Object.assign(document.createElement('label'), { className: 'pick' })
        const box = Object.assign(document.createElement('input'), { type: 'radio', name: `both-${n}`, value: side, checked: side === 'theirs' })
        box.dataset.item = row.id
        const text = document.createElement('span')
        text.append(Object.assign(document.createElement('b'), { textContent: say(side) }), document.createElement('br'))
        text.append(row[side] ? different(row[side].item, row[side === 'mine' ? 'theirs' : 'mine']?.item) : say('taken_out'))
        label.append(box, text)
        set.append(label)
      }
      return set
    }))
    dialog.onclose = () => {
      const how = dialog.returnValue
      if (!how) return
      const taken = new Set($$('input:checked', both).filter(one => one.value === 'mine').map(one => one.dataset.item))
      seen = told.seen
      const joined = how === 'theirs' ? told.theirs : join(mine, told.theirs, taken)
      base = plain(told.theirs)
      it.change(() => {
        it.spec = remember(whole(structuredClone(joined)))
        it.chosen = it.spec.sections[0]?._id ?? null
      })
      it.choose(it.chosen, { quiet: true })
    }
    dialog.returnValue = ''
    dialog.showModal()
  }
  function different (item, other) {
    const parts = []
    for (const [key, value] of Object.entries(item)) {
      if (key === 'questions' || JSON.stringify(value) === JSON.stringify(other?.[key])) continue
      const text = typeof value === 'object' && value !== null ? say('list_of', { n: value.length ?? 0 }) : String(value)
      parts.push(`${say(`p_${key}`)}: ${text || '–'}`)
    }
    return parts.join(' · ')
  }
  said?.addEventListener('click', () => { if (it.state === 'refused' || it.state === 'away') { it.state = 'waiting'; it.save() } })
  return it
})()
