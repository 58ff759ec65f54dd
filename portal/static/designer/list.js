// The form designer, second part: the list of sections, questions and rules; adding, moving, copying, removing.
'use strict'
{
  const { say, given } = design
  const list = $('#questions'), rules = $('#rules')
  const make = (tag, properties = {}, ...inside) => {
    const one = Object.assign(document.createElement(tag), properties)
    one.append(...inside)
    return one
  }
  const drawing = id => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    svg.setAttribute('class', 'i')
    svg.setAttribute('aria-hidden', 'true')
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
    use.setAttribute('href', `#${id}`)
    svg.append(use)
    return svg
  }
  const told = $('#told')
  const aloud = text => { told.textContent = ''; setTimeout(() => { told.textContent = text }, 30) }
  const titled = item => item.title || item.label || item.message || say('nameless')

  // ---------------------------------------------------------------- drawing

  function meta (question, number) {
    const parts = [number, given.kinds[question.kind]?.name ?? question.kind]
    if (question.unit) parts.push(given.units[question.unit] ?? question.unit)
    if (question.required) parts.push(say('must'))
    if (question.shown_when) parts.push(say('conditional'))
    if (question.indicator) parts.push(say('feeds'))
    const n = design.spec.rules.filter(rule => String(rule.at || '').split('.')[0] === question.key).length
    if (n) parts.push(say('rules_of', { n }))
    return parts.filter(Boolean).join(' · ')
  }
  function entry (item, kind, number, extra = '') {
    const line = make('li', { className: kind === 'section' ? 'sect' : kind })
    line.dataset.id = item._id
    line.dataset.kind = kind
    const grab = make('span', { className: 'grab', title: say('drag') })
    grab.setAttribute('aria-hidden', 'true')
    if (!design.readOnly && kind !== 'column') grab.append(drawing('k-grab'))
    const button = make('button', { type: 'button', className: 'item', tabIndex: -1 })
    const text = make('span', { className: 'tx' })
    if (kind === 'section') {
      text.textContent = `${number} ${titled(item)}`
      line.append(grab, button)
    } else {
      text.append(make('span', { textContent: titled(item), className: item.label || item.message ? '' : 'dim' }),
        make('span', { className: 'sub', textContent: kind === 'rule' ? say(`severity_${item.severity}`) : meta(item, number) }))
      line.append(grab, kind === 'rule' ? mark(item.severity === 'block' ? 'bad' : 'watch') : drawing(`k-${given.kinds[item.kind] ? item.kind : 'text'}`), button)
    }
    button.append(text)
    line.append(make('span', { className: 'flaw' }))
    return line
  }
  const mark = kind => $(`#marks [data-mark=${kind}]`).firstElementChild.cloneNode(true)

  function draw () {
    const lines = []
    design.spec.sections.forEach((section, n) => {
      lines.push(entry(section, 'section', n + 1))
      section.questions.forEach((question, k) => {
        lines.push(entry(question, 'question', `${n + 1}.${k + 1}`))
        for (const column of question.columns || []) lines.push(entry(column, 'column', ''))
      })
    })
    list.replaceChildren(...lines)
    rules.replaceChildren(...design.spec.rules.map(rule => entry(rule, 'rule', '')))
    $('#none').hidden = design.questions().length > 0
    $('#no-rules').hidden = design.spec.rules.length > 0
    $('#count').textContent = say('count', { n: design.questions().length })
    for (const [name, can] of [['undo', design.canUndo()], ['redo', design.canRedo()]]) {
      for (const button of $$(`[data-do=${name}]`)) button.disabled = !can
    }
    flaws()
    pick()
  }
  function flaws () {
    const counts = {}
    // A form that asks nothing yet says so in words; that is no fault to be hunted.
    const told = design.questions().length ? design.faults : design.faults.filter(fault => fault.id)
    for (const fault of told) counts[fault.id] = (counts[fault.id] || 0) + 1
    for (const line of $$('.qs li[data-id]')) {
      const box = $('.flaw', line), n = counts[line.dataset.id]
      if (!n) { box.replaceChildren(); continue }
      const word = make('span', { className: 'vh', textContent: say('faults_here', { n }) })
      box.replaceChildren(mark('bad'), word)
    }
    const button = $('#faults')
    button.hidden = !told.length
    $('span', button).textContent = say('faults', { n: told.length })
  }
  function pick () {
    for (const line of $$('.qs li[data-id]')) {
      const chosen = line.dataset.id === design.chosen
      line.classList.toggle('sel', chosen)
      const button = $('.item', line)
      button.tabIndex = chosen ? 0 : -1
      if (chosen) button.setAttribute('aria-current', 'true')
      else button.removeAttribute('aria-current')
    }
    const first = $('#questions .item')
    if (first && !$('#questions .item[tabindex="0"], #rules .item[tabindex="0"]')) first.tabIndex = 0
  }
  const lineOf = id => document.querySelector(`.qs li[data-id="${id}"]`)
  const focus = id => { const line = lineOf(id); line?.scrollIntoView({ block: 'nearest' }); line && $('.item', line).focus({ preventScroll: true }) }
  let asleep = 0
  design.listen('changed', structure => {
    clearTimeout(asleep)
    if (structure) draw()
    else asleep = setTimeout(draw, 120) // words being typed: the list follows without hurry
  })
  design.listen('chosen', () => { pick(); lineOf(design.chosen)?.scrollIntoView({ block: 'nearest' }) })
  design.listen('faults', flaws)

  // ---------------------------------------------------------------- moving

  /** Move an item one step up or down; a question goes on into the next section, a section takes its questions along. */
  function step (id, by) {
    const found = design.find(id)
    if (!found || design.readOnly) return
    const { kind, item, list: held, at } = found
    const to = at + by
    const sections = design.spec.sections
    const over = to < 0 || to >= held.length
    const next = kind === 'question' && over ? sections[found.n + by] : null
    if (over && !next) return aloud(say(by < 0 ? 'at_top' : 'at_end'))
    design.change(() => {
      held.splice(at, 1)
      if (next) next.questions.splice(by < 0 ? next.questions.length : 0, 0, item)
      else held.splice(to, 0, item)
    })
    after(item, kind)
  }
  function after (item, kind) {
    focus(item._id)
    const now = design.find(item._id)
    const values = { what: titled(item), n: now.at + 1, of: now.list.length, section: now.section ? titled(now.section) : '' }
    aloud(say(kind === 'question' ? 'moved_in' : 'moved', values))
  }
  function remove (id) {
    const found = design.find(id)
    if (!found || design.readOnly) return
    const neighbour = found.list[found.at + 1] ?? found.list[found.at - 1] ?? found.table ?? found.section ?? design.spec.sections[0]
    design.change(() => {
      found.list.splice(found.at, 1)
      design.chosen = neighbour && neighbour !== found.item ? neighbour._id : design.spec.sections[0]?._id ?? null
      if (found.table?.totals) found.table.totals = found.table.totals.filter(key => key !== found.item.key)
    })
    design.choose(design.chosen, { quiet: true })
    focus(design.chosen)
    removed(found)
  }
  /** Tell of a removal, with a way back that works whatever was done since. */
  function removed (found) {
    const what = titled(found.item), n = found.kind === 'section' ? found.item.questions.length : 0
    toast(n ? say('removed_with', { what, n }) : say('removed', { what }))
    const undo = make('button', { type: 'button', className: 'b s', textContent: say('undo') })
    const box = $('#toasts').lastElementChild
    undo.addEventListener('click', () => { restore(found); box.remove() })
    box.append(undo)
  }
  function restore ({ kind, item, at, section, table }) {
    const held = {
      section: () => design.spec.sections, rule: () => design.spec.rules,
      question: () => (design.find(section._id)?.item ?? design.spec.sections.at(-1))?.questions,
      column: () => design.find(table._id)?.item.columns
    }[kind]()
    if (!held || design.find(item._id)) return
    design.change(() => held.splice(Math.min(at, held.length), 0, structuredClone(item)))
    design.choose(item._id)
    focus(item._id)
  }
  function copy (id) {
    const found = design.find(id)
    if (!found || design.readOnly) return
    const made = design.fresh(found.item)
    if (found.kind === 'section') made.questions = made.questions.map(one => design.fresh(one))
    design.change(() => {
      const taken = found.kind === 'column' ? new Set(found.list.map(one => one.key)) : design.keys()
      for (const one of [made, ...(made.questions || [])]) { one.key = design.free(one.key, taken); taken.add(one.key) }
      delete made.indicator
      delete made.indicator_id
      found.list.splice(found.at + 1, 0, made)
    })
    design.choose(made._id)
    focus(made._id)
    aloud(say('copied', { what: titled(made) }))
  }
  const acts = {
    up: () => step(design.chosen, -1), down: () => step(design.chosen, 1), remove: () => remove(design.chosen),
    copy: () => copy(design.chosen), undo: design.undo, redo: design.redo, save: design.save,
    section: () => {
      const made = design.named({ key: design.free('section'), title: '', title_en: '', shown_when: '', questions: [] })
      const found = design.find(design.chosen)
      const at = found?.kind === 'section' ? found.at : found?.n ?? (found?.section ? design.spec.sections.indexOf(found.section) : design.spec.sections.length - 1)
      design.change(() => design.spec.sections.splice(at + 1, 0, made))
      design.choose(made._id)
      design.tell('write')
    },
    rule: () => {
      const found = design.find(design.chosen)
      const answered = one => given.kinds[one.kind]?.fits.length > 0 && one.kind !== 'table'
      const inside = table => table?.columns?.length ? `${table.key}.${(found.kind === 'column' ? found.item : table.columns[0]).key}` : null
      const question = (found?.kind === 'question' && answered(found.item) ? found.item.key : inside(found?.table ?? (found?.item?.kind === 'table' ? found.item : null))) ?? design.questions().find(answered)?.key ?? ''
      const made = design.named({ key: design.free('rule'), expression: '', message: '', message_en: '', severity: 'warn', at: question })
      design.change(() => design.spec.rules.push(made))
      design.choose(made._id)
      design.tell('write')
    }
  }
  design.acts = acts
  design.aloud = aloud
  design.focus = focus
  on('click', '[data-do]', (_, button) => acts[button.dataset.do]())

  // ---------------------------------------------------------------- choosing and the keyboard

  on('click', '.qs .item', (event, button) => {
    design.choose(button.closest('li').dataset.id)
    if (event.detail && design.isNarrow()) design.pane('panel')
  })
  on('keydown', '.qs .item', (event, button) => {
    const all = $$('#questions .item, #rules .item')
    const at = all.indexOf(button)
    const id = button.closest('li').dataset.id
    const go = to => { const next = all[to]; if (next) { design.choose(next.closest('li').dataset.id); next.focus() } }
    const keys = {
      ArrowDown: () => event.altKey ? step(id, 1) : go(at + 1),
      ArrowUp: () => event.altKey ? step(id, -1) : go(at - 1),
      Home: () => go(0), End: () => go(all.length - 1),
      Delete: () => remove(id), Backspace: () => remove(id),
      Enter: () => { design.choose(id); design.tell('write') }
    }
    if (keys[event.key] && !event.ctrlKey && !event.metaKey) { event.preventDefault(); keys[event.key]() }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'd') { event.preventDefault(); copy(id) }
    if (event.key === 'Insert' || (event.key === '+' && !event.ctrlKey)) { event.preventDefault(); shelf() }
  })
  document.addEventListener('keydown', event => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector('dialog[open]')) return
    const key = event.key.toLowerCase()
    const typing = event.target.closest?.('#sheet input, #sheet textarea') // in the preview the field's own undo counts
    if (key === 's') { event.preventDefault(); design.save() }
    if (typing) return
    if (key === 'z' && !event.shiftKey) { event.preventDefault(); design.undo() }
    if (key === 'y' || (key === 'z' && event.shiftKey)) { event.preventDefault(); design.redo() }
  })
  let next = 0
  on('click', '#faults', () => {
    const fault = design.faults[next++ % design.faults.length]
    if (!fault) return
    if (!fault.id) toast(fault.words, 'bad')
    design.choose(fault.id || design.spec.sections[0]?._id)
    design.tell('write', fault.field)
  })

  // ---------------------------------------------------------------- dragging

  let drag = null
  const bar = make('li', { className: 'drop' })
  bar.setAttribute('aria-hidden', 'true')
  on('pointerdown', '.qs .grab', (event, grab) => {
    if (design.readOnly || event.button) return
    const line = grab.closest('li')
    if (line.dataset.kind === 'column') return
    event.preventDefault()
    drag = { line, kind: line.dataset.kind, id: line.dataset.id, to: null }
    grab.setPointerCapture(event.pointerId)
    line.classList.add('held')
  })
  document.addEventListener('pointermove', event => {
    if (!drag) return
    const box = drag.kind === 'rule' ? rules : list
    const scroller = $('#list')
    const edge = scroller.getBoundingClientRect()
    if (event.clientY < edge.top + 40) scroller.scrollTop -= 14
    if (event.clientY > edge.bottom - 40) scroller.scrollTop += 14
    const wanted = drag.kind === 'section' ? 'section' : drag.kind
    // A question lands before another question, or at the end of a section: that is, before the next section's head.
    const lines = $$('li:not(.drop)', box).filter(one => one.dataset.kind !== 'column' && (wanted !== 'section' || one.dataset.kind === 'section'))
    const before = lines.find(one => { const at = one.getBoundingClientRect(); return event.clientY < at.top + at.height / 2 })
    drag.to = before?.dataset.id ?? 'end'
    box.insertBefore(bar, before ?? null)
  })
  const drop = () => {
    if (!drag) return
    const { id, kind, to, line } = drag
    drag = null
    bar.remove()
    line.classList.remove('held')
    if (!to || to === id) return
    const found = design.find(id)
    const target = to === 'end' ? null : design.find(to)
    design.change(() => {
      found.list.splice(found.at, 1)
      let into = found.list, at = found.list.length
      if (kind === 'question') {
        const sections = design.spec.sections
        if (!target) { into = sections.at(-1).questions; at = into.length } else if (target.kind === 'section') {
          const n = Math.max(0, sections.indexOf(target.item) - 1)
          into = sections[n].questions
          at = target.at === 0 ? 0 : into.length
        } else { into = target.section.questions; at = into.indexOf(target.item) }
      } else if (target) at = into.indexOf(target.item)
      into.splice(at, 0, found.item)
    })
    design.choose(id, { quiet: true })
    after(found.item, kind)
  }
  document.addEventListener('pointerup', drop)
  document.addEventListener('pointercancel', () => { if (drag) { drag.to = null; drop() } })

  // ---------------------------------------------------------------- the shelf of kinds

  let forTable = null
  function shelf (table = null) {
    forTable = table
    for (const one of $$('#shelf [data-kind]')) one.closest('li').hidden = Boolean(table) && !given.kinds[one.dataset.kind].column
    for (const group of $$('#shelf section')) group.hidden = !$$('li', group).some(one => !one.hidden)
    $('#shelf').showModal()
    $$('#shelf [data-kind]').find(one => !one.closest('li').hidden)?.focus()
  }
  design.shelf = shelf
  on('click', '[data-shelf]', () => shelf())
  on('keydown', '#shelf [data-kind]', (event, button) => {
    const all = $$('#shelf [data-kind]').filter(one => !one.closest('[hidden]'))
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    all[(all.indexOf(button) + by + all.length) % all.length].focus()
  })
  on('click', '#shelf [data-kind]', (_, button) => {
    const kind = button.dataset.kind
    const found = design.find(design.chosen)
    const made = design.named({ key: '', kind, label: '', label_en: '', help: '', help_en: '', ...structuredClone(given.kinds[kind].begins) })
    const table = forTable
    design.change(() => {
      if (table) {
        made.key = design.free(kind, new Set(table.columns.map(one => one.key)))
        table.columns.push(made)
        return
      }
      made.key = design.free(kind)
      if (!design.spec.sections.length) design.spec.sections.push(design.named({ key: 'main', title: '', title_en: '', shown_when: '', questions: [] }))
      const section = found?.section ?? (found?.kind === 'section' ? found.item : design.spec.sections.at(-1))
      const at = found?.kind === 'question' ? found.at + 1 : found?.kind === 'column' ? section.questions.indexOf(found.table) + 1 : section.questions.length
      section.questions.splice(at, 0, made)
    })
    made._auto = true
    $('#shelf').close()
    design.choose(made._id)
    design.tell('write')
    aloud(say('added', { what: given.kinds[kind].name }))
  })

  design.chosen = design.spec.sections[0]?._id ?? null
  draw()
}
