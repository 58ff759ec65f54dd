// Checking a report: a ticked cell of a table gets a line for its reason; the button counts what is marked.
'use strict'
{
document.documentElement.classList.add('js')
const button = document.querySelector('[data-back]')
const plain = button?.textContent
document.addEventListener('change', event => {
  const tick = event.target.closest('[data-mark]')
  if (!tick) return
  const name = tick.dataset.mark
  if (tick.dataset.called) {
    const list = tick.closest('.grid-of').querySelector('[data-whys]')
    list.querySelector(`[data-why="${CSS.escape(name)}"]`)?.remove()
    if (tick.checked) {
      const one = document.createElement('li')
      one.dataset.why = name
      const label = Object.assign(document.createElement('label'), { className: 'reason', textContent: `${tick.dataset.called} ` })
      const why = Object.assign(document.createElement('input'), { className: 'in', name: `why-${name}`, maxLength: 1000 })
      why.setAttribute('form', 'back')
      label.append(why)
      one.append(label)
      list.append(one)
      why.focus()
    }
  } else if (tick.checked) tick.closest('.marking').querySelector('.in').focus()
  tick.closest('td').classList.toggle('s-returned', tick.checked)
  const count = document.querySelectorAll('[data-mark]:checked').length
  if (button) button.textContent = count ? `${plain} (${count})` : plain
})
}
