// The plan of visits as a spreadsheet: arrows and Enter move, a pasted block fills from the cell one stands in, and
// every block is one request. What is refused stays in its cell with the reason.
'use strict'
{
  const plan = document.getElementById('plan')
  if (plan) {
    const rows = [...plan.querySelectorAll('tbody tr')]
    const grid = rows.map(row => [...row.querySelectorAll('td input[name^="c-"]')])
    const place = new Map(grid.flatMap((line, y) => line.map((cell, x) => [cell, [y, x]])))
    for (const cell of place.keys()) cell.dataset.was = cell.value
    const go = (y, x) => { const cell = grid[y]?.[x]; if (cell) { cell.focus(); cell.select() } }

    plan.addEventListener('keydown', event => {
      const at = place.get(event.target)
      if (!at) return
      const [y, x] = at
      const all = event.target.selectionStart === 0 && event.target.selectionEnd === event.target.value.length
      const move = { ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], Enter: [event.shiftKey ? y - 1 : y + 1, x] }[event.key]
      if (move) { event.preventDefault(); save([event.target]); go(...move) }
      if (event.key === 'ArrowLeft' && (all || event.target.selectionStart === 0)) { event.preventDefault(); go(y, x - 1) }
      if (event.key === 'ArrowRight' && (all || event.target.selectionEnd === event.target.value.length)) { event.preventDefault(); go(y, x + 1) }
      if (event.key === 'Escape') { event.target.value = event.target.dataset.was; event.target.select() }
    })
    plan.addEventListener('focusin', event => { if (place.has(event.target)) event.target.select() })
    plan.addEventListener('change', event => { if (place.has(event.target)) save([event.target]) })
    plan.addEventListener('paste', event => {
      const at = place.get(event.target)
      const text = event.clipboardData?.getData('text/plain')
      if (!at || !text) return
      event.preventDefault()
      const block = text.replace(/\r/g, '').replace(/\n$/, '').split('\n').map(line => line.split('\t'))
      const changed = []
      block.forEach((line, dy) => line.forEach((value, dx) => {
        const cell = grid[at[0] + dy]?.[at[1] + dx]
        if (cell && !cell.readOnly) { cell.value = value.trim(); changed.push(cell) }
      }))
      save(changed)
    })

    const reason = document.getElementById('reason')
    const sums = cell => {
      const [y] = place.get(cell)
      const total = grid[y].reduce((sum, one) => sum + (Number(one.value) || 0), 0)
      rows[y].querySelector('td.sum').textContent = total || ''
    }
    const mark = (cell, kind, words = '') => {
      cell.classList.remove('saving', 'bad', 'saved')
      if (kind) cell.classList.add(kind)
      cell.title = words
      words ? cell.setAttribute('aria-invalid', 'true') : cell.removeAttribute('aria-invalid')
    }
    let last = Promise.resolve()
    function save (cells) {
      const block = cells.filter(cell => !cell.classList.contains('saving') && (cell.value !== cell.dataset.was || cell.classList.contains('bad')))
      if (!block.length) return
      for (const cell of block) { mark(cell, 'saving'); sums(cell) }
      last = last.then(() => send(block)) // one block after the other, so that the later one stands
    }
    async function send (block) {
      const names = new Map(block.map(cell => [cell.name, cell]))
      const cells = block.map(cell => [...cell.name.split('-').slice(1).map(Number), cell.value])
      const body = new URLSearchParams({ year: plan.dataset.year, cells: JSON.stringify(cells), reason: reason?.value || '' })
      const answer = await asked(plan.action, { method: 'POST', body }).catch(() => null)
      const said = answer ? await answer.json().catch(() => ({})) : {}
      if (!answer || (!answer.ok && !said.refused)) {
        for (const cell of block) mark(cell, 'bad', said.error || '…')
        const line = document.getElementById('error-reason')
        if (line && said.field === 'reason') {
          line.hidden = false
          line.querySelector('span').textContent = said.error
          reason.focus()
        } else toast(said.error || '…', 'bad')
        return
      }
      const line = document.getElementById('error-reason')
      if (line) line.hidden = true
      for (const one of said.refused) {
        const cell = names.get(`c-${one.cooperative}-${one.activity}-${one.month}`)
        if (cell) { mark(cell, 'bad', one.error); names.delete(cell.name) }
      }
      if (said.refused.length) toast(said.refused[0].error, 'bad')
      for (const cell of names.values()) { if (cell.value === '0') cell.value = ''; cell.dataset.was = cell.value; mark(cell, 'saved') }
    }
    if (reason) reason.addEventListener('change', () => save([...plan.querySelectorAll('input.bad')]))
    plan.addEventListener('submit', event => event.preventDefault())
    addEventListener('beforeunload', event => { if (plan.querySelector('input.saving')) event.preventDefault() })

    // ---------------------------------------------------------------- the same lines for many institutions

    const group = document.getElementById('group')
    if (group) {
      const ticks = [...plan.querySelectorAll('input[name=rowid]')]
      const count = () => {
        const chosen = ticks.filter(tick => tick.checked).length
        group.hidden = !chosen
        const words = group.querySelector('[data-count]')
        words.textContent = words.dataset.words.replace('{n}', chosen)
      }
      for (const tick of ticks) tick.addEventListener('change', count)
      plan.querySelector('[data-all]').addEventListener('change', event => {
        for (const tick of ticks) tick.checked = event.target.checked
        count()
      })
      count()
    }
  }
}
