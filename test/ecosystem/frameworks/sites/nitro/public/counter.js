const button = document.querySelector('button')
let count = 1
button.addEventListener('click', () => (button.textContent = `count ${++count}`))
