// The form designer, third part: what can be said of the chosen section, question, column or rule.
'use strict'
{
  const { say, given } = design
  const panel = $('#panel')
  const make = (tag, properties = {}, ...inside) => {
    const one = Object.assign(document.createElement(tag), properties)
    one.append(...inside)
    return one
  }
  const chosen = () => design.find(design.chosen)
  const WHOLE = new Set(['decimals', 'rows_least', 'rows_greatest'])
  const NULLS = new Set(['least', 'greatest', 'decimals'])

  // ---------------------------------------------------------------- showing

  function show (anew = false) {
    const found = chosen()
    $('#panel-fields').hidden = !found
    for (const one of $$('.prop-head .acts', panel)) one.hidden = !found
    if (!found) {
      $('#panel-kind').textContent = ''
      $('#panel-title').textContent = say('choose')
      return faults()
    }
    const { kind, item } = found
    const fits = new Set(kind === 'question' || kind === 'column' ? given.kinds[item.kind]?.fits ?? ['required'] : [])
    const place = { section: say('a_section', { n: found.at + 1 }), question: say('a_question', { n: `${found.n + 1}.${found.at + 1}` }), column: say('a_column', { n: found.at + 1, table: found.table?.label ?? '' }), rule: say('a_rule', { n: found.at + 1 }) }
    $('#panel-kind').textContent = place[kind]
    $('#panel-title').textContent = item.title || item.label || item.message || say('nameless')
    for (const one of $$('[data-on]', panel)) {
      const fitting = !one.dataset.fits || one.dataset.fits.split(' ').some(name => fits.has(name))
      one.hidden = !one.dataset.on.split(' ').includes(kind) || !fitting
    }
    for (const one of $$('#p-kind option')) one.hidden = one.disabled = kind === 'column' && !given.kinds[one.value].column
    for (const field of $$('[data-p]', panel)) {
      if (!anew && field === document.activeElement && field.dataset.of === item._id) continue
      field.dataset.of = item._id
      const value = item[field.dataset.p]
      if (field.type === 'checkbox') field.checked = value === true
      else if (field.id === 'p-at') fill(field, value)
      else field.value = value ?? ''
      if (field.tagName === 'TEXTAREA') grow(field)
    }
    if (!$('[data-field=unit]', panel).hidden) look('unit', item.unit, given.units[item.unit] ?? item.unit ?? '')
    if (!$('[data-field=indicator]', panel).hidden) feed(item)
    if (fits.has('choices')) lines('choices', item, anew)
    if (fits.has('rows')) table(item, anew)
    if (fits.has('accepts')) accepted(item)
    for (const one of $$('.names[open]', panel)) offer(one)
    faults()
  }
  function fill (select, value) {
    const options = []
    for (const question of design.questions()) {
      if (given.kinds[question.kind]?.fits.length && question.kind !== 'table') options.push([question.key, question.label || question.key])
      for (const column of question.columns || []) options.push([`${question.key}.${column.key}`, `${question.label} · ${column.label}`])
    }
    if (value && !options.some(([key]) => key === value)) options.push([value, value])
    select.replaceChildren(...options.map(([key, label]) => new Option(`${label} (${key})`.slice(0, 120), key)))
    select.value = value ?? ''
  }
  function grow (area) {
    area.rows = Math.min(8, Math.max(area.classList.contains('expr') ? 2 : 1, area.value.split('\n').length, Math.ceil(area.value.length / 34)))
  }
  function faults () {
    for (const box of $$('.wrong-words', panel)) box.replaceChildren()
    for (const field of $$('[aria-invalid]', panel)) field.removeAttribute('aria-invalid')
    const rest = []
    for (const fault of design.faults) {
      if (fault.id !== design.chosen) continue
      const box = document.getElementById(`w-${fault.field}`)
      if (!box || box.closest('[hidden]')) { rest.push(fault.words); continue }
      const line = make('p', { className: 'error' })
      line.append($('#marks [data-mark=bad]').firstElementChild.cloneNode(true), fault.words)
      box.append(line)
      document.getElementById(`p-${fault.field}`)?.setAttribute('aria-invalid', 'true')
    }
    const box = $('#panel-faults')
    box.hidden = !rest.length
    $('ul', box).replaceChildren(...rest.map(words => make('li', { textContent: words })))
  }

  // ---------------------------------------------------------------- plain properties

  function write (field) {
    const found = chosen()
    if (!found) return
    const { item, kind, table } = found
    const p = field.dataset.p
    let value = field.type === 'checkbox' ? field.checked : field.value
    if (p === 'kind') return turn(item, value)
    if (NULLS.has(p) && value === '') value = null
    else if (WHOLE.has(p)) value = /^\d+$/.test(value.trim()) ? Number(value) : value.trim() === '' ? 0 : value
    if (p === 'key') value = value.trim()
    design.change(() => {
      const before = item[p]
      item[p] = value
      if (p === 'key' && before && before !== value && /^[a-z]\w*$/.test(value)) design.rename(before, value, { table })
      if (p === 'key') item._auto = false
      if ((p === 'label' || p === 'label_en') && item._auto && !item._was) {
        const taken = table ? new Set(table.columns.filter(one => one !== item).map(one => one.key)) : design.keys()
        if (!table) taken.delete(item.key)
        const key = design.free(suggested(item) || item.kind, taken)
        if (key !== item.key) { const was = item.key; item.key = key; design.rename(was, key, { table }); $('#p-key').value = key }
      }
    }, { tag: `${item._id}.${p}`, structure: field.tagName === 'SELECT' || field.type === 'checkbox' })
    if (kind !== 'rule' || p === 'message') $('#panel-title').textContent = item.title || item.label || item.message || say('nameless')
    if (field.tagName === 'TEXTAREA') grow(field)
  }
  /** A question becomes of another kind: what means nothing to that is left behind. */
  function turn (item, kind) {
    const fits = given.kinds[kind].fits
    design.change(() => {
      item.kind = kind
      for (const name of ['unit', 'least', 'greatest', 'decimals', 'default', 'choices', 'columns', 'rows', 'rows_least', 'rows_greatest', 'totals', 'formula', 'accepts', 'required']) {
        if (!fits.includes(name) && !(name === 'greatest' && fits.includes('least'))) delete item[name]
      }
      if (!fits.includes('indicator')) for (const name of ['indicator', 'indicator_id', 'month_rule', 'unit_rule']) delete item[name]
      for (const [name, value] of Object.entries(given.kinds[kind].begins)) item[name] ??= structuredClone(value)
    })
  }
  on('input', '#panel [data-p]', (_, field) => { if (field.tagName !== 'SELECT' && field.type !== 'checkbox') write(field) })
  on('change', '#panel [data-p]', (_, field) => { if (field.tagName === 'SELECT' || field.type === 'checkbox') write(field) })
  on('keydown', '#panel input, #panel textarea, #panel select', event => {
    if (event.key === 'Escape' && !event.defaultPrevented) design.focus(design.chosen)
  })
  panel.addEventListener('submit', event => event.preventDefault())

  // ---------------------------------------------------------------- a key from the label

  const COMMON = { จำนวน: 'number', สมาชิก: 'member', สหกรณ์: 'coop', กลุ่มเกษตรกร: 'farmer_group', เกษตรกร: 'farmer', กลุ่ม: 'group', มูลค่า: 'value', ราคา: 'price', ปริมาณ: 'amount', เงินกู้: 'loan', เงิน: 'money', บาท: 'baht', ร้อยละ: 'percent', วันที่: 'date', วัน: 'day', เดือน: 'month', ปี: 'year', อบรม: 'training', ประชุม: 'meeting', ปัญหา: 'problem', อุปสรรค: 'obstacle', แนวทาง: 'remedy', แก้ไข: 'solution', ผลผลิต: 'produce', รวบรวม: 'collected', จำหน่าย: 'sold', ขาย: 'sold', ซื้อ: 'bought', ชื่อ: 'name', สถานที่: 'place', ภาพ: 'photo', กิจกรรม: 'activity', หมายเหตุ: 'note', รวม: 'total', แผน: 'plan', ผล: 'result', เป้าหมาย: 'target', เข้าร่วม: 'joined', ชนิด: 'kind', ประเภท: 'type', พื้นที่: 'area', ไร่: 'rai', ตัน: 'ton', ครั้ง: 'times', คน: 'person', แห่ง: 'place', หนี้: 'debt', ชำระ: 'paid', ค้าง: 'due', รายได้: 'income', กำไร: 'profit', ต้นทุน: 'cost', งบประมาณ: 'budget', เบิกจ่าย: 'disbursed', ราย: '', ที่: '', และ: '', ของ: '', ใน: '', การ: '', ได้: '' }
  const SOUND = { ก: 'k', ข: 'kh', ค: 'kh', ฆ: 'kh', ง: 'ng', จ: 'ch', ฉ: 'ch', ช: 'ch', ซ: 's', ฌ: 'ch', ญ: 'y', ฎ: 'd', ฏ: 't', ฐ: 'th', ฑ: 'th', ฒ: 'th', ณ: 'n', ด: 'd', ต: 't', ถ: 'th', ท: 'th', ธ: 'th', น: 'n', บ: 'b', ป: 'p', ผ: 'ph', ฝ: 'f', พ: 'ph', ฟ: 'f', ภ: 'ph', ม: 'm', ย: 'y', ร: 'r', ฤ: 'rue', ล: 'l', ว: 'w', ศ: 's', ษ: 's', ส: 's', ห: 'h', ฬ: 'l', อ: 'o', ฮ: 'h', 'ะ': 'a', 'ั': 'a', 'า': 'a', 'ำ': 'am', 'ิ': 'i', 'ี': 'i', 'ึ': 'ue', 'ื': 'ue', 'ุ': 'u', 'ู': 'u', 'เ': 'e', 'แ': 'ae', 'โ': 'o', 'ใ': 'ai', 'ไ': 'ai' }
  const KNOWN = new RegExp(Object.keys(COMMON).sort((a, b) => b.length - a.length).join('|'), 'g')
  /** A key that says something: from the English label, or from the Thai one by its common words and its sounds. */
  function suggested (item) {
    const english = item.label_en && /[a-z]/i.test(item.label_en)
    const text = english ? item.label_en : String(item.label || '').replace(KNOWN, word => ` ${COMMON[word]} `)
    const plainly = text.normalize('NFC').toLowerCase().replace(/[\u0e00-\u0e7f]/g, letter => SOUND[letter] ?? '')
    const parts = plainly.replace(/[^a-z0-9]+/g, ' ').trim().split(' ').filter(Boolean)
    let key = ''
    for (const part of parts) { if (`${key}_${part}`.length > 32) break; key = key ? `${key}_${part}` : part.slice(0, 32) }
    return /^[a-z]/.test(key) ? key : key && `q_${key}`.slice(0, 32)
  }

  // ---------------------------------------------------------------- look-ups: unit of measure, indicator

  function look (name, id, text) {
    const box = $(`[data-lookup-of=${name}]`, panel).parentElement
    const it = combo(box)
    if (it.text === document.activeElement) return
    it.hidden.value = id ?? ''
    it.text.value = it.name = text
  }
  on('input', '#panel [data-lookup-of]', (_, hidden) => {
    const found = chosen()
    if (!found || !hidden.value) return
    const name = hidden.dataset.lookupOf, text = combo(hidden.parentElement).name
    if (name === 'unit') {
      given.units[hidden.value] = text
      design.change(() => { found.item.unit = hidden.value })
    } else indicator(found.item, hidden.value)
  })
  on('change', '#panel .combo .in', async (_, text) => {
    const found = chosen()
    const it = combo(text.closest('.combo'))
    const name = it.hidden.dataset.lookupOf
    const typed = text.value.trim()
    if (!found) return
    if (typed) { // whoever types faster than the look-up answers means the one of exactly that name
      if (it.hidden.value || typed === it.name) return
      const answer = await asked(`${it.box.dataset.lookup}&query=${encodeURIComponent(typed)}`).catch(() => null)
      const listed = answer?.ok ? await answer.json() : []
      const exact = listed.filter(([id, words]) => words === typed || id === typed)
      if (exact.length !== 1 && listed.length !== 1) return show()
      const [id, words] = exact[0] ?? listed[0]
      if (design.chosen === found.item._id) { it.hidden.value = id; it.name = words; it.hidden.dispatchEvent(new Event('input', { bubbles: true })) }
      return
    }
    it.name = ''
    design.change(() => {
      if (name === 'unit') found.item.unit = ''
      else for (const one of ['indicator', 'indicator_id', 'month_rule', 'unit_rule']) delete found.item[one]
    })
  })
  on('focusout', '#panel .combo .in', () => setTimeout(() => show(), 900)) // words that chose nothing give way to what is chosen
  async function indicator (item, id) {
    const answer = await asked(`/admin/designer/indicator/?id=${encodeURIComponent(id)}`).catch(() => null)
    if (!answer?.ok) return toast(say('away'), 'bad')
    const told = await answer.json()
    given.indicators[told.id] = told
    given.units[told.unit] = told.unit_name
    design.change(() => {
      item.indicator = told.code
      item.indicator_id = told.id
      item.month_rule = told.month_rule
      item.unit_rule = told.unit_rule
      item.unit = told.unit
    })
  }
  function feed (item) {
    const known = given.indicators[item.indicator_id] ?? Object.values(given.indicators).find(one => one.code === item.indicator)
    look('indicator', item.indicator_id ?? '', known ? `${known.code} · ${known.name}` : item.indicator ?? '')
    const facts = $('#indicator-facts')
    facts.hidden = !item.indicator
    $('#own-rules').hidden = Boolean(item.indicator)
    if (!item.indicator) return
    const pairs = [[say('unit'), known?.unit_name ?? item.unit], [say('over_months'), say(`r_${item.month_rule}`)], [say('over_units'), say(`r_${item.unit_rule}`)]]
    facts.replaceChildren(...pairs.map(([name, value]) => make('div', {}, make('dt', { textContent: name }), make('dd', { textContent: value || '–' }))))
  }

  // ---------------------------------------------------------------- lists of choices and rows

  const CODE = { choices: 'code', rows: 'key' }
  const next = (held, field, stem) => { let n = held.length + 1; while (held.some(one => one[field] === `${stem}${n}`)) n++; return `${stem}${n}` }
  const added = (held, name, label) => held.push({ [CODE[name]]: next(held, CODE[name], name === 'rows' ? 'row' : 'c'), label, label_en: '' })
  function lines (name, item, anew = false) {
    const box = $(`[data-rows=${name}]`, panel)
    const held = item[name] ??= []
    const at = document.activeElement?.closest?.(`[data-rows=${name}]`) ? [document.activeElement.dataset.n, document.activeElement.dataset.c] : null
    if (at && !anew && box.childElementCount === held.length && box.dataset.of === item._id) return
    box.dataset.of = item._id
    box.replaceChildren(...held.map((one, n) => {
      const field = (c, label, placeholder, cls = '') => {
        const input = make('input', { className: `in ${cls}`, value: one[c] ?? '', placeholder, maxLength: 200, disabled: design.readOnly })
        input.setAttribute('aria-label', `${label} ${n + 1}`)
        Object.assign(input.dataset, { n, c, list: name })
        return input
      }
      const line = make('div', { className: 'row nw' }, field('label', say('label_th'), say('label_th')), field('label_en', say('label_en'), 'English'), field(CODE[name], say('code'), say('code'), 'mono code'))
      if (!design.readOnly) {
        const button = make('button', { type: 'button', className: 'b q ic s', title: say('remove') })
        button.setAttribute('aria-label', `${say('remove')} ${one.label || n + 1}`)
        button.append($('#marks [data-mark=x]').firstElementChild.cloneNode(true))
        Object.assign(button.dataset, { drop: n, list: name })
        line.append(button)
      }
      return line
    }))
    if (at) $(`[data-n="${at[0]}"][data-c="${at[1]}"]`, box)?.focus()
  }
  const into = (name, n, c = 'label') => $(`[data-rows=${name}] [data-n="${n}"][data-c="${c}"]`, panel)
  on('input', '#panel [data-list]', (_, field) => {
    const { item } = chosen(), { n, c, list } = field.dataset
    design.change(() => { item[list][n][c] = field.value }, { tag: `${item._id}.${list}.${n}.${c}`, structure: false })
  })
  on('paste', '#panel [data-list][data-c=label]', (event, field) => {
    const pasted = event.clipboardData.getData('text').replace(/\r/g, '').split('\n').map(one => one.split('\t')).filter(one => one[0].trim())
    if (pasted.length < 2) return
    event.preventDefault()
    const { item } = chosen(), { n, list } = field.dataset
    design.change(() => {
      pasted.forEach(([label, english], k) => {
        const at = Number(n) + k
        if (!item[list][at]) added(item[list], list, '')
        item[list][at].label = label.trim()
        if (english) item[list][at].label_en = english.trim()
      })
    })
    field.blur()
    show()
    into(list, Number(n) + pasted.length - 1)?.focus()
  })
  on('keydown', '#panel [data-list]', (event, field) => {
    const { n, c, list } = field.dataset
    const { item } = chosen()
    const held = item[list]
    if (event.key === 'Enter') {
      event.preventDefault()
      if (Number(n) === held.length - 1) more(list)
      else into(list, Number(n) + 1, c)?.focus()
    }
    const by = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key]
    const to = Number(n) + by
    if (by && to >= 0 && to < held.length) {
      event.preventDefault()
      design.change(() => held.splice(to, 0, ...held.splice(n, 1)))
      field.blur()
      show()
      into(list, to, c)?.focus()
    }
  })
  function more (list) {
    const { item } = chosen()
    design.change(() => added(item[list] ??= [], list, ''))
    $(`[data-rows=${list}]`, panel).dataset.of = ''
    show()
    into(list, item[list].length - 1)?.focus()
  }
  on('click', '#panel [data-add]', (_, button) => more(button.dataset.add))
  on('click', '#panel [data-drop]', (_, button) => {
    const { item } = chosen()
    design.change(() => item[button.dataset.list].splice(button.dataset.drop, 1))
    show()
  })

  // ---------------------------------------------------------------- tables, files

  function table (item, anew) {
    const fixed = (item.rows || []).length > 0 || item._fixed === true
    for (const radio of $$('[name=rows-how]', panel)) { radio.checked = (radio.value === 'fixed') === fixed; radio.disabled = design.readOnly }
    for (const one of $$('[data-rows-how]', panel)) one.hidden = (one.dataset.rowsHow === 'fixed') !== fixed
    lines('rows', item, anew)
    const columns = item.columns || []
    $('.cols-of', panel).replaceChildren(...columns.map(column => {
      const button = make('button', { type: 'button', className: 'b s wide-l', textContent: column.label || say('nameless') })
      button.dataset.column = column._id
      return make('li', {}, button, make('span', { className: 'sub', textContent: given.kinds[column.kind]?.name ?? column.kind }))
    }))
    const summed = columns.filter(column => given.kinds[column.kind]?.fits.includes('indicator'))
    $('.totals-of', panel).replaceChildren(...summed.map(column => {
      const box = make('input', { type: 'checkbox', checked: (item.totals || []).includes(column.key), disabled: design.readOnly })
      box.dataset.total = column.key
      return make('label', { className: 'sw' }, box, column.label || column.key)
    }))
    if (!summed.length) $('.totals-of', panel).append(make('span', { className: 'sub', textContent: say('no_totals') }))
  }
  on('click', '#panel [data-add-column]', () => design.shelf(chosen().item))
  on('click', '#panel [data-column]', (_, button) => { design.choose(button.dataset.column); design.tell('write') })
  on('change', '#panel [name=rows-how]', (_, radio) => {
    const { item } = chosen()
    design.change(() => {
      item._fixed = radio.value === 'fixed'
      if (item._fixed) { delete item.rows_least; delete item.rows_greatest; if (!item.rows?.length) { item.rows = []; added(item.rows, 'rows', '') } } else item.rows = []
    })
  })
  on('change', '#panel [data-total]', (_, box) => {
    const { item } = chosen()
    design.change(() => {
      item.totals = (item.columns || []).map(column => column.key).filter(key => key === box.dataset.total ? box.checked : (item.totals || []).includes(key))
    })
  })
  function accepted (item) {
    const endings = item.kind === 'photo' ? given.endings.photo : given.endings.file
    $('.accepts-of', panel).replaceChildren(...endings.map(ending => {
      const box = make('input', { type: 'checkbox', checked: (item.accepts || []).includes(ending), disabled: design.readOnly })
      box.dataset.accepts = ending
      return make('label', { className: 'sw' }, box, ending)
    }))
  }
  on('change', '#panel [data-accepts]', () => {
    const { item } = chosen()
    design.change(() => { item.accepts = $$('[data-accepts]:checked', panel).map(one => one.dataset.accepts) })
  })

  // ---------------------------------------------------------------- names for expressions

  let caret = [null, 0]
  function offer (box) {
    const area = document.getElementById(`p-${box.dataset.names}`)
    const found = chosen()
    const before = area.value.slice(0, area === document.activeElement ? area.selectionStart : area.value.length)
    const begun = /[A-Za-z_][\w.]*$/.exec(before)?.[0].toLowerCase() ?? ''
    const names = []
    if (found?.kind === 'column' && found.table) for (const one of found.table.columns) if (one !== found.item) names.push([one.key, one.label])
    for (const one of design.questions()) {
      if (one === found?.item || one.kind === 'note') continue
      if (one.kind === 'table') for (const column of one.columns || []) names.push([`${one.key}.${column.key}`, `${one.label} · ${column.label}`])
      else names.push([one.key, one.label])
    }
    for (const [form, words] of given.functions) names.push([form, words])
    const fitting = begun ? names.filter(([key, label]) => key.toLowerCase().includes(begun) || String(label).toLowerCase().includes(begun)) : names
    $('ul', box).replaceChildren(...(fitting.length ? fitting : names).slice(0, 60).map(([key, label]) => {
      const button = make('button', { type: 'button', className: 'b q s' }, make('code', { textContent: key }), make('span', { className: 'sub', textContent: label || '' }))
      button.dataset.put = key
      button.dataset.begun = begun && fitting.length ? begun.length : 0
      return make('li', {}, button)
    }))
  }
  on('focusin', '#panel .expr', (_, area) => { const box = $(`[data-names=${area.dataset.p}]`, panel); box.open = true; offer(box) })
  on('input', '#panel .expr', (_, area) => offer($(`[data-names=${area.dataset.p}]`, panel)))
  on('focusout', '#panel .expr', (_, area) => { caret = [area, area.selectionStart] })
  on('click', '#panel [data-put]', (_, button) => {
    const area = document.getElementById(`p-${button.closest('.names').dataset.names}`)
    const at = caret[0] === area ? caret[1] : area.value.length
    const from = at - Number(button.dataset.begun)
    area.setRangeText(button.dataset.put, from, at, 'end')
    const hole = button.dataset.put.indexOf('()')
    area.focus()
    if (hole >= 0) area.setSelectionRange(from + hole + 1, from + hole + 1)
    area.dispatchEvent(new Event('input', { bubbles: true }))
  })

  // ----------------------------------------------------------------

  /** Go to the first field of the panel, or to the one that is called for. */
  design.listen('write', field => {
    show()
    if (design.isNarrow()) design.pane('panel')
    const wanted = field && document.getElementById(`p-${field}`)
    const first = wanted && !wanted.closest('[hidden]') ? wanted : $$('#panel-fields input:not([type=hidden]), #panel-fields textarea, #panel-fields select').find(one => !one.closest('[hidden]'))
    first?.focus()
    first?.select?.()
  })
  design.listen('chosen', () => show())
  design.listen('changed', (structure, anew) => { if (structure) show(anew) })
  design.listen('faults', faults)
  if (design.readOnly) for (const one of $$('input, textarea, select', panel)) one.disabled = true
  if (design.readOnly) for (const one of $$('.edits', panel)) one.hidden = true
  show()
}
