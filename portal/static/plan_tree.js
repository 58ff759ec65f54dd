// The plan tree under the keys: one stop for Tab, arrows move, open and close, typing finds; what is open is remembered.
'use strict'
{
  const table = document.querySelector('table.tree')
  const field = document.querySelector('[data-find]')
  if (table) {
    const rows = [...table.tBodies[0].rows]
    const level = row => Number(row.dataset.level)
    const store = 'plan-tree-' + table.dataset.year
    const closed = new Set(JSON.parse(sessionStorage.getItem(store) || 'null') || rows.filter(row => row.classList.contains('project')).map(row => row.id))
    const above = row => {
      for (let i = rows.indexOf(row) - 1; i >= 0; i--) if (level(rows[i]) < level(row)) return rows[i]
      return null
    }
    const parents = row => {
      const out = []
      for (let at = above(row); at; at = above(at)) out.push(at)
      return out
    }
    const opens = row => row.hasAttribute('aria-expanded')
    let found = null
    const draw = () => {
      let hidden = Infinity
      for (const row of rows) {
        const deep = level(row)
        if (deep <= hidden) hidden = Infinity
        row.hidden = found ? !found.has(row) : deep > hidden
        if (!opens(row)) continue
        const shut = !found && closed.has(row.id)
        row.setAttribute('aria-expanded', String(!shut))
        if (shut && hidden === Infinity) hidden = deep
      }
    }
    const keep = () => sessionStorage.setItem(store, JSON.stringify([...closed]))
    const toggle = (row, open) => {
      if (open) closed.delete(row.id)
      else closed.add(row.id)
      keep()
      draw()
    }
    let here = null
    const enter = row => {
      if (here) here.tabIndex = -1
      here = row
      row.tabIndex = 0
    }
    const go = row => {
      if (!row) return
      enter(row)
      row.focus()
    }
    const shown = () => rows.filter(row => !row.hidden)
    const beside = (row, by) => {
      const listed = shown()
      return listed[listed.indexOf(row) + by]
    }
    const chosen = rows.find(row => row.classList.contains('here'))
    if (chosen) for (const row of parents(chosen)) closed.delete(row.id)
    const keys = {
      ArrowDown: row => go(beside(row, 1)),
      ArrowUp: row => go(beside(row, -1)),
      ArrowRight: row => row.getAttribute('aria-expanded') === 'false' ? toggle(row, true) : opens(row) && go(beside(row, 1)),
      ArrowLeft: row => row.getAttribute('aria-expanded') === 'true' ? toggle(row, false) : go(above(row)),
      Home: () => go(shown()[0]),
      End: () => go(shown().pop()),
      Enter: row => row.querySelector('a')?.click(),
      ' ': row => opens(row) && toggle(row, row.getAttribute('aria-expanded') === 'false')
    }
    table.addEventListener('keydown', event => {
      const row = event.target.closest('tr[data-level]')
      const does = row === event.target && !event.altKey && !event.ctrlKey && !event.metaKey && keys[event.key]
      if (!does) return
      event.preventDefault()
      does(row)
    })
    table.addEventListener('click', event => {
      const button = event.target.closest('.tw-open')
      if (!button) return
      const row = button.closest('tr')
      toggle(row, row.getAttribute('aria-expanded') === 'false')
      go(row)
    })
    const all = (selector, shut) => {
      const button = document.querySelector(selector)
      button.hidden = false
      button.addEventListener('click', () => {
        for (const row of rows) if (opens(row)) shut ? closed.add(row.id) : closed.delete(row.id)
        keep()
        draw()
      })
    }
    all('[data-open-all]', false)
    all('[data-close-all]', true)
    const told = document.querySelector('[data-found]')
    const find = () => {
      const words = field.value.trim().toLocaleLowerCase()
      const hits = words ? rows.filter(row => row.textContent.toLocaleLowerCase().includes(words)) : []
      found = words ? new Set(hits.flatMap(row => [row, ...parents(row)])) : null
      for (const row of rows) row.classList.toggle('hit', hits.includes(row))
      told.textContent = words ? String(hits.length) : ''
      draw()
    }
    field.addEventListener('input', find)
    field.addEventListener('keydown', event => {
      if (event.key !== 'ArrowDown') return
      event.preventDefault()
      go(rows.find(row => row.classList.contains('hit')) || shown()[0])
    })
    for (const row of rows) {
      row.tabIndex = -1
      for (const link of row.querySelectorAll('a')) link.tabIndex = -1
    }
    draw()
    if (field.value) find()
    enter(chosen || shown()[0])
    if (chosen) chosen.scrollIntoView({ block: 'center' })
  }
}
