// The form designer, fourth part: the form as the office will see it, drawn and worked out by the portal itself.
'use strict'
{
  const { say, given } = design
  const sheet = $('#sheet')
  let timer = 0, turn = 0

  /** What was typed into the preview: by field name; a ticked list as a list. */
  function answers () {
    const held = {}
    for (const field of $$('[name]', sheet)) {
      if (field.type === 'checkbox') {
        held[field.name] ??= []
        if (field.checked) held[field.name].push(field.value)
      } else held[field.name] = field.value
    }
    return held
  }
  async function look () {
    const mine = ++turn
    const drawn = structuredClone(design.spec)
    const body = JSON.stringify({ version: given.version, spec: design.plain(drawn), answers: answers(), beside: $('#beside').checked })
    const answer = await asked('/admin/designer/preview/', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).catch(() => null)
    if (mine !== turn) return
    const told = await answer?.json().catch(() => null)
    if (!answer?.ok || !told) { $('#preview-state').textContent = told?.error || say('away'); return }
    put(told.html)
    $('#preview-state').textContent = told.words
    design.hear(told.faults, drawn)
  }
  /** Put the new picture in place without taking the caret from whoever is typing into it. */
  function put (html) {
    const held = sheet.contains(document.activeElement) ? document.activeElement : null
    const keep = held && { name: held.name, id: held.id, value: held.value, at: held.selectionStart, tick: held.type === 'checkbox' || held.type === 'radio' || held.tagName === 'SELECT' }
    const open = new Set($$('details[open]', sheet).map(one => one.id))
    const top = $('#stage').scrollTop
    sheet.innerHTML = html // drawn by our own templates, every value escaped there
    for (const one of $$('details', sheet)) if (open.has(one.id)) one.open = true
    if (keep) {
      const now = (keep.id && document.getElementById(keep.id)) || $(`[name="${CSS.escape(keep.name)}"]`, sheet)
      if (now) {
        if (!keep.tick && now.value !== keep.value) now.value = keep.value
        now.focus({ preventScroll: true })
        if (!keep.tick && keep.at !== null) try { now.setSelectionRange(keep.at, keep.at) } catch { /* a field without a caret */ }
      }
    }
    $('#stage').scrollTop = top
    mark()
  }
  function mark () {
    const found = design.find(design.chosen)
    const key = found?.kind === 'question' ? found.item.key : found?.kind === 'column' ? found.table.key : found?.kind === 'rule' ? String(found.item.at).split('.')[0] : found?.item.key
    for (const one of $$('[data-question]', sheet)) one.classList.toggle('shown', found?.kind !== 'section' && one.dataset.question === key)
    const asked = found?.kind === 'question' || found?.kind === 'column'
    $('#hidden-now').hidden = !asked || Boolean($('.shown', sheet)) || !$(`section[data-section]`, sheet) || !(found.item.shown_when || found.table?.shown_when || found.section?.shown_when)
    const one = $('.shown', sheet) ?? (found?.kind === 'section' ? $(`[data-section="${CSS.escape(key ?? '')}"]`, sheet) : null)
    if (one && !sheet.contains(document.activeElement)) {
      const stage = $('#stage').getBoundingClientRect(), at = one.getBoundingClientRect()
      if (at.top < stage.top || at.bottom > stage.bottom) $('#stage').scrollTop += at.top - stage.top - 60
    }
  }
  const soon = wait => { clearTimeout(timer); timer = setTimeout(look, wait) }
  on('input', '#sheet [name]', () => soon(450))
  on('change', '#sheet [name]', () => soon(60))
  on('click', '#sheet [data-question]', (event, box) => {
    if (event.target.closest('input, select, textarea, button, label, summary')) return
    const question = design.questions().find(one => one.key === box.dataset.question)
    if (question) design.choose(question._id)
  })
  on('click', '#sheet [data-offer]', (_, button) => {
    const field = document.getElementById(button.dataset.for)
    field.value = button.dataset.offer
    soon(0)
  })
  on('change', '#beside', () => soon(0))
  on('click', '[data-width]', (_, button) => {
    for (const one of $$('[data-width]')) one.setAttribute('aria-pressed', String(one === button))
    $('#stage').dataset.as = button.dataset.width
  })
  on('click', '[data-empty]', () => { for (const field of $$('[name]', sheet)) { if ('checked' in field && /checkbox|radio/.test(field.type)) field.checked = false; else field.value = '' } soon(0) })
  design.listen('changed', structure => soon(structure ? 120 : 350))
  design.listen('chosen', () => requestAnimationFrame(mark))

  design.isNarrow = () => window.matchMedia('(max-width: 1180px)').matches
  /** On a narrow screen one pane is shown at a time. */
  design.pane = name => {
    $('.studio').dataset.pane = name
    for (const one of $$('[data-pane-of]')) one.setAttribute('aria-pressed', String(one.dataset.paneOf === name))
  }
  on('click', '[data-pane-of]', (_, button) => design.pane(button.dataset.paneOf))
  design.hear(given.faults)
  mark()
  // The page that publishes leads to a fault by its path: `#sections.0.questions.2.formula`.
  const path = decodeURIComponent(location.hash.slice(1)).split('.').map(step => /^\d+$/.test(step) ? Number(step) : step)
  const place = path.length > 1 ? design.placed(path) : null
  if (place?.id) { design.choose(place.id); design.tell('write', place.field) }
}
