// The pages of an edition: turned by the buttons, by the arrow keys, and from the contents; nothing is loaded anew but
// the picture. Without this script the buttons are links.
'use strict'
{
  const view = document.querySelector('.page-view')
  const picture = view?.querySelector('img')
  const last = Number(view?.dataset.pages)
  let now = Number(view?.dataset.number)

  const address = number => `${view.dataset.picture}&n=${number}&w=1400`

  function show (number) {
    if (!(number >= 1 && number <= last) || number === now) return
    now = number
    picture.src = address(now)
    const where = view.querySelector('[role=status]')
    where.textContent = where.dataset.where.replace('{n}', now)
    picture.alt = where.textContent
    for (const link of view.querySelectorAll('[data-turn]')) {
      const next = now + Number(link.dataset.turn)
      link.toggleAttribute('aria-disabled', next < 1 || next > last)
      if (next < 1 || next > last) link.setAttribute('aria-disabled', 'true')
      link.href = `${view.dataset.address}&n=${Math.min(last, Math.max(1, next))}#pages`
    }
    history.replaceState(null, '', `${view.dataset.address}&n=${now}`)
    if (now < last) new Image().src = address(now + 1)
  }

  if (view) {
    view.addEventListener('click', event => {
      const link = event.target.closest('[data-turn]')
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      show(now + Number(link.dataset.turn))
    })
    document.addEventListener('click', event => {
      const link = event.target.closest('[data-page]')
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      show(Number(link.dataset.page))
      document.getElementById('pages').scrollIntoView({ block: 'start' })
    })
    document.addEventListener('keydown', event => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest('input, textarea, select, dialog[open]')) return
      const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1 }[event.key]
      if (!step || (event.key.startsWith('Page') && !view.contains(event.target))) return
      event.preventDefault()
      show(now + step)
    })
  }
}
