// The matrix under the arrow keys: one stop for Tab, arrows from cell to cell, and in words where one stands.
'use strict'
{
  const table = document.querySelector('.matrix')
  const words = document.getElementById('cell-words')
  if (table) {
    const heads = [...table.querySelectorAll('thead th')].map(head => head.title || head.textContent.trim())
    const rows = [...table.querySelectorAll('tbody tr:not(.reg)')].map(row => [...row.children].slice(1).map(cell => cell.querySelector('a')))
    let here = null
    const enter = link => {
      if (here) here.tabIndex = -1
      here = link
      here.tabIndex = 0
    }
    for (const row of rows) for (const link of row) if (link) link.tabIndex = -1
    const first = rows.flat().find(Boolean)
    if (first) enter(first)
    const place = link => {
      const cell = link.parentElement
      return [rows.findIndex(row => row.includes(link)), cell.cellIndex - 1]
    }
    const said = link => {
      const cell = link.parentElement
      return `${cell.parentElement.querySelector('th a').textContent} · ${heads[cell.cellIndex]} · ${link.title}`
    }
    const step = (link, down, right) => {
      let [y, x] = place(link)
      for (;;) {
        y += down
        x += right
        if (y < 0 || y >= rows.length || x < 0 || x >= rows[y].length) return null
        if (rows[y][x]) return rows[y][x]
      }
    }
    const moves = {
      ArrowDown: link => step(link, 1, 0), ArrowUp: link => step(link, -1, 0),
      ArrowRight: link => step(link, 0, 1), ArrowLeft: link => step(link, 0, -1),
      Home: link => rows[place(link)[0]].find(Boolean), End: link => rows[place(link)[0]].filter(Boolean).pop()
    }
    table.addEventListener('keydown', event => {
      const link = event.target.closest('td a')
      const move = link && !event.altKey && !event.ctrlKey && !event.metaKey && moves[event.key]
      if (!move) return
      event.preventDefault()
      move(link)?.focus()
    })
    table.addEventListener('focusin', event => {
      const link = event.target.closest('td a')
      if (!link) return
      enter(link)
      words.textContent = said(link)
    })
    table.addEventListener('mouseover', event => {
      const link = event.target.closest('td a')
      if (link && !table.contains(document.activeElement)) words.textContent = said(link)
    })
    const open = document.querySelector('.matrix .open')
    if (open) table.parentElement.scrollTop = open.offsetTop - table.parentElement.clientHeight / 2
  }
}
